"""ClickHouse in process (chdb): NDJSON events into a deduplicated wide table of orders, a MergeTree.

usage: clickhouse_ingest.py EVENTS FOLDER [--by-row]

The faster of the forms that keep every good line: lines are read as text and parsed one by one. The format JSONEachRow
finds the end of a row by its braces, so it drops good lines beside broken ones; `--by-row` shows what is lost. Events
that keep their contract go to a table in memory, and a group-by with conditional aggregates folds them.
"""

import argparse

from chdb import session

import job
from duckdb_ingest import DATA_FIELDS

# As is usual there, columns have no nulls: an empty text stands for none.
FIELDS = list(DATA_FIELDS)
PLAIN = {"VARCHAR": "String", "INTEGER": "Int32", "BOOLEAN": "Bool"}
DATA = "Tuple(" + ", ".join(f"`{name}` {PLAIN[kind]}" for name, kind in DATA_FIELDS.items()) + ")"
ENVELOPE = f"source String, id String, type LowCardinality(String), time String, data {DATA}"

BY_ROW = f"""
SELECT source, id, type, time AS sent_at, data FROM file('EVENTS', JSONEachRow, '{ENVELOPE}')
"""

# A line that is no JSON, or no UTF-8, comes as an event without an order.
BY_LINE = f"""
SELECT event.source AS source, event.id AS id, event.type AS type, event.time AS sent_at, event.data AS data FROM (
    SELECT JSONExtract(line, 'Tuple({ENVELOPE})') AS event FROM file('EVENTS', LineAsString))
"""

KEEPS_CONTRACT = """
    data.order_id != '' AND substring(sent_at, -6, 1) IN ('+', '-') AND data.debug_trace = ''
    AND (data.amount = '' OR substring(data.amount, -3, 1) = '.')
    AND multiIf(
        type = 'order.created', data.channel IN
            ('douyin', 'kuaishou', 'pinduoduo', 'tmall', 'jd', 'mini_program', 'xiaohongshu', 'store'),
        type IN ('shipment.created', 'shipment.delivered'), match(data.tracking_no, '^[A-Z]{2}[0-9]{13}$'),
        true)
"""

# Days are Shanghai's; a moment without a zone is on its clock.
MOMENTS = "promised_at callback_at shipped_at delivered_at settled_at".split()
AMOUNTS = "amount discount freight".split()


def moment(text):
    """SQL for a text's moment, or the year 1970."""
    return f"parseDateTime64BestEffortOrZero({text}, 3, 'Asia/Shanghai')"


def kept(name):
    """SQL for a field as the table in memory keeps it."""
    if name in MOMENTS:
        return f"{moment('data.' + name)} AS {name}"
    if name in AMOUNTS:
        return f"toInt64OrZero(replaceOne(data.{name}, '.', '')) AS {name}"
    return f"data.`{name}` AS `{name}`"


ACCEPTED = f"""
CREATE TABLE bench.accepted ENGINE = Memory AS
SELECT source, id, type, {moment('sent_at')} AS time, {', '.join(kept(name) for name in FIELDS)}
FROM (SOURCE) WHERE {KEEPS_CONTRACT}
"""

SUCCEEDED = "type = 'payment.callback' AND result = 'success'"
CREATED_FIELDS = (
    "buyer_id channel store province city sku product_id quantity amount discount freight is_gift is_deposit campaign"
    " utm_source device payment_method promised_at"
).split()


def first(name, condition):
    """SQL for a field of the first event of some kind."""
    return f"argMinIf({name}, (time, id), {condition})"


# The wide events are picked by sorting, the others folded by one group-by, and the two joined: less than the time of one
# group-by over all.
ORDERS = f"""
CREATE TABLE bench.orders ENGINE = MergeTree ORDER BY paid_at AS
SELECT * FROM (
    SELECT order_id, time AS placed_at, {', '.join(CREATED_FIELDS)} FROM bench.accepted
    WHERE type = 'order.created' ORDER BY order_id, time, id LIMIT 1 BY order_id
) AS created FULL JOIN (
    SELECT order_id,
        minIf(time, type = 'stock.reserved') AS reserved_at,
        {first('callback_at', SUCCEEDED)} AS paid_at,
        sumIf(amount, {SUCCEEDED}) AS paid,
        sumIf(amount, {SUCCEEDED} AND stage = 'deposit') AS deposit_paid,
        {first('callback_at', SUCCEEDED + " AND stage = 'final'")} AS final_paid_at,
        countIf(type = 'payment.callback') AS callbacks,
        countIf(type = 'payment.callback' AND result != 'success') AS failed_callbacks,
        argMaxIf(`to`, (time, id), type = 'order.state_changed') AS status,
        maxIf(time, type = 'order.state_changed') AS status_changed_at,
        countIf(type = 'order.state_changed') AS state_changes,
        groupUniqArrayIf(`to`, type = 'order.state_changed') AS states,
        minIf(time, type = 'order.state_changed' AND `to` = 'pending_review') AS reviewed_at,
        minIf(time, type = 'order.state_changed' AND `to` = 'cancelled') AS cancelled_at,
        {first('(shipped_at, carrier, warehouse, tracking_no)', "type = 'shipment.created'")} AS shipment,
        argMaxIf(delivered_at, (time, id), type = 'shipment.delivered') AS delivered_at,
        sumIf(amount, type = 'refund.settled') AS refunded,
        sumIf(amount, type = 'refund.settled' AND route = 'offline') AS offline_refund,
        countIf(type = 'refund.settled') AS refunds,
        groupUniqArrayIf(route, type = 'refund.settled') AS refund_routes,
        maxIf(settled_at, type = 'refund.settled') AS refunded_at
    FROM (SELECT * FROM bench.accepted WHERE type != 'order.created' LIMIT 1 BY source, id) GROUP BY order_id
) AS rest USING (order_id)
"""

TOTALS = """
SELECT countIf(paid_at != 0), sum(paid),
    (SELECT max(gmv) FROM (SELECT sum(paid) AS gmv FROM bench.orders WHERE paid_at != 0 GROUP BY toDate(paid_at))),
    sum(refunded), sum(callbacks), sum(state_changes), sum(refunds)
FROM bench.orders
"""

SETTINGS = """
    input_format_allow_errors_ratio = 1, input_format_skip_unknown_fields = 1,
    input_format_json_ignore_unknown_keys_in_named_tuple = 1, input_format_null_as_default = 1
"""


def main():
    """Parses the command line, ingests, and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events")
    parser.add_argument("folder")
    parser.add_argument("--by-row", action="store_true")
    arguments = parser.parse_args()

    job.remove_database(arguments.folder)
    stopwatch = job.Stopwatch()
    database = session.Session(arguments.folder)
    database.query("CREATE DATABASE bench")
    source = (BY_ROW if arguments.by_row else BY_LINE).replace("EVENTS", arguments.events)
    database.query(ACCEPTED.replace("SOURCE", source) + f" SETTINGS {SETTINGS}")
    read = stopwatch.seconds()
    database.query(ORDERS)
    database.query("DROP TABLE bench.accepted")
    seconds = stopwatch.seconds()

    totals = str(database.query(TOTALS, "CSV")).strip().split(",")
    size = database.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench'", "CSV")
    names = ["paidOrders", "paidMinor", "busiestDayPaidMinor", "refundedMinor", "callbacks", "stateChanges", "refunds"]
    job.print_report(
        seconds=seconds,
        readSeconds=read,
        databaseBytes=int(str(size)),
        totals={name: int(total) for name, total in zip(names, totals)},
    )
    database.close()


if __name__ == "__main__":
    main()
