"""What a look into the future would fake: the table in docs/models.md.

The same features are computed four times by Caliber, from the same events at different times:
  as it was     every event at the time at which it came;
  dated, at     outcomes (hand-over, delivery, review; in the made-up shop delivery and refund) come a second after their
                order's payment, and each fact's `at` still says when it happened;
  order date    the same without `at`: what became of an order is filed under the order's own date;
  own outcome   outcomes come before their order's payment: also what became of the order itself is in its history.
scikit-learn then fits the rows up to 70% of the time with one penalty. A model claims the AUC of the last 20% of its own
rows; what it would do is its AUC on the same orders as they really were known.

Run: .tools/oracle/bin/python Benchmarks/Peers/look_ahead.py .build/release/caliber [folder of the Olist files]
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings
from datetime import datetime, timedelta, timezone

import duckdb
import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
OLIST = PACKAGE / "Tests/CaliberEngineTests/Olist"
PENALTY = 1000
VARIANTS = ["as it was", "dated, at", "order date", "own outcome"]
MADE_UP_OUTCOMES = {"refund.settled", "shipment.delivered"}
OLIST_OUTCOMES = {"order.handed_over", "order.delivered", "order.reviewed"}


def moment(text):
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


def olist_events(data, folder):
    output = folder / "history.ndjson"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute((OLIST / "history.sql").read_text().replace("{data}", data).replace("{output}", str(output)))
    return events_of(output), "order.approved"


def made_up_events(caliber, folder):
    output = folder / "shop.ndjson"
    subprocess.run(
        [caliber, "simulate", "--orders", "40000", "--days", "60", "--faults", "none", "--output", output],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return events_of(output), "payment.callback"


def events_of(path):
    """Every event that can be read, at least as far as its times; the made-up stream has a few cut lines."""
    events = []
    for line in open(path, errors="replace"):
        try:
            event = json.loads(line)
            event["known"] = moment(event.get("recordedtime", event["time"]))
            moment(event["time"])
            if isinstance(event["data"], dict):
                events.append(event)
        except (ValueError, KeyError, TypeError):
            continue
    return events


def redated(events, payment, outcomes, shift):
    """Outcomes at the payment of their order, and everything in the order in which it then came."""
    paid = {}
    for event in events:
        if event["type"] == payment and event["data"].get("result", "success") == "success":
            paid.setdefault(event["data"].get("order_id"), event)
    result = []
    for place, event in enumerate(events):
        own = paid.get(event["data"].get("order_id"))
        if event["type"] in outcomes and own is not None and own["known"] + shift < event["known"]:
            event = event | {"known": own["known"] + shift, "time": (moment(own["time"]) + shift).isoformat()}
        result.append((event["known"], place, event))
    return [event for _, _, event in sorted(result, key=lambda entry: entry[:2])]


def table(caliber, dictionary, events, folder):
    """The training set as Caliber exports it: keys, values, labels, names."""
    with open(folder / "events.ndjson", "w") as file:
        for event in events:
            line = {key: value for key, value in event.items() if key != "known"}
            if "recordedtime" in line:
                line["recordedtime"] = event["known"].isoformat()
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    place = ["--dictionary", dictionary, "--database", folder / "caliber.db"]
    quiet = {"check": True, "stderr": subprocess.DEVNULL}
    subprocess.run([caliber, "ingest", *place, folder / "events.ndjson"], **quiet)
    subprocess.run([caliber, "features", "export", *place, "--output", folder / "rows.csv"], **quiet)
    columns = duckdb.sql(f"FROM read_csv('{folder}/rows.csv', header = true, sample_size = -1)").fetchnumpy()
    number = lambda name: numpy.ma.filled(numpy.ma.asarray(columns[name]).astype(float), numpy.nan)
    names = list(columns)[3:]
    return {
        "keys": [str(key) for key in columns["key"]],
        "x": numpy.column_stack([number(name) for name in names]),
        "y": number(list(columns)[2]).astype(int),
    }


def fitted(x, y):
    """Standardised on the rows learned from; absence is a column of its own."""
    with warnings.catch_warnings():
        # Some column has no value in any of the rows.
        warnings.simplefilter("ignore", RuntimeWarning)
        mean, deviation = numpy.nan_to_num(numpy.nanmean(x, 0)), numpy.nanstd(x, 0)
    deviation[~(deviation > 0)] = 1
    gaps = numpy.isnan(x).any(0) & ~numpy.isnan(x).all(0)
    prepare = lambda rows: numpy.hstack([numpy.nan_to_num((rows - mean) / deviation), numpy.isnan(rows)[:, gaps]])
    model = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky").fit(prepare(x), y)
    return lambda rows: model.decision_function(prepare(rows))


def report(name, variants):
    keys = common_keys(variants)
    aligned = []
    for variant in variants:
        row = {key: index for index, key in enumerate(variant["keys"])}
        aligned.append(variant["x"][[row[key] for key in keys]])
    row = {key: index for index, key in enumerate(variants[0]["keys"])}
    y = variants[0]["y"][[row[key] for key in keys]]
    learned, later = slice(0, int(len(keys) * 0.7)), slice(int(len(keys) * 0.8), len(keys))
    print(f"{name}: {len(keys)} orders, {y.mean():.2%} bad")
    for variant, x in zip(VARIANTS, aligned):
        score = fitted(x[learned], y[learned])
        claimed, real = (roc_auc_score(y[later], score(rows[later])) for rows in (x, aligned[0]))
        print(f"  {variant:12} claims {claimed:.3f}, does {real:.3f}")
    claims = []
    for seed in range(5):
        shuffled = numpy.random.default_rng(seed).permutation(len(keys))
        score = fitted(aligned[0][shuffled[learned]], y[shuffled[learned]])
        claims.append(roc_auc_score(y[shuffled[later]], score(aligned[0][shuffled[later]])))
    print(f"  {'random cut':12} claims {numpy.mean(claims):.3f}, on average of five")


def common_keys(variants):
    others = [set(variant["keys"]) for variant in variants[1:]]
    return [key for key in variants[0]["keys"] if all(key in known for known in others)]


def dictionary_without_at(source, folder):
    """A copy in which outcomes happen when they come."""
    shutil.copytree(source, folder)
    features = folder / "features/orders.yaml"
    text = features.read_text()
    for field in ("carrier_at", "delivered_at", "answered_at", "settled_at"):
        text = text.replace(f", at: {field}", "").replace(f"        at: {field}\n", "")
    features.write_text(text)
    return folder


def measure(caliber, name, dictionary, events, payment, outcomes, before, folder):
    variants = []
    loose = dictionary_without_at(dictionary, folder / "loose")
    after = timedelta(seconds=1)
    for number, (used, shift) in enumerate(
        [(dictionary, None), (dictionary, after), (loose, after), (loose, before)]
    ):
        place = folder / str(number)
        place.mkdir()
        stream = redated(events, payment, outcomes if shift else set(), shift)
        variants.append(table(caliber, used, stream, place))
    report(name, variants)


def main():
    caliber = os.path.abspath(sys.argv[1])
    data = sys.argv[2] if len(sys.argv) > 2 else str(PACKAGE.parent / "shared/data/olist")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "olist").mkdir()
        (folder / "shop").mkdir()
        before = timedelta(milliseconds=-1)
        events, payment = olist_events(data, folder)
        measure(caliber, "Olist", OLIST / "dictionary", events, payment, OLIST_OUTCOMES, before, folder / "olist")
        events, payment = made_up_events(caliber, folder)
        measure(
            caliber, "Made-up shop", PACKAGE / "dictionary", events, payment, MADE_UP_OUTCOMES, before, folder / "shop"
        )


main()
