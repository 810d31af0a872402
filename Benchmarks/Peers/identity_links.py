"""Finds connected components of identity links with string ids.

usage: identity_links.py LINKS-FILE LINKS
"""

import sys

import job
import learning_rows
import numpy
import pandas
import pyarrow
import pyarrow.csv
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def components(one, other):
    """How many components and nodes there are: ids are numbered by factorize, as strings of pandas' own kind."""
    codes, names = pandas.factorize(pandas.concat([one, other], ignore_index=True))
    count = len(one)
    matrix = coo_array(
        (numpy.ones(count, dtype=numpy.int8), (codes[:count], codes[count:])), shape=(len(names), len(names)))
    found, _ = connected_components(matrix, directed=False)
    return found, len(names)


def main():
    """Reads the links and times what follows."""
    path, count = sys.argv[1], int(sys.argv[2])
    options = pyarrow.csv.ReadOptions(column_names=["one", "other"])
    table = pyarrow.csv.read_csv(
        path, read_options=options, parse_options=pyarrow.csv.ParseOptions(delimiter=" ")).slice(0, count)
    one = table.column("one").to_pandas().astype("str")
    other = table.column("other").to_pandas().astype("str")
    # What is imported and made once is not the search's.
    components(one[:1000], other[:1000])
    memory = learning_rows.ExtraMemory()
    stopwatch = job.Stopwatch()
    found, nodes = components(one, other)
    seconds = stopwatch.seconds()
    job.print_report(seconds=seconds, extraBytes=memory.bytes(), persons=int(found), nodes=nodes)


if __name__ == "__main__":
    main()
