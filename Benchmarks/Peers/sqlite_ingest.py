"""SQLite: NDJSON events into a durable table of events, once each, and from that a wide table of orders.

usage: sqlite_ingest.py EVENTS DATABASE

Python reads the JSON and checks the contracts; rows go in by executemany, one synced commit every EVENTS_PER_COMMIT;
one statement then folds the orders.
"""

import argparse
import datetime
import json
import os
import re
import sqlite3

import job

EVENTS_PER_COMMIT = 20_000

CHANNELS = {"douyin", "kuaishou", "pinduoduo", "tmall", "jd", "mini_program", "xiaohongshu", "store"}
AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
TRACKING_NUMBER = re.compile(r"[A-Z]{2}[0-9]{13}")
OFFSET = re.compile(r".*[+-][0-9]{2}:[0-9]{2}")
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

TEXTS = (
    "buyer_id", "channel", "store", "province", "city", "sku", "product_id", "campaign", "utm_source", "device",
    "payment_method", "warehouse", "stage", "result", "to", "tracking_no", "carrier", "route",
)
INTEGERS = ("quantity", "is_gift", "is_deposit")
AMOUNTS = ("amount", "discount", "freight")
TIMES = ("promised_at", "callback_at", "shipped_at", "delivered_at", "settled_at")
UNUSED = {"order_id", "payment_no", "refund_no", "from", "by"}
DECLARED = UNUSED.union(TEXTS, INTEGERS, AMOUNTS, TIMES)

COLUMNS = ("source", "id", "type", "time", "sequence", "order_id") + TEXTS + INTEGERS + AMOUNTS + TIMES

SCHEMA = f"""
CREATE TABLE event (
    {', '.join(f'"{column}"' for column in COLUMNS)}, PRIMARY KEY (source, id)
) WITHOUT ROWID
"""

INSERT = f"INSERT OR IGNORE INTO event VALUES ({', '.join('?' * len(COLUMNS))})"

# SQLite takes a group's bare columns from the row that holds its min or max.
ORDERS = """
CREATE TABLE orders AS
WITH created AS (
    SELECT *, min(sequence) FROM event WHERE type = 'order.created' GROUP BY order_id
), shipment AS (
    SELECT *, min(sequence) FROM event WHERE type = 'shipment.created' GROUP BY order_id
), delivery AS (
    SELECT order_id, delivered_at, max(sequence) FROM event WHERE type = 'shipment.delivered' GROUP BY order_id
), first_payment AS (
    SELECT order_id, callback_at, min(sequence) FROM event
    WHERE type = 'payment.callback' AND result = 'success' GROUP BY order_id
), final_payment AS (
    SELECT order_id, callback_at, min(sequence) FROM event
    WHERE type = 'payment.callback' AND result = 'success' AND stage = 'final' GROUP BY order_id
), state AS (
    SELECT order_id, "to" AS status, max(sequence) FROM event WHERE type = 'order.state_changed' GROUP BY order_id
), total AS (
    SELECT order_id,
        min(time) FILTER (WHERE type = 'stock.reserved') AS reserved_at,
        sum(amount) FILTER (WHERE result = 'success') AS paid,
        sum(amount) FILTER (WHERE result = 'success' AND stage = 'deposit') AS deposit_paid,
        count(*) FILTER (WHERE type = 'payment.callback') AS callbacks,
        count(*) FILTER (WHERE result = 'failed') AS failed_callbacks,
        max(time) FILTER (WHERE type = 'order.state_changed') AS status_changed_at,
        count(*) FILTER (WHERE type = 'order.state_changed') AS state_changes,
        group_concat(DISTINCT "to") AS states,
        min(time) FILTER (WHERE "to" = 'pending_review') AS reviewed_at,
        min(time) FILTER (WHERE "to" = 'cancelled') AS cancelled_at,
        sum(amount) FILTER (WHERE type = 'refund.settled') AS refunded,
        sum(amount) FILTER (WHERE route = 'offline') AS offline_refund,
        count(*) FILTER (WHERE type = 'refund.settled') AS refunds,
        group_concat(DISTINCT route) AS refund_routes,
        max(settled_at) AS refunded_at
    FROM event GROUP BY order_id
)
SELECT order_id, created.time AS placed_at, created.buyer_id, created.channel, created.store, created.province,
    created.city, created.sku, created.product_id, created.quantity, created.amount AS amount_due, created.discount,
    created.freight, created.is_gift, created.is_deposit, created.campaign, created.utm_source, created.device,
    created.payment_method, created.promised_at, reserved_at, first_payment.callback_at AS paid_at, paid, deposit_paid,
    final_payment.callback_at AS final_paid_at, callbacks, failed_callbacks, status, status_changed_at, state_changes,
    states, reviewed_at, cancelled_at, shipment.shipped_at, shipment.carrier, shipment.warehouse, shipment.tracking_no,
    delivery.delivered_at, refunded, offline_refund, refunds, refund_routes, refunded_at
FROM total LEFT JOIN created USING (order_id) LEFT JOIN shipment USING (order_id) LEFT JOIN delivery USING (order_id)
    LEFT JOIN first_payment USING (order_id) LEFT JOIN final_payment USING (order_id) LEFT JOIN state USING (order_id)
"""

TOTALS = """
SELECT (SELECT count(*) FROM event), count(paid_at), sum(paid),
    (SELECT max(paid) FROM (SELECT sum(paid) AS paid FROM orders GROUP BY (paid_at + 28800000000) / 86400000000)),
    sum(refunded), sum(callbacks), sum(state_changes), sum(refunds)
FROM orders
"""


def microseconds(text):
    """UTC microseconds since 1970 of a time with a zone, or of Shanghai's clock."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return (moment - EPOCH) // datetime.timedelta(microseconds=1)


def minor_units(text):
    """An amount such as 19.90 in fen."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 100 + int((fraction + "00")[:2])


def keeps_contract(kind, data):
    """Whether an event's data keep the rules that the stream breaks."""
    if not DECLARED.issuperset(data):
        return False
    if "amount" in data and not AMOUNT.fullmatch(data["amount"]):
        return False
    if kind == "order.created":
        return data.get("channel") in CHANNELS
    if kind in ("shipment.created", "shipment.delivered"):
        return TRACKING_NUMBER.fullmatch(data.get("tracking_no", "")) is not None
    return True


def row_of(line):
    """An event's row, or None for what is no order's event or breaks its contract."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    data = event["data"]
    if "order_id" not in data or not OFFSET.fullmatch(event["time"]) or not keeps_contract(event["type"], data):
        return None
    get = data.get
    time = microseconds(event["time"])
    return (
        event["source"], event["id"], event["type"], time, f"{time:017d} {event['id']}", data["order_id"],
        *[get(name) for name in TEXTS],
        *[get(name) for name in INTEGERS],
        *[minor_units(data[name]) if name in data else None for name in AMOUNTS],
        *[microseconds(data[name]) if name in data else None for name in TIMES],
    )


def ingest(events, database):
    """Runs the whole intake: events first, durable as they come, then the fold."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -1000000")
    connection.execute(SCHEMA)
    rows = []
    with open(events, "rb") as lines:
        for line in lines:
            row = row_of(line)
            if row is not None:
                rows.append(row)
            if len(rows) == EVENTS_PER_COMMIT:
                insert(connection, rows)
                rows.clear()
    insert(connection, rows)
    connection.execute(ORDERS)
    connection.close()


def insert(connection, rows):
    """One synced commit."""
    connection.execute("BEGIN")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")


def main():
    """Parses the command line, ingests, and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events")
    parser.add_argument("database")
    arguments = parser.parse_args()

    job.remove_database(arguments.database)
    stopwatch = job.Stopwatch()
    ingest(arguments.events, arguments.database)
    seconds = stopwatch.seconds()

    totals = sqlite3.connect(arguments.database).execute(TOTALS).fetchone()
    names = [
        "orderEvents", "paidOrders", "paidMinor", "busiestDayPaidMinor", "refundedMinor", "callbacks", "stateChanges",
        "refunds",
    ]
    job.print_report(
        seconds=seconds,
        databaseBytes=os.path.getsize(arguments.database),
        totals=dict(zip(names, totals)),
    )


if __name__ == "__main__":
    main()
