"""Caliber's database seen as the SQLite file that it is: which part is log, which is wide table, what columns weigh.

usage: caliber_file.py DATABASE TABLE [--since DAY]

`columnBytes` are those of the columns as they lie in memory; `recentColumnBytes` the same of the segments that have
rows since a day.
"""

import argparse
import datetime
import sqlite3

import job

# What the wide tables keep. Lengths stand at the head of each row, so that the file is not read as a whole.
TABLE_BYTES = """
SELECT (SELECT sum(length(body)) FROM segmentColumn) + (SELECT coalesce(sum(length(body)), 0) FROM stringChunk)
"""

COLUMNS = """
SELECT columnName, sum(rawByteCount) FROM segmentColumn
JOIN tableColumn ON columnID = columnSegmentKey >> 32
JOIN wideTable USING (tableID)
JOIN segment ON segmentID = columnSegmentKey & 4294967295
WHERE tableName = ? AND highAnchor >= ?
GROUP BY columnName
"""


def main():
    """Parses the command line and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("table")
    parser.add_argument("--since", default="1970-01-01")
    arguments = parser.parse_args()

    connection = sqlite3.connect(f"file:{arguments.database}?mode=ro", uri=True)
    (tables,) = connection.execute(TABLE_BYTES).fetchone()
    (whole,) = connection.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
    since = datetime.datetime.fromisoformat(arguments.since + "T00:00:00+08:00")
    job.print_report(
        tableBytes=tables,
        logBytes=whole - tables,
        columnBytes=dict(connection.execute(COLUMNS, (arguments.table, -(2**62)))),
        recentColumnBytes=dict(connection.execute(COLUMNS, (arguments.table, int(since.timestamp() * 1e6)))),
    )


if __name__ == "__main__":
    main()
