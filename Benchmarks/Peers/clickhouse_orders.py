"""ClickHouse in process (chdb): the table of orders and the metric queries over it.

usage: clickhouse_orders.py load PARQUET FOLDER
       clickhouse_orders.py queries FOLDER [--engine memory] [--only QUERY] [--repetitions N]

The table is a MergeTree in order of payment time, merged to one part; `--engine memory` copies it to a Memory table
first. Times are those of one statement, from text to an Arrow result. As is usual there, columns have no nulls: an
empty text and the year 1970 stand for none.
"""

import argparse

import pyarrow
from chdb import session

import job
from duckdb_orders import AMOUNTS, CATEGORIES

MOMENTS = "created_at paid_at shipped_at delivered_at promised_at".split()
FLAGS = "is_gift is_deposit is_refunded is_new_buyer is_live".split()
TYPES = (
    {"order_id": "Int64", "buyer_id": "Int64", "sku": "LowCardinality(String)", "product_id": "LowCardinality(String)",
     "tracking_no": "String", "quantity": "Int16"}
    | {name: "LowCardinality(String)" for name in CATEGORIES}
    | {name: "Bool" for name in FLAGS}
    | {name: "Int32" for name in AMOUNTS}
    | {name: "DateTime('Asia/Shanghai')" for name in MOMENTS}
)

PAID = "paid_at != 0"

QUERIES = {
    "q01": "SELECT sum(paid) FROM orders",
    "q02": f"""
        SELECT toDate(paid_at) AS day, sum(paid) FROM orders
        WHERE paid_at >= toDateTime('{job.RECENT_DAY} 00:00:00', 'Asia/Shanghai') GROUP BY day""",
    "q03": f"""
        SELECT toDate(paid_at) AS day, channel, sum(paid), count(), sum(refunded) / sum(paid)
        FROM orders WHERE {PAID} GROUP BY day, channel""",
    "q04": f"""
        SELECT toStartOfMonth(paid_at) AS month, province, sum(paid), count() FROM orders WHERE {PAID}
        GROUP BY month, province""",
    "q05": f"SELECT channel, uniqExact(buyer_id) FROM orders WHERE {PAID} GROUP BY channel",
    "q06": f"SELECT toDate(paid_at) AS day, uniqExact(buyer_id) FROM orders WHERE {PAID} GROUP BY day",
    "q07": "SELECT nullIf(campaign, ''), sum(paid) AS gmv FROM orders GROUP BY campaign ORDER BY gmv DESC LIMIT 20",
    "q08": f"""
        SELECT toMonday(paid_at) AS week, sum(paid) FROM orders
        WHERE {PAID} AND channel IN ('douyin', 'tmall', 'jd') AND province = 'zhejiang'
            AND NOT is_gift AND NOT is_refunded
        GROUP BY week""",
    "q09": f"""
        SELECT channel, delays[1], delays[2] FROM (
            SELECT channel, quantilesExactInclusive(0.5, 0.95)(shipped_at - paid_at) AS delays
            FROM orders WHERE {PAID} AND shipped_at != 0 GROUP BY channel)""",
    "q10": f"""
        SELECT day, sum(gmv) OVER (ORDER BY day RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)
        FROM (SELECT toDate(paid_at) AS day, sum(paid) AS gmv FROM orders WHERE {PAID} GROUP BY day)""",
    "q11": f"""
        SELECT month, gmv, if(before = 0, NULL, gmv / before - 1) FROM (
            SELECT month, gmv, lagInFrame(gmv) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
            FROM (
                SELECT toStartOfMonth(paid_at) AS month, sum(paid) AS gmv FROM orders WHERE {PAID} GROUP BY month))""",
    "q12": "SELECT toDate(paid_at) AS day, count() FROM orders WHERE is_new_buyer GROUP BY day",
    "q13": f"""
        SELECT toDate(first) AS day, count() FROM (
            SELECT min(paid_at) AS first FROM orders WHERE {PAID} GROUP BY buyer_id)
        GROUP BY day""",
}


def loaded(name, kind):
    """SQL for a column of the Parquet file as the table keeps it."""
    if name in MOMENTS:
        return f"coalesce(toDateTime({name}) - INTERVAL 8 HOUR, toDateTime(0))::{kind} AS {name}"
    nothing = "''" if "String" in kind else "0"
    return f"ifNull({name}, {nothing})::{kind} AS {name}"


def load(arguments):
    """Makes the table and merges it."""
    job.remove_database(arguments.folder)
    stopwatch = job.Stopwatch()
    database = session.Session(arguments.folder)
    database.query("CREATE DATABASE bench")
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    database.query(f"CREATE TABLE bench.orders ({columns}) ENGINE = MergeTree ORDER BY paid_at")
    selected = ", ".join(loaded(name, kind) for name, kind in TYPES.items())
    database.query(
        f"INSERT INTO bench.orders SELECT {selected} FROM file('{arguments.parquet}', Parquet)"
        " SETTINGS session_timezone = 'UTC', max_insert_threads = 2")
    database.query("OPTIMIZE TABLE bench.orders FINAL")
    seconds = stopwatch.seconds()
    # Parts that were merged lie about in the folder for some minutes.
    size = database.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench'", "CSV")
    database.close()
    job.print_report(seconds=seconds, databaseBytes=int(size.data()))


def queries(arguments):
    """Times the queries."""
    stopwatch = job.Stopwatch()
    database = session.Session(arguments.folder)
    table = "bench.orders"
    if arguments.engine == "memory":
        table = "bench.orders_in_memory"
        database.query(f"DROP TABLE IF EXISTS {table}")
        database.query(f"CREATE TABLE {table} ENGINE = Memory AS SELECT * FROM bench.orders")
    asked = {arguments.only: QUERIES[arguments.only]} if arguments.only else QUERIES
    functions = {
        name: lambda sql=sql.replace("FROM orders", f"FROM {table}"): database.query(sql, "Arrow")
        for name, sql in asked.items()
    }
    answers, seconds = job.time_queries(functions, arrow_table, arguments.repetitions)
    seconds_to_end = stopwatch.seconds()
    if arguments.engine == "memory":
        database.query(f"DROP TABLE {table}")
    job.print_report(seconds=seconds, openAndRunSeconds=seconds_to_end, answers=answers)


def arrow_table(result):
    """A result's bytes as a table."""
    return pyarrow.ipc.open_file(pyarrow.py_buffer(result.bytes())).read_all()


def main():
    """Parses the command line and does the job."""
    parser = argparse.ArgumentParser()
    jobs = parser.add_subparsers(required=True)
    loading = jobs.add_parser("load")
    loading.add_argument("parquet")
    loading.add_argument("folder")
    loading.set_defaults(job=load)
    asking = jobs.add_parser("queries")
    asking.add_argument("folder")
    asking.add_argument("--engine", choices=["mergetree", "memory"], default="mergetree")
    asking.add_argument("--only", choices=QUERIES)
    asking.add_argument("--repetitions", type=int, default=7)
    asking.set_defaults(job=queries)
    arguments = parser.parse_args()
    arguments.job(arguments)


if __name__ == "__main__":
    main()
