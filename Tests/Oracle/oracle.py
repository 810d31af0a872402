"""DuckDB as a second opinion: one JSON request a line in, one JSON answer a line out, until the input ends.

Requests:
  {"sql": "SELECT ..."}                    runs one statement
  {"load": "orders", "columns": [["order_id", "VARCHAR"], ["paid", "BIGINT"]], "rows": [["A", 1990]]}
                                           makes a table of the rows; "path" instead of "rows" reads a file that holds
                                           one JSON array of values a line; "append": true adds to the table
  {"reset": true}                          forgets everything
Answers:
  {"columns": [...], "types": [...], "rows": [[...]]}, or {"error": "..."}

Values: null, true and false, whole numbers (texts where 64 bits do not hold them), floats, texts. Decimals are texts ("19.90"), dates are texts
(2026-03-01), timestamps are microseconds since 1970 (UTC, or of the local clock where the type has no zone),
intervals are microseconds, lists are lists. Floats that JSON has no word for are the texts NaN, Infinity, -Infinity.
"""

import datetime
import decimal
import json
import math
import os
import sys
import tempfile

import duckdb

EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_UTC = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


def connect():
    # Nothing is fetched from anywhere: what the tests need is in the package.
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def encoded(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return (value - (EPOCH_UTC if value.tzinfo else EPOCH)) // MICROSECOND
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value // MICROSECOND
    if isinstance(value, (list, tuple)):
        return [encoded(item) for item in value]
    return str(value)


def answer(connection, sql):
    connection.execute(sql)
    description = connection.description or []
    rows = connection.fetchall() if description else []
    return {
        "columns": [column[0] for column in description],
        "types": [str(column[1]) for column in description],
        "rows": [[encoded(value) for value in row] for row in rows],
    }


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def load(connection, request):
    columns = request["columns"]
    table = quoted(request["load"])
    if not request.get("append"):
        definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({definition})")
    path = request.get("path") or written(request["rows"])
    try:
        # Each line is an array; its elements are taken out as JSON and cast to the column's type.
        elements = ", ".join(
            f"CAST(json_extract_string(line, '$[{index}]') AS {kind})" for index, (_, kind) in enumerate(columns)
        )
        connection.execute(
            f"INSERT INTO {table} SELECT {elements} FROM read_csv(?, columns = {{'line': 'VARCHAR'}}, "
            "header = false, delim = '\x01', quote = '', escape = '', new_line = '\\n', max_line_size = 16777216)",
            [path],
        )
    finally:
        if "path" not in request:
            os.unlink(path)
    return answer(connection, f"SELECT count(*) AS row_count FROM {table}")


def written(rows):
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", delete=False, encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=True) + "\n")
        return file.name


def main():
    connection = connect()
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if "sql" in request:
                reply = answer(connection, request["sql"])
            elif "load" in request:
                reply = load(connection, request)
            elif request.get("reset"):
                connection.close()
                connection = connect()
                reply = {"columns": [], "types": [], "rows": []}
            else:
                reply = {"error": "a request has sql, load or reset"}
        except Exception as problem:  # Whatever it is, the asker is told and the next request is answered.
            reply = {"error": f"{type(problem).__name__}: {problem}"}
        sys.stdout.write(json.dumps(reply, allow_nan=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
