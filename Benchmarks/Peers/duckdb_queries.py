"""DuckDB: metric queries over the wide table of orders, warm, on all threads.

usage: duckdb_queries.py DATABASE [--repetitions N] [--only QUERY]

Times are those of one statement, from text to fetched rows. The stored times are UTC; days are Shanghai's.
"""

import argparse

import duckdb

import job

DAY = "(paid_at + INTERVAL 8 HOUR)::DATE"
SHIP_HOURS = "epoch_us(shipped_at - paid_at) / 3.6e9"

# Amounts come as integers of the smallest unit, days as days since 1970.
QUERIES = {
    "q01": "SELECT (sum(paid) * 100)::BIGINT FROM orders WHERE paid_at IS NOT NULL",
    "q03": f"""
        SELECT {DAY} - DATE '1970-01-01', channel, (sum(paid) * 100)::BIGINT, count(*),
            coalesce(sum(refunded), 0)::DOUBLE / nullif(sum(paid), 0)::DOUBLE
        FROM orders WHERE paid_at IS NOT NULL GROUP BY {DAY}, channel""",
    "q05": """
        SELECT channel, count(DISTINCT buyer_id) FROM orders WHERE paid_at IS NOT NULL GROUP BY channel""",
    "q07": """
        SELECT campaign, (sum(paid) * 100)::BIGINT AS gmv FROM orders WHERE paid_at IS NOT NULL
        GROUP BY campaign ORDER BY gmv DESC LIMIT 20""",
    "q09": f"""
        SELECT channel, quantile_cont({SHIP_HOURS}, [0.5, 0.95])[1], quantile_cont({SHIP_HOURS}, [0.5, 0.95])[2]
        FROM orders WHERE paid_at IS NOT NULL GROUP BY channel""",
}


def main():
    """Parses the command line, runs the queries, and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--only", choices=QUERIES)
    parser.add_argument("--repetitions", type=int, default=9)
    arguments = parser.parse_args()

    stopwatch = job.Stopwatch()
    connection = duckdb.connect(arguments.database, read_only=True)
    queries = {arguments.only: QUERIES[arguments.only]} if arguments.only else QUERIES
    answers, seconds = job.time_queries(job.statements(connection, queries), arguments.repetitions)
    job.print_report(seconds=seconds, openAndRunSeconds=stopwatch.seconds(), answers=answers)


if __name__ == "__main__":
    main()
