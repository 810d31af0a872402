"""SQLite: the wide table of orders copied from DuckDB's, with the indexes that the queries call for.

usage: sqlite_orders.py DUCKDB_DATABASE DATABASE

Not timed: folding a million orders' events in SQLite takes minutes and is measured by sqlite_ingest.py on fewer.
"""

import argparse
import sqlite3

import duckdb

import job

ROWS_PER_INSERT = 50_000

# Each covers what a query reads, so that none has to visit the wide rows.
INDEXES = """
CREATE UNIQUE INDEX order_by_id ON orders (order_id);
CREATE INDEX order_by_payment ON orders (paid_at, channel, paid, refunded);
CREATE INDEX order_by_channel_and_buyer ON orders (channel, buyer_id, paid_at);
CREATE INDEX order_by_campaign ON orders (campaign, paid_at, paid);
CREATE INDEX order_by_channel_and_delay ON orders (channel, shipped_at - paid_at)
    WHERE shipped_at - paid_at IS NOT NULL;
ANALYZE;
"""


def stored(column, kind):
    """SQL for a column in the form that SQLite keeps: fen, UTC microseconds, words."""
    if kind.startswith("DECIMAL"):
        return f"({column} * 100)::BIGINT"
    if kind == "TIMESTAMP":
        return f"epoch_us({column})"
    if kind.endswith("[]"):
        return f"array_to_string({column}, ',')"
    return column


def copy(source, database):
    """Copies the table, row by row, and indexes it."""
    reader = duckdb.connect(source, read_only=True)
    columns = [(row[0], row[1]) for row in reader.execute("DESCRIBE orders").fetchall()]
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute(f"CREATE TABLE orders ({', '.join(name for name, _ in columns)})")
    reader.execute(f"SELECT {', '.join(stored(name, kind) for name, kind in columns)} FROM orders")
    writer.execute("BEGIN")
    while rows := reader.fetchmany(ROWS_PER_INSERT):
        writer.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * len(columns))})", rows)
    writer.execute("COMMIT")
    writer.executescript(INDEXES)
    writer.close()


def main():
    """Parses the command line and copies."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("database")
    arguments = parser.parse_args()
    job.remove_database(arguments.database)
    copy(arguments.source, arguments.database)
    job.print_report()


if __name__ == "__main__":
    main()
