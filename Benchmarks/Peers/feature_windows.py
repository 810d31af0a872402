"""Computes features of windows, a row for each order as of its first payment, and holds them against Caliber's.

usage: feature_windows.py FORM FOLDER COLUMNS [--answer MATRIX]

FOLDER is what feature_facts.py made, COLUMNS a JSON file of what the columns are. Reading the files is not timed.
"""

import argparse
import json
import time

import numpy

import job
import learning_rows

RELATIVE = 1e-9


def differing(columns, frame, answer):
    """Names of columns whose values are not Caliber's: counts exactly, others to a part in 10⁹."""
    with open(answer + ".keys") as file:
        keys = {key: index for index, key in enumerate(file.read().split("\n"))}
    matrix = numpy.memmap(answer, dtype=numpy.float64, mode="r", shape=(len(keys), len(columns)))
    order = numpy.array([keys[key] for key in frame["order_id"]])
    names = []
    for index, column in enumerate(columns):
        theirs = numpy.asarray(frame[column["name"]], dtype=numpy.float64)
        own = numpy.asarray(matrix[:, index])[order]
        exact = column["statistic"] in ("count", "distinct")
        near = numpy.abs(own - theirs) <= (0 if exact else RELATIVE) * numpy.abs(own)
        if not numpy.all(near | (numpy.isnan(own) & numpy.isnan(theirs))):
            names.append(column["name"])
    return names


def main():
    """Parses the command line and computes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("form", choices=("polars-sums", "polars-rolling", "duckdb-sums", "duckdb-windows"))
    parser.add_argument("folder")
    parser.add_argument("columns")
    parser.add_argument("--answer")
    arguments = parser.parse_args()
    with open(arguments.columns) as file:
        columns = [{"value": None, "per": None} | column for column in json.load(file)]
    kinds = sorted({c["fact"] for c in columns} | {c["per"] for c in columns if c["per"]} | {"row"})
    if arguments.form.startswith("polars"):
        import feature_polars as engine
        form = engine.RunningSums if arguments.form == "polars-sums" else engine.Rolling
    else:
        import feature_duckdb as engine
        form = engine.RunningSums if arguments.form == "duckdb-sums" else engine.Windows
    tables = engine.load(arguments.folder, kinds)
    computing = form(tables, columns)
    memory = learning_rows.ExtraMemory()
    processors = time.process_time()
    stopwatch = job.Stopwatch()
    frame = computing.run()
    seconds = stopwatch.seconds()
    processors = time.process_time() - processors
    extra = memory.bytes()
    count = len(frame[columns[0]["name"]])
    report = {}
    if arguments.answer:
        import pyarrow.parquet
        keys = pyarrow.parquet.read_table(f"{arguments.folder}/row.parquet", columns=["order_id"])
        named = {c["name"]: frame[c["name"]].to_numpy() for c in columns}
        report["differing"] = differing(columns, named | {"order_id": keys["order_id"].to_pylist()}, arguments.answer)
    job.print_report(
        seconds=seconds, processorSeconds=processors, rowCount=count, columnCount=len(columns), extraBytes=extra,
        **report)


if __name__ == "__main__":
    main()
