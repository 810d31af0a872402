"""scikit-learn as a second opinion: one JSON request a line in, one JSON answer a line out, until the input ends.

Request: {"call": "fitting.newton_cholesky", "arguments": {"penalty": 1.0, "x": {"array": "/tmp/x", "shape": [100, 3]}}}
         calls the function `newton_cholesky` of `learning/fitting.py`. An array is a file of float64, row by row.
Answer:  {"result": ...}, or {"error": "..."}

A result is made of dictionaries, lists, arrays, numbers, texts. Floats that JSON has no word for are the texts NaN,
Infinity, -Infinity, in answers and in arguments alike.
"""

import importlib
import json
import math
import os
import re
import sys

# Small problems, and the tests need the processors themselves.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy

FUNCTION = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def decoded(value):
    if isinstance(value, dict) and "array" in value:
        return numpy.fromfile(value["array"], dtype=numpy.float64).reshape(value["shape"])
    if isinstance(value, dict):
        return {name: decoded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [decoded(item) for item in value]
    return WORDS.get(value, value) if isinstance(value, str) else value


def encoded(value):
    if isinstance(value, dict):
        return {str(name): encoded(item) for name, item in value.items()}
    if isinstance(value, numpy.ndarray):
        return encoded(value.tolist())
    if isinstance(value, (list, tuple)):
        return [encoded(item) for item in value]
    if isinstance(value, numpy.generic):
        return encoded(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def answer(request):
    name = request["call"]
    if not FUNCTION.fullmatch(name):
        return {"error": f"'{name}' is not a module and a function of it"}
    module, function = name.split(".")
    called = getattr(importlib.import_module(f"learning.{module}"), function)
    return {"result": encoded(called(**decoded(request.get("arguments", {}))))}


def main():
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as problem:  # Whatever it is, the asker is told and the next request is answered.
            reply = {"error": f"{type(problem).__name__}: {problem}"}
        sys.stdout.write(json.dumps(reply, allow_nan=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
