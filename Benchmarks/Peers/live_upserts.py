"""Live batches into a table of orders that is there already: what SQLite and DuckDB make of them.

usage: live_upserts.py make PARQUET ROWS EVENTS --rows N
       live_upserts.py sqlite|duckdb PARQUET ROWS DATABASE --rows-per-batch N

`make` draws whole orders, half of them new and half of them recent orders of PARQUET that were refunded since, as
Parquet for the peers and as NDJSON for Caliber, and says what the table must hold afterwards. Each batch is one commit
that is on disk before the next: SQLite by executemany (WAL, synchronous=FULL), DuckDB from an Arrow table. The rows are
at hand in each engine's own form before the clock starts.
"""

import argparse
import sqlite3

import duckdb
import pyarrow.parquet

import job
from duckdb_orders import AMOUNTS, decimal

TOTALS = "SELECT count(paid_at), sum(paid), coalesce(sum(refunded), 0) FROM orders"

# No order number of the table reaches this.
NEW_ORDER = 10_000_000_000_000_000

# Of the last days, as it is with live orders: those that are there come in any order, new ones as they are placed.
ROWS = f"""
CREATE TABLE row AS
WITH recent AS (FROM source WHERE paid_at >= DATE '2025-11-01'), later AS (
    SELECT * REPLACE (
        order_id + {NEW_ORDER} AS order_id, created_at + INTERVAL 60 DAYS AS created_at,
        paid_at + INTERVAL 60 DAYS AS paid_at, shipped_at + INTERVAL 60 DAYS AS shipped_at,
        delivered_at + INTERVAL 60 DAYS AS delivered_at, promised_at + INTERVAL 60 DAYS AS promised_at)
    FROM recent)
SELECT row_number() OVER (ORDER BY hash(order_id)) * 2 AS number,
    * REPLACE ('refunded' AS status, true AS is_refunded, amount_due AS refunded)
FROM recent QUALIFY number <= $count
UNION ALL
SELECT row_number() OVER (ORDER BY created_at, order_id) * 2 - 1 AS number, * FROM later QUALIFY number <= $count
"""

EVENTS = """
COPY (
    SELECT '1.0' AS specversion, 'live-' || number AS id, 'live' AS source, 'order.exported' AS type,
        '2026-01-15T12:00:00+08:00' AS time, {fields} AS data
    FROM row ORDER BY number
) TO '{path}' (FORMAT json)
"""


def totals_of(row):
    """By the names that all live jobs use."""
    return {name: int(total) for name, total in zip(("paidOrders", "paidMinor", "refundedMinor"), row)}


def make(arguments):
    """Draws the rows and says what comes of them."""
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW source AS FROM read_parquet('{arguments.parquet}')")
    connection.execute(ROWS, {"count": arguments.rows})
    columns = [name for name, *_ in connection.execute("DESCRIBE source").fetchall()]
    texts = {name: f"{decimal(name)}::VARCHAR" for name in AMOUNTS}
    texts |= {name: f"{name}::VARCHAR" for name in ("order_id", "buyer_id")}
    fields = "{" + ", ".join(f"'{name}': {texts.get(name, name)}" for name in columns) + "}"
    connection.execute(EVENTS.format(fields=fields, path=arguments.target))
    rows = "SELECT * EXCLUDE number FROM row"
    connection.execute(f"COPY ({rows} ORDER BY number) TO '{arguments.changes}' (FORMAT parquet)")
    afterwards = f"({rows} UNION ALL FROM source ANTI JOIN row USING (order_id))"
    job.print_report(totals=totals_of(connection.execute(TOTALS.replace("orders", afterwards)).fetchone()))


def batches(arguments):
    """The changes, an Arrow table a batch."""
    table = pyarrow.parquet.read_table(arguments.changes)
    size = arguments.rows_per_batch
    return [table.slice(first, size).combine_chunks() for first in range(0, len(table), size)]


def upsert(columns, source):
    """SQL that puts whole rows in the place of those that are there."""
    assigned = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "order_id")
    return f"INSERT INTO orders {source} ON CONFLICT (order_id) DO UPDATE SET {assigned}"


def timed(work):
    """Seconds of each piece of work."""
    seconds = []
    for piece in work:
        stopwatch = job.Stopwatch()
        piece()
        seconds.append(stopwatch.seconds())
    return seconds


def sqlite(arguments):
    """SQLite, from Python."""
    connection = sqlite3.connect(arguments.target, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -1000000")
    columns = pyarrow.parquet.read_schema(arguments.parquet).names
    rest = ", ".join(columns[1:])
    connection.execute(f"CREATE TABLE orders (order_id INTEGER PRIMARY KEY, {rest})")
    statement = upsert(columns, f"VALUES ({', '.join('?' * len(columns))})")

    def put(rows):
        connection.execute("BEGIN")
        connection.executemany(statement, rows)
        connection.execute("COMMIT")

    put(sqlite_rows(pyarrow.parquet.read_table(arguments.parquet)))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    prepared = [sqlite_rows(batch) for batch in batches(arguments)]
    seconds = timed([lambda rows=rows: put(rows) for rows in prepared])
    job.print_report(batchSeconds=seconds, totals=totals_of(connection.execute(TOTALS).fetchone()))


def sqlite_rows(table):
    """Rows as SQLite keeps them: moments as integers."""
    columns = [
        column.cast("int64") if str(column.type).startswith("timestamp") else column for column in table.columns
    ]
    return list(zip(*(column.to_pylist() for column in columns)))


def duckdb_live(arguments):
    """DuckDB, from Arrow."""
    connection = duckdb.connect(arguments.target)
    columns = pyarrow.parquet.read_schema(arguments.parquet).names
    connection.execute(f"CREATE TABLE orders AS FROM read_parquet('{arguments.parquet}') LIMIT 0")
    connection.execute("ALTER TABLE orders ADD PRIMARY KEY (order_id)")
    connection.execute(f"INSERT INTO orders FROM read_parquet('{arguments.parquet}')")
    connection.execute("CHECKPOINT")
    statement = upsert(columns, "SELECT * FROM batch")

    def put(rows):
        connection.register("batch", rows)
        connection.execute(statement)
        connection.unregister("batch")

    seconds = timed([lambda rows=rows: put(rows) for rows in batches(arguments)])
    job.print_report(batchSeconds=seconds, totals=totals_of(connection.execute(TOTALS).fetchone()))


def main():
    """Parses the command line and does the job."""
    parser = argparse.ArgumentParser()
    jobs = parser.add_subparsers(required=True)
    for name, function in (("make", make), ("sqlite", sqlite), ("duckdb", duckdb_live)):
        job_parser = jobs.add_parser(name)
        job_parser.add_argument("parquet")
        job_parser.add_argument("changes")
        job_parser.add_argument("target")
        job_parser.add_argument("--rows", type=int, default=100_000)
        job_parser.add_argument("--rows-per-batch", type=int, default=1000)
        job_parser.set_defaults(job=function)
    arguments = parser.parse_args()
    arguments.job(arguments)


if __name__ == "__main__":
    main()
