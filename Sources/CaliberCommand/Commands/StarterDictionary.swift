/// What `caliber init` writes: the smallest dictionary that shows contract, table, metric and test, and events to try it.
enum StarterDictionary {
    /// Files by their path inside the dictionary's folder.
    static func files(name: String, timeZone: String, currency: String) -> [(path: String, text: String)] {
        [
            ("caliber.yaml", settings(name: name, timeZone: timeZone, currency: currency)),
            ("contracts/orders.yaml", contracts),
            ("tables/orders.yaml", tables),
            ("metrics/orders.yaml", metrics),
            ("tests/orders.yaml", tests(currency: currency)),
        ]
    }

    private static func settings(name: String, timeZone: String, currency: String) -> String {
        """
        name: \(name)
        time_zone: \(timeZone)      # days are days of this zone
        currency: \(currency)                # of money that names no other

        """
    }

    private static let contracts = """
        # One entry an event type: what its data must look like to be counted. The rest goes to quarantine.
        contracts:
          - name: order.created
            version: 1
            owner: team:orders
            undeclared_fields: keep
            fields:
              order_id: {type: identifier, required: true}
              buyer_id: {type: identifier}
              channel: {type: category, required: true}
              amount: {type: money, required: true, minimum: 0}
          - name: payment.callback
            version: 1
            owner: team:payments
            undeclared_fields: keep
            fields:
              order_id: {type: identifier, required: true}
              amount: {type: money, required: true, minimum: 0}
              result: {type: category, required: true, allowed: [success, failed]}

        """

    private static let tables = """
        # One row an order, folded from its events in whatever order they arrive. Counted at the payment callback.
        tables:
          - name: orders
            description: One row per order.
            owner: team:data
            key: order_id
            anchor: paid_at
            columns:
              created_at: {type: timestamp, from: order.created.$time, fold: first}
              buyer_id: {type: identifier, from: order.created.buyer_id, fold: first}
              channel: {type: category, from: order.created.channel, fold: first}
              amount: {type: money, from: order.created.amount, fold: first}
              paid_at: {type: timestamp, from: payment.callback.$time, fold: first, when: result = 'success'}
              paid: {type: money, from: payment.callback.amount, fold: sum, when: result = 'success'}

        """

    private static let metrics = """
        metrics:
          - id: M-0001
            name: gmv
            version: 1
            label: GMV
            label_zh: 支付成交额
            description: Sum of paid amounts, counted when the payment callback succeeds.
            owner: team:finance-data
            status: draft
            type: simple
            table: orders
            agg: sum
            expr: paid
          - id: M-0002
            name: orders_paid
            version: 1
            label: Paid orders
            label_zh: 支付订单数
            description: Orders with a successful payment callback.
            owner: team:finance-data
            status: draft
            type: simple
            table: orders
            agg: count
          - id: M-0003
            name: average_order_value
            version: 1
            label: Average order value
            label_zh: 客单价
            description: GMV for each paid order.
            owner: team:finance-data
            status: draft
            type: ratio
            numerator: gmv
            denominator: orders_paid

        """

    private static func tests(currency: String) -> String {
        """
        # The dictionary's own tests: `caliber dictionary test`.
        tests:
          - name: a repeated callback counts once, and an unpaid order not at all
            events:
              - {type: payment.callback, id: p1, time: "2026-03-01T10:05:00Z", data: {order_id: A, amount: "20", result: success}}
              - {type: order.created, id: o1, time: "2026-03-01T10:00:00Z", data: {order_id: A, buyer_id: b1, channel: web, amount: "20"}}
              - {type: payment.callback, id: p1, time: "2026-03-01T10:05:00Z", data: {order_id: A, amount: "20", result: success}}
              - {type: order.created, id: o2, time: "2026-03-01T11:00:00Z", data: {order_id: B, buyer_id: b2, channel: app, amount: "5"}}
            queries:
              - metrics: [gmv, orders_paid]
                group_by: [channel]
                rows:
                  - {channel: web, gmv: "20", orders_paid: 1}

        """
    }

    /// Events to begin with: an order paid, a callback that repeats and one that came before its order, and a mistake.
    static let sampleEvents = """
        {"specversion":"1.0","type":"order.created","source":"shop","id":"o1","time":"2026-03-01T10:00:00Z","data":{"order_id":"A1","buyer_id":"b1","channel":"web","amount":"120.00"}}
        {"specversion":"1.0","type":"payment.callback","source":"shop","id":"p1","time":"2026-03-01T10:05:00Z","data":{"order_id":"A1","amount":"120.00","result":"success"}}
        {"specversion":"1.0","type":"payment.callback","source":"shop","id":"p1","time":"2026-03-01T10:05:00Z","data":{"order_id":"A1","amount":"120.00","result":"success"}}
        {"specversion":"1.0","type":"payment.callback","source":"shop","id":"p2","time":"2026-03-02T08:00:00Z","data":{"order_id":"A2","amount":"80.00","result":"success"}}
        {"specversion":"1.0","type":"order.created","source":"shop","id":"o2","time":"2026-03-02T07:58:00Z","data":{"order_id":"A2","buyer_id":"b2","channel":"app","amount":"80.00"}}
        {"specversion":"1.0","type":"payment.callback","source":"shop","id":"p3","time":"2026-03-02T09:00:00Z","data":{"order_id":"A3","amount":"15.00","result":"sucess"}}

        """
}
