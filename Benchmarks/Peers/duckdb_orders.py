"""DuckDB: the table of orders in a native file, sorted by payment time, and the metric queries over it.

usage: duckdb_orders.py load PARQUET DATABASE [--keep-events]
       duckdb_orders.py queries DATABASE [--only QUERY] [--repetitions N]
       duckdb_orders.py csv PARQUET
       duckdb_orders.py recent PARQUET

Times are those of one statement, from text to an Arrow table. The stored times are Shanghai's clock, so that no query
has to shift them. `csv` writes the rows in order of arrival to standard output, amounts as decimals: Caliber's intake.
`recent` names a thousand orders of the last month.
"""

import argparse
import os

import duckdb

import job

# Columns of few texts, which group fastest as enumerations.
CATEGORIES = (
    "channel store province city status campaign utm_source product_group brand warehouse carrier payment_method "
    "device coupon host"
).split()
AMOUNTS = "list_amount discount freight amount_due paid deposit_paid refunded cost commission".split()

DAY = "paid_at::DATE"
SECONDS_TO_SHIPPING = "date_diff('second', paid_at, shipped_at)"
# Months are put together from days: truncating every row's moment takes several times as long.
BY_DAY = f"SELECT {DAY} AS day, sum(paid) AS gmv FROM orders WHERE paid_at IS NOT NULL GROUP BY day"

QUERIES = {
    "q01": "SELECT sum(paid) FROM orders",
    "q02": f"""
        SELECT {DAY}, sum(paid) FROM orders WHERE paid_at >= DATE '{job.RECENT_DAY}' GROUP BY {DAY}""",
    "q03": f"""
        SELECT {DAY}, channel, sum(paid), count(*), coalesce(sum(refunded), 0) / sum(paid)
        FROM orders WHERE paid_at IS NOT NULL GROUP BY {DAY}, channel""",
    "q04": f"""
        SELECT date_trunc('month', day)::DATE AS month, province, sum(gmv), sum(orders) FROM (
            SELECT {DAY} AS day, province, sum(paid) AS gmv, count(*) AS orders
            FROM orders WHERE paid_at IS NOT NULL GROUP BY day, province)
        GROUP BY month, province""",
    "q05": "SELECT channel, count(DISTINCT buyer_id) FROM orders WHERE paid_at IS NOT NULL GROUP BY channel",
    "q06": f"SELECT {DAY}, count(DISTINCT buyer_id) FROM orders WHERE paid_at IS NOT NULL GROUP BY {DAY}",
    "q07": "SELECT campaign, sum(paid) AS gmv FROM orders GROUP BY campaign ORDER BY gmv DESC LIMIT 20",
    "q08": """
        SELECT date_trunc('week', paid_at)::DATE AS week, sum(paid) FROM orders
        WHERE paid_at IS NOT NULL AND channel IN ('douyin', 'tmall', 'jd') AND province = 'zhejiang'
            AND NOT is_gift AND NOT is_refunded
        GROUP BY week""",
    "q09": f"""
        SELECT channel, delays[1], delays[2] FROM (
            SELECT channel, quantile_cont({SECONDS_TO_SHIPPING}, [0.5, 0.95]) AS delays
            FROM orders WHERE paid_at IS NOT NULL GROUP BY channel)""",
    "q10": f"""
        SELECT day, sum(gmv) OVER (ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW)
        FROM ({BY_DAY})""",
    "q11": f"""
        SELECT month, gmv, gmv / lag(gmv) OVER (ORDER BY month) - 1
        FROM (
            SELECT date_trunc('month', day)::DATE AS month, sum(gmv)::DOUBLE AS gmv FROM ({BY_DAY}) GROUP BY month)""",
    "q12": f"SELECT {DAY}, count(*) FROM orders WHERE is_new_buyer GROUP BY {DAY}",
    "q13": f"""
        SELECT day, count(*) FROM (
            SELECT min(paid_at)::DATE AS day FROM orders WHERE paid_at IS NOT NULL GROUP BY buyer_id)
        GROUP BY day""",
}


def decimal(name):
    """SQL for an amount as events say it, of an amount in fen."""
    return f"({name}::DECIMAL(10, 2) * 0.01::DECIMAL(3, 2))::DECIMAL(12, 2)"


def load(arguments):
    """Makes the file, sorted and checkpointed."""
    job.remove_database(arguments.database)
    stopwatch = job.Stopwatch()
    connection = duckdb.connect(arguments.database)
    source = f"read_parquet('{arguments.parquet}')"
    for name in CATEGORIES:
        names = f"SELECT DISTINCT {name} FROM {source} WHERE {name} IS NOT NULL"
        connection.execute(f"CREATE TYPE {name}_name AS ENUM ({names})")
    casts = ", ".join(f"{name}::{name}_name AS {name}" for name in CATEGORIES)
    columns = f"SELECT * REPLACE ({casts}) FROM {source}"
    connection.execute(f"CREATE TABLE orders AS {columns} ORDER BY paid_at NULLS LAST")
    if arguments.keep_events:
        connection.execute(
            "CREATE TABLE event AS"
            " SELECT 'export' AS source, order_id AS id, 'order.exported' AS type, created_at AS time, *"
            f" FROM ({columns})")
    connection.execute("CHECKPOINT")
    connection.close()
    job.print_report(seconds=stopwatch.seconds(), databaseBytes=os.path.getsize(arguments.database))


def queries(arguments):
    """Times the queries."""
    stopwatch = job.Stopwatch()
    connection = duckdb.connect(arguments.database, read_only=True)
    asked = {arguments.only: QUERIES[arguments.only]} if arguments.only else QUERIES
    functions = {name: lambda sql=sql: connection.sql(sql).to_arrow_table() for name, sql in asked.items()}
    answers, seconds = job.time_queries(functions, lambda table: table, arguments.repetitions)
    job.print_report(seconds=seconds, openAndRunSeconds=stopwatch.seconds(), answers=answers)


def csv(arguments):
    """Streams the rows to standard output."""
    decimals = ", ".join(f"{decimal(name)} AS {name}" for name in AMOUNTS)
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    rows = f"SELECT * REPLACE ({decimals}) FROM read_parquet('{arguments.parquet}')"
    connection.execute(f"COPY ({rows}) TO '/dev/stdout' (FORMAT csv, HEADER)")


def recent(arguments):
    """Names orders that may be changed."""
    rows = duckdb.sql(
        f"SELECT order_id FROM read_parquet('{arguments.parquet}') WHERE paid_at >= DATE '2025-12-01'"
        " ORDER BY hash(order_id) LIMIT 1000").fetchall()
    job.print_report(orders=[str(order) for order, in rows])


def main():
    """Parses the command line and does the job."""
    parser = argparse.ArgumentParser()
    jobs = parser.add_subparsers(required=True)
    loading = jobs.add_parser("load")
    loading.add_argument("parquet")
    loading.add_argument("database")
    loading.add_argument("--keep-events", action="store_true")
    loading.set_defaults(job=load)
    asking = jobs.add_parser("queries")
    asking.add_argument("database")
    asking.add_argument("--only", choices=QUERIES)
    asking.add_argument("--repetitions", type=int, default=7)
    asking.set_defaults(job=queries)
    for name, function in (("csv", csv), ("recent", recent)):
        reading = jobs.add_parser(name)
        reading.add_argument("parquet")
        reading.set_defaults(job=function)
    arguments = parser.parse_args()
    arguments.job(arguments)


if __name__ == "__main__":
    main()
