"""Models that Caliber writes, read by others; models that others write."""

import json
import math
import xml.etree.ElementTree as ElementTree

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

NAMESPACE = "{http://www.dmg.org/PMML-4_4}"


def onnx_probabilities(path, rows):
    """ONNX Runtime's answer, and the probabilities of the parity rows in the file beside its own."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    parity = json.loads(metadata["parity"])
    parity_rows = numpy.array([[math.nan if cell is None else cell for cell in row] for row in parity["rows"]])
    run = lambda table: session.run(["probability"], {"features": table})[0][:, 0]
    return {
        "probabilities": run(rows),
        "parityOwn": parity["probabilities"],
        "parityHere": run(parity_rows),
        "features": metadata["features"].split("\n"),
    }


def pmml_probabilities(text, names, rows):
    """A small evaluator of PMML 4.4 written from its specification: Apply, FieldRef, NormContinuous, RegressionModel."""
    root = ElementTree.fromstring(text.encode())
    model = root.find(f"{NAMESPACE}RegressionModel")
    declared = [field.get("name") for field in root.iter(f"{NAMESPACE}DataField")]
    assert int(root.find(f"{NAMESPACE}DataDictionary").get("numberOfFields")) == len(declared)
    verification = model.find(f"{NAMESPACE}ModelVerification")
    column_of = {field.get("column"): field.get("field") for field in verification.iter(f"{NAMESPACE}VerificationField")}
    records = []
    for row in verification.iter(f"{NAMESPACE}row"):
        records.append({column_of[cell.tag.removeprefix(NAMESPACE)]: float(cell.text) for cell in row})
    assert int(verification.get("recordCount")) == len(records)
    return {
        "declared": declared,
        "probabilities": [pmml_probability(model, dict(zip(names, row))) for row in rows],
        "parityOwn": [record["probability"] for record in records],
        "parityHere": [pmml_probability(model, record) for record in records],
    }


def pmml_probability(model, row):
    active = {
        field.get("name")
        for field in model.iter(f"{NAMESPACE}MiningField")
        if field.get("usageType") == "active"
    }
    values = {name: None if math.isnan(value) else value for name, value in row.items() if name in active}
    values |= {name: None for name in active - values.keys()}
    for derived in model.find(f"{NAMESPACE}LocalTransformations"):
        values[derived.get("name")] = pmml_value(derived[0], values)
    scores = {}
    for table in model.iter(f"{NAMESPACE}RegressionTable"):
        terms = [
            float(predictor.get("coefficient")) * values[predictor.get("name")]
            for predictor in table.iter(f"{NAMESPACE}NumericPredictor")
        ]
        scores[table.get("targetCategory")] = float(table.get("intercept")) + sum(terms)
    assert model.get("normalizationMethod") == "logit" and scores["0"] == 0
    return 1 / (1 + math.exp(-scores["1"]))


def pmml_value(element, values):
    kind = element.tag.removeprefix(NAMESPACE)
    if kind == "Constant":
        return float(element.text)
    if kind == "FieldRef":
        return values[element.get("field")]
    if kind == "NormContinuous":
        return pmml_norm(element, values[element.get("field")])
    assert kind == "Apply", kind
    function = element.get("function")
    if function == "isMissing":
        return values[element[0].get("field")] is None
    arguments = [pmml_value(child, values) for child in element]
    if function == "if":
        return arguments[1] if arguments[0] else arguments[2]
    if function != "sum" and None in arguments:
        replacement = element.get("mapMissingTo")
        return None if replacement is None else float(replacement)
    if function == "sum":
        return sum(argument for argument in arguments if argument is not None)
    return {"-": lambda a, b: a - b, "/": lambda a, b: a / b, "*": lambda a, b: a * b}[function](*arguments)


def pmml_norm(element, value):
    knots = [(float(knot.get("orig")), float(knot.get("norm"))) for knot in element]
    assert element.get("outliers") == "asIs"
    index = 0
    while index < len(knots) - 2 and value > knots[index + 1][0]:
        index += 1
    (left, low), (right, high) = knots[index], knots[index + 1]
    return low + (value - left) / (right - left) * (high - low)


def fitted_elsewhere(seed, names, scaled):
    """A model that a team fitted on its own, as the JSON form that Caliber reads."""
    random = numpy.random.default_rng(int(seed))
    rows = random.normal(size=(400, len(names))) * numpy.arange(1, len(names) + 1) + 3
    labels = (rows @ random.normal(size=len(names)) + random.normal(size=400) * 3 > 4).astype(int)
    scaler = StandardScaler().fit(rows)
    fitted = LogisticRegression().fit(scaler.transform(rows) if scaled else rows, labels)
    form = {key: getattr(fitted, key).tolist() for key in ("coef_", "intercept_")} | {"feature_names_in_": names}
    if scaled:
        form |= {"mean_": scaler.mean_.tolist(), "scale_": scaler.scale_.tolist()}
    answers = fitted.predict_proba(scaler.transform(rows) if scaled else rows)[:, 1]
    return {"form": json.dumps(form), "rows": rows[:50], "probabilities": answers[:50]}
