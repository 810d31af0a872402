"""SQLite: metric queries over the wide table of orders, warm.

usage: sqlite_queries.py DATABASE [--repetitions N]

Times are from text to fetched rows. The stored times are UTC microseconds; days are Shanghai's.
"""

import argparse
import sqlite3

import job

DAY = "(paid_at + 28800000000) / 86400000000"
DELAY = "shipped_at - paid_at"

QUERIES = {
    "q01": "SELECT sum(paid) FROM orders WHERE paid_at IS NOT NULL",
    "q03": f"""
        SELECT {DAY}, channel, sum(paid), count(*), coalesce(sum(refunded), 0) * 1.0 / nullif(sum(paid), 0)
        FROM orders WHERE paid_at IS NOT NULL GROUP BY 1, 2""",
    "q05": """
        SELECT channel, count(DISTINCT buyer_id) FROM orders WHERE paid_at IS NOT NULL GROUP BY channel""",
    "q07": """
        SELECT campaign, sum(paid) AS gmv FROM orders WHERE paid_at IS NOT NULL
        GROUP BY campaign ORDER BY gmv DESC LIMIT 20""",
}

COUNT_DELAYS = f"SELECT channel, count(*) FROM orders WHERE {DELAY} IS NOT NULL GROUP BY channel"
DELAYS_FROM = f"""
    SELECT {DELAY} FROM orders WHERE channel IS ? AND {DELAY} IS NOT NULL ORDER BY {DELAY} LIMIT 2 OFFSET ?"""


def hours_to_shipping(connection):
    """Exact p50 and p95 by channel. SQLite has no percentile; the index is walked to the place of each, which is
    several times faster than ranking all rows in one statement."""
    rows = []
    for channel, count in connection.execute(COUNT_DELAYS).fetchall():
        row = [channel]
        for fraction in (0.5, 0.95):
            place = fraction * (count - 1)
            delays = [delay for (delay,) in connection.execute(DELAYS_FROM, (channel, int(place)))]
            row.append((delays[0] + (delays[-1] - delays[0]) * (place - int(place))) / 3.6e9)
        rows.append(row)
    return rows


def main():
    """Parses the command line, runs the queries, and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--repetitions", type=int, default=9)
    arguments = parser.parse_args()

    connection = sqlite3.connect(arguments.database)
    connection.execute("PRAGMA cache_size = -1000000")
    connection.execute("PRAGMA mmap_size = 4000000000")
    queries = job.statements(connection, QUERIES)
    queries["q09"] = lambda: hours_to_shipping(connection)
    answers, seconds = job.time_queries(queries, arguments.repetitions)
    job.print_report(seconds=seconds, answers=answers)


if __name__ == "__main__":
    main()
