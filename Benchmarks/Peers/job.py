"""What every job here has in common: it is one process that prints one line of JSON."""

import json
import os
import time


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self):
        self.start = time.perf_counter()

    def seconds(self):
        """Seconds so far."""
        return time.perf_counter() - self.start


def remove_database(path):
    """Removes a database file and what its engine keeps beside it."""
    for suffix in ("", ".wal", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)


def print_report(**report):
    """Prints the job's one line."""
    print(json.dumps(report, ensure_ascii=False))


def statements(connection, queries):
    """Functions that run each query of a connection and return its rows, by name."""
    return {name: lambda sql=sql: connection.execute(sql).fetchall() for name, sql in queries.items()}


def time_queries(queries, repetitions):
    """Runs each query once to warm up, then `repetitions` times.

    `queries` are functions that return rows, by name. Returns answers and lists of seconds, by name.
    """
    answers = {}
    seconds = {}
    for name, run in queries.items():
        answers[name] = run()
        seconds[name] = []
        for _ in range(repetitions):
            stopwatch = Stopwatch()
            run()
            seconds[name].append(stopwatch.seconds())
    return answers, seconds
