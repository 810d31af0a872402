"""DuckDB: NDJSON events into a deduplicated wide table of orders, in a database file.

usage: duckdb_ingest.py EVENTS DATABASE [--keep-events]

The fastest of the forms tried: the lines are parsed once into a flat table of the events that keep their contract, each
type is folded alone, and the folds are joined by order. One group-by over all types is about twice as slow. With
--keep-events the deduplicated events stay in the file too, as Caliber's log does.
"""

import argparse
import os

import duckdb

import job

# Text where a wrong value must be seen as it was sent: the reader would round an amount and guess a zone.
DATA_FIELDS = {
    "order_id": "VARCHAR", "buyer_id": "VARCHAR", "channel": "VARCHAR", "store": "VARCHAR", "province": "VARCHAR",
    "city": "VARCHAR", "sku": "VARCHAR", "product_id": "VARCHAR", "quantity": "INTEGER", "amount": "VARCHAR",
    "discount": "VARCHAR", "freight": "VARCHAR", "is_gift": "BOOLEAN", "is_deposit": "BOOLEAN", "campaign": "VARCHAR",
    "utm_source": "VARCHAR", "device": "VARCHAR", "payment_method": "VARCHAR", "promised_at": "VARCHAR",
    "warehouse": "VARCHAR", "stage": "VARCHAR", "result": "VARCHAR", "callback_at": "VARCHAR", "to": "VARCHAR",
    "tracking_no": "VARCHAR", "carrier": "VARCHAR", "shipped_at": "VARCHAR", "delivered_at": "VARCHAR",
    "route": "VARCHAR", "settled_at": "VARCHAR", "debug_trace": "VARCHAR",
}

# The rules of the contracts that the stream breaks. Lines that are no JSON, or no UTF-8, come as rows of nulls.
# `debug_trace` stands for every undeclared field: naming it is cheaper than looking for them.
KEEPS_CONTRACT = """
    data.order_id IS NOT NULL AND time[-6] IN ('+', '-') AND data.debug_trace IS NULL
    AND (data.amount IS NULL OR data.amount[-3] = '.')
    AND CASE type
        WHEN 'order.created' THEN data.channel IN
            ('douyin', 'kuaishou', 'pinduoduo', 'tmall', 'jd', 'mini_program', 'xiaohongshu', 'store')
        WHEN 'shipment.created' THEN regexp_full_match(data.tracking_no, '[A-Z]{2}[0-9]{13}')
        WHEN 'shipment.delivered' THEN regexp_full_match(data.tracking_no, '[A-Z]{2}[0-9]{13}')
        ELSE true END
"""

def utc(text):
    """SQL for the UTC moment of a text with a zone, or of Shanghai's clock. A cast to TIMESTAMP would drop the zone."""
    return f"make_timestamp(epoch_us({text}::TIMESTAMPTZ))"


ORDERS = f"""
CREATE TABLE orders AS
WITH created AS (
    SELECT * FROM accepted WHERE type = 'order.created'
    QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY time, id) = 1
), reservation AS (
    SELECT order_id, min(time) AS reserved_at FROM accepted WHERE type = 'stock.reserved' GROUP BY order_id
), callback AS (
    SELECT DISTINCT ON (source, id) order_id, id, time, stage, result = 'success' AS succeeded,
        amount::DECIMAL(12, 2) AS amount, {utc('callback_at')} AS callback_at
    FROM accepted WHERE type = 'payment.callback'
), payment AS (
    SELECT order_id,
        arg_min(callback_at, (time, id)) FILTER (succeeded) AS paid_at,
        sum(amount) FILTER (succeeded) AS paid,
        sum(amount) FILTER (succeeded AND stage = 'deposit') AS deposit_paid,
        arg_min(callback_at, (time, id)) FILTER (succeeded AND stage = 'final') AS final_paid_at,
        count(*) AS callbacks,
        count(*) FILTER (NOT succeeded) AS failed_callbacks
    FROM callback GROUP BY order_id
), change AS (
    SELECT DISTINCT source, id, order_id, time, "to" FROM accepted WHERE type = 'order.state_changed'
), state AS (
    SELECT order_id,
        arg_max("to", (time, id)) AS status, max(time) AS status_changed_at, count(*) AS state_changes,
        list(DISTINCT "to") AS states,
        min(time) FILTER ("to" = 'pending_review') AS reviewed_at,
        min(time) FILTER ("to" = 'cancelled') AS cancelled_at
    FROM change GROUP BY order_id
), shipment AS (
    SELECT order_id, {utc('shipped_at')} AS shipped_at, carrier, warehouse, tracking_no
    FROM accepted WHERE type = 'shipment.created'
    QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY time, id) = 1
), delivery AS (
    SELECT order_id, {utc('arg_max(delivered_at, (time, id))')} AS delivered_at
    FROM accepted WHERE type = 'shipment.delivered' GROUP BY order_id
), settlement AS (
    SELECT DISTINCT source, id, order_id, amount::DECIMAL(12, 2) AS amount, route,
        {utc('settled_at')} AS settled_at
    FROM accepted WHERE type = 'refund.settled'
), refund AS (
    SELECT order_id,
        sum(amount) AS refunded, sum(amount) FILTER (route = 'offline') AS offline_refund, count(*) AS refunds,
        list(DISTINCT route) AS refund_routes, max(settled_at) AS refunded_at
    FROM settlement GROUP BY order_id
)
SELECT order_id, created.time AS placed_at,
    buyer_id, channel, store, province, city, sku, product_id, quantity, created.amount::DECIMAL(12, 2) AS amount_due,
    discount::DECIMAL(12, 2) AS discount, freight::DECIMAL(12, 2) AS freight, is_gift, is_deposit, campaign, utm_source,
    device, payment_method, {utc('promised_at')} AS promised_at, reserved_at,
    paid_at, paid::DECIMAL(12, 2) AS paid, deposit_paid::DECIMAL(12, 2) AS deposit_paid, final_paid_at,
    coalesce(callbacks, 0) AS callbacks, coalesce(failed_callbacks, 0) AS failed_callbacks, status, status_changed_at,
    coalesce(state_changes, 0) AS state_changes, states, reviewed_at, cancelled_at,
    shipment.shipped_at, shipment.carrier, shipment.warehouse, shipment.tracking_no, delivery.delivered_at,
    refunded::DECIMAL(12, 2) AS refunded, offline_refund::DECIMAL(12, 2) AS offline_refund,
    coalesce(refunds, 0) AS refunds, refund_routes,
    refunded_at
FROM created FULL JOIN reservation USING (order_id) FULL JOIN payment USING (order_id) FULL JOIN state USING (order_id)
    FULL JOIN shipment USING (order_id) FULL JOIN delivery USING (order_id) FULL JOIN refund USING (order_id)
ORDER BY paid_at
"""

TOTALS = """
SELECT count(paid_at), sum(paid) * 100,
    (SELECT max(paid) FROM (SELECT sum(paid) * 100 AS paid FROM orders GROUP BY (paid_at + INTERVAL 8 HOUR)::DATE)),
    sum(refunded) * 100, sum(callbacks), sum(state_changes), sum(refunds)
FROM orders
"""


def ingest(events, database, keep_events):
    """Runs the whole intake and leaves the file checkpointed."""
    connection = duckdb.connect(database)
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    struct = ", ".join(f'"{name}" {kind}' for name, kind in DATA_FIELDS.items())
    connection.execute(
        f"""
        CREATE TEMP TABLE accepted AS
        SELECT source, id, type, {utc('time')} AS time, data.*
        FROM read_json(?, format = 'newline_delimited', ignore_errors = true, columns = {{
            source: 'VARCHAR', id: 'VARCHAR', type: 'VARCHAR', time: 'VARCHAR', data: 'STRUCT({struct})'}})
        WHERE {KEEPS_CONTRACT}""",
        [events],
    )
    if keep_events:
        # Half the time of DISTINCT ON, which carries all columns through its hash table.
        connection.execute(
            """CREATE TABLE event AS SELECT * FROM accepted
            WHERE rowid IN (SELECT min(rowid) FROM accepted GROUP BY source, id)"""
        )
    connection.execute(ORDERS)
    connection.execute("CHECKPOINT")
    connection.close()


def main():
    """Parses the command line, ingests, and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events")
    parser.add_argument("database")
    parser.add_argument("--keep-events", action="store_true")
    arguments = parser.parse_args()

    job.remove_database(arguments.database)
    stopwatch = job.Stopwatch()
    ingest(arguments.events, arguments.database, arguments.keep_events)
    seconds = stopwatch.seconds()

    totals = duckdb.connect(arguments.database, read_only=True).execute(TOTALS).fetchone()
    names = ["paidOrders", "paidMinor", "busiestDayPaidMinor", "refundedMinor", "callbacks", "stateChanges", "refunds"]
    job.print_report(
        seconds=seconds,
        databaseBytes=os.path.getsize(arguments.database),
        totals={name: int(total) for name, total in zip(names, totals)},
    )


if __name__ == "__main__":
    main()
