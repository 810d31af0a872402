"""What every job here has in common: it is one process that prints one line of JSON."""

import datetime
import json
import math
import os
import shutil
import time

EPOCH = datetime.date(1970, 1, 1)

# The first of the last 90 days of the table of orders.
RECENT_DAY = "2025-10-02"


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self):
        self.start = time.perf_counter()

    def seconds(self):
        """Seconds so far."""
        return time.perf_counter() - self.start


def remove_database(path):
    """Removes a database, be it a file or a folder, and what its engine keeps beside it."""
    shutil.rmtree(path, ignore_errors=True)
    for suffix in ("", ".wal", "-wal", "-shm"):
        if os.path.isfile(path + suffix):
            os.remove(path + suffix)


def print_report(**report):
    """Prints the job's one line."""
    print(json.dumps(report, ensure_ascii=False))


def cell(value):
    """A value as all engines' jobs print it: amounts as whole fen, days as days since 1970."""
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return (value - EPOCH).days
    if isinstance(value, bytes):
        return value.decode()
    if value is None or isinstance(value, (str, int)):
        return value
    # Nothing divided by nothing: some engines say that it is not a number, others that it is no value.
    return None if math.isnan(value) else float(value)


def rows_of(table):
    """The rows of an Arrow table."""
    return [[cell(value) for value in row.values()] for row in table.to_pylist()]


def time_queries(queries, to_arrow, repetitions):
    """Runs each query once to warm up, then `repetitions` times.

    `queries` are functions that give an engine's own columnar result, by name; what `to_arrow` does to it is not timed.
    Returns answers and lists of seconds, by name.
    """
    answers = {}
    seconds = {}
    for name, run in queries.items():
        answers[name] = rows_of(to_arrow(run()))
        seconds[name] = []
        for _ in range(repetitions):
            stopwatch = Stopwatch()
            run()
            seconds[name].append(stopwatch.seconds())
    return answers, seconds
