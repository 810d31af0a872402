"""Scores rows with a model that Caliber fitted: all of them at once, and one ready row at a time.

usage: learning_score.py scikit-learn|numpy|onnxruntime ROWS-FILE ROWS COLUMNS MODEL [--repetitions N]

MODEL is a file: {"intercept": ..., "coefficients": [...]}.
"""

import argparse
import json
import time

import numpy

import job
import learning_rows

SINGLE_ROWS = 1000
SAMPLED = 1000


def scikit_learn(model):
    """A fitted scikit-learn model of these coefficients, and the row form it takes."""
    from sklearn.linear_model import LogisticRegression

    learned = LogisticRegression()
    learned.coef_ = numpy.array([model["coefficients"]])
    learned.intercept_ = numpy.array([model["intercept"]])
    learned.classes_ = numpy.array([0.0, 1.0])
    learned.n_features_in_ = learned.coef_.shape[1]
    return lambda x: learned.predict_proba(x)[:, 1], numpy.float64


def bare_numpy(model):
    """A product and a link, without any check."""
    weights, intercept = numpy.array(model["coefficients"]), model["intercept"]

    def probabilities(x):
        z = x @ weights
        z += intercept
        numpy.negative(z, out=z)
        numpy.exp(z, out=z)
        z += 1
        return numpy.divide(1, z, out=z)

    return probabilities, numpy.float64


def onnx_runtime(model):
    """The smallest graph that does it, in float32: a product, a sum, a sigmoid."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    columns = len(model["coefficients"])
    weights = numpy.array(model["coefficients"], dtype=numpy.float32).reshape(columns, 1)
    bias = numpy.array([model["intercept"]], dtype=numpy.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "w", "b"], ["z"]),
            helper.make_node("Sigmoid", ["z"], ["p"]),
        ],
        "logistic",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")],
    )
    document = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(document)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = learning_rows.thread_count()
    session = onnxruntime.InferenceSession(
        document.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(["p"], {"x": x})[0][:, 0], numpy.float32


ENGINES = {"scikit-learn": scikit_learn, "numpy": bare_numpy, "onnxruntime": onnx_runtime}


def main():
    """Parses the command line and scores."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("file")
    parser.add_argument("rows", type=int)
    parser.add_argument("columns", type=int)
    parser.add_argument("model")
    parser.add_argument("--repetitions", type=int, default=7)
    arguments = parser.parse_args()
    with open(arguments.model) as file:
        score, kind = ENGINES[arguments.engine](json.load(file))
    x, _ = learning_rows.load(arguments.file, arguments.rows, arguments.columns)
    x = x.astype(kind, copy=False)
    probabilities = score(x)
    seconds = []
    for _ in range(arguments.repetitions):
        stopwatch = job.Stopwatch()
        score(x)
        seconds.append(stopwatch.seconds())
    step = max(1, len(x) // SAMPLED)
    rows = [numpy.ascontiguousarray(x[index:index + 1]) for index in range(SINGLE_ROWS)]
    nanoseconds = []
    for index in range(4 * SINGLE_ROWS):
        row = rows[index % SINGLE_ROWS]
        start = time.perf_counter_ns()
        score(row)
        nanoseconds.append(time.perf_counter_ns() - start)
    job.print_report(
        seconds=seconds, sample=[float(value) for value in probabilities[::step]],
        rowSeconds=[value * 1e-9 for value in nanoseconds[SINGLE_ROWS:]])


if __name__ == "__main__":
    main()
