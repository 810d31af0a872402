"""Connected components as scipy has them."""

import numpy
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def same_components(one, other, labels):
    """Whether labels part the nodes as the edges' connected components do; and how many components there are."""
    count = len(labels)
    matrix = coo_array(
        (numpy.ones(len(one), dtype=numpy.int8), (one.astype(numpy.int64), other.astype(numpy.int64))),
        shape=(count, count),
    )
    component_count, components = connected_components(matrix, directed=False)
    pairs = numpy.unique(numpy.column_stack([components, labels.astype(numpy.int64)]), axis=0)
    same = len(pairs) == component_count and len(numpy.unique(labels)) == component_count
    return {"count": component_count, "same": bool(same)}
