"""Makes of an ordered stream of events what the peers compute features from: columns ready to be read, no JSON left.

usage: feature_facts.py EVENTS FOLDER

FOLDER gets a Parquet file for each kind of fact and one for the rows, all in the order of time: `t` (milliseconds since
the first moment that any window looks at), the keys of the entities as numbers, and the measured values. A row is an
order at its first successful payment, and knows its own place among the payments.
"""

import argparse
import os

import duckdb

import job

ENTITIES = {
    "buyer": "buyer_id", "device": "device", "address": "address", "channel": "channel", "store": "store",
    "method": "payment_method", "province": "province", "sku": "sku",
}
LONGEST_WINDOW = 30 * 86_400_000

FIELDS = """order_id VARCHAR, amount DECIMAL(18, 2), result VARCHAR, "to" VARCHAR, delivered_at TIMESTAMPTZ,
    promised_at TIMESTAMPTZ, buyer_id VARCHAR, device VARCHAR, address VARCHAR, channel VARCHAR, store VARCHAR,
    payment_method VARCHAR, province VARCHAR, sku VARCHAR"""

KINDS = {
    "order": ("order.created", "true", "fen AS amount, buyer AS buyer_value, device AS device_value"),
    "callback": ("payment.callback", "true", "(result = 'failed')::TINYINT AS failed, row"),
    "refund": ("refund.settled", "true", "fen AS amount"),
    "cancel": ("order.state_changed", '"to" = \'cancelled\'', None),
    "delivery": ("shipment.delivered", "true", "(delivered_at > promised)::TINYINT AS late"),
}


def main():
    """Parses the command line and writes the files."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events")
    parser.add_argument("folder")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    types = ", ".join(f"'{kind}'" for kind, _, _ in KINDS.values())
    connection.execute(f"""
        CREATE TABLE event AS SELECT type, epoch_ms(time) AS moment, data.* FROM read_json('{arguments.events}',
            format = 'newline_delimited',
            columns = {{type: 'VARCHAR', time: 'TIMESTAMPTZ', data: 'STRUCT({FIELDS})'}})
        WHERE type IN ({types})""")
    (start,) = connection.execute("SELECT min(moment) FROM event").fetchone()
    codes = ", ".join(f"(dense_rank() OVER (ORDER BY {column}) - 1)::INTEGER AS {name}"
                      for name, column in ENTITIES.items())
    names = ", ".join(ENTITIES)
    connection.execute(f"""
        CREATE TABLE placed AS SELECT order_id, promised_at AS promised, {codes} FROM event WHERE type = 'order.created'
        """)
    connection.execute(f"""
        CREATE TABLE known AS SELECT e.* EXCLUDE ({', '.join(set(ENTITIES.values()))}), p.promised,
            {', '.join('p.' + name for name in ENTITIES)}, moment - {start} + {2 * LONGEST_WINDOW} AS t,
            (e.amount * 100)::BIGINT AS fen,
            CASE WHEN e.type = 'payment.callback' AND result = 'success' AND row_number() OVER (
                PARTITION BY e.order_id, e.type, result ORDER BY moment) = 1 THEN moment END AS paid
        FROM event e JOIN placed p USING (order_id)""")
    connection.execute("""
        CREATE TABLE row AS SELECT order_id, paid, (row_number() OVER (ORDER BY paid) - 1)::INTEGER AS row
        FROM known WHERE paid IS NOT NULL""")
    for kind, (contract, condition, values) in KINDS.items():
        columns = ", ".join(part for part in ("t", names, values) if part)
        source = "known"
        if kind == "callback":
            source = "(SELECT known.*, row.row FROM known LEFT JOIN row ON row.order_id = known.order_id " \
                "AND row.paid = known.paid)"
        connection.execute(f"""
            COPY (SELECT {columns} FROM {source} WHERE type = '{contract}' AND {condition} ORDER BY t)
            TO '{arguments.folder}/{kind}.parquet'""")
    connection.execute(f"""
        COPY (SELECT row, known.t, {names}, order_id FROM known JOIN row USING (order_id, paid) ORDER BY row)
        TO '{arguments.folder}/row.parquet'""")
    (rows,) = connection.execute("SELECT count(*) FROM row").fetchone()
    job.print_report(rows=rows)


if __name__ == "__main__":
    main()
