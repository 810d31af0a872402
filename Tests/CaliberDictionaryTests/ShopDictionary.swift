import CaliberDictionary

/// A small shop's dictionary in memory, complete and without faults: what the tests of this folder change one thing of.
enum ShopDictionary {
    static let settings = DictionaryFile(
        path: "caliber.yaml", text: "name: shop\ntime_zone: Asia/Shanghai\ncurrency: CNY\n")

    static let contracts = DictionaryFile(
        path: "contracts.yaml",
        text: """
            contracts:
              - name: payment.callback
                owner: team:payments
                undeclared_fields: keep
                fields:
                  order_id: {type: identifier, required: true}
                  amount: {type: money, required: true, minimum: 0, currency_field: currency}
                  currency: {type: category}
                  callback_at: {type: timestamp, time_zone: Asia/Shanghai, required: true}
                  result: {type: category, required: true, allowed: [success, failed]}
                  payment_no: {type: text, pattern: '[0-9]{18}', length: 18}
                  address.province: {type: category}
                checks:
                  - name: amount-positive
                    expr: result != 'success' or amount > 0 CNY
                    hint: A successful payment has an amount.
              - name: order.created
                owner: team:orders
                fields:
                  order_id: {type: identifier, required: true}
                  sku: {type: identifier, required: true}
                  channel: {type: category}
                  weight: {type: number}
                  is_gift: {type: boolean}
                  promised_at: {type: timestamp, time_zone: Asia/Shanghai}
              - name: refund.settled
                owner: team:payments
                fields:
                  order_id: {type: identifier, required: true}
                  amount: {type: money, required: true}
                  route: {type: category}
              - name: product.updated
                owner: team:goods
                fields:
                  sku: {type: identifier, required: true}
                  category: {type: category}
                  brand: {type: identifier}
              - name: brand.updated
                owner: team:goods
                fields:
                  brand: {type: identifier, required: true}
                  country: {type: category}
              - name: price.set
                owner: team:pricing
                fields:
                  sku: {type: identifier, required: true}
                  valid_from: {type: timestamp, required: true}
                  valid_to: {type: timestamp}
                  price: {type: money, required: true}

            """)

    static let tables = DictionaryFile(
        path: "tables.yaml",
        text: """
            tables:
              - name: orders
                description: One row per order.
                owner: team:data
                key: order_id
                anchor: paid_at
                columns:
                  paid_at: {type: timestamp, from: payment.callback.callback_at, fold: first, when: result = 'success'}
                  paid: {type: money, from: payment.callback.amount, fold: sum, when: result = 'success'}
                  callbacks: {from: payment.callback, fold: count}
                  province: {type: category, from: payment.callback.address.province, fold: last}
                  placed_on: {from: order.created.$time, fold: first}
                  sku: {from: order.created.sku, fold: last}
                  channel: {from: order.created.channel, fold: last}
                  is_gift: {from: order.created.is_gift, fold: any}
                  promised_at: {from: order.created.promised_at, fold: first}
                  refunded: {type: money, from: refund.settled.amount, fold: sum}
                  pay_delay: {type: duration, expr: paid_at - placed_on}
                  is_slow: {type: boolean, expr: pay_delay > 1 hour}
                  net: {type: money, expr: 'paid - coalesce(refunded, 0 CNY)'}
                joins:
                  - {name: product, table: products, on: sku}
                  - {name: list_price, table: prices, on: sku, valid_at: paid_at}
              - name: products
                owner: team:goods
                key: sku
                columns:
                  category: {from: product.updated.category, fold: last}
                  brand: {from: product.updated.brand, fold: last}
                joins:
                  - {name: maker, table: brands, on: brand}
              - name: brands
                owner: team:goods
                key: {brand: {type: identifier}}
                columns:
                  country: {from: brand.updated.country, fold: last}
                  is_domestic: {expr: country = 'CN'}
              - name: prices
                owner: team:pricing
                key: {sku: {type: identifier}, valid_from: {type: timestamp}}
                validity: {from: valid_from, to: valid_to}
                columns:
                  price: {from: price.set.price, fold: last}
                  valid_to: {from: price.set.valid_to, fold: last}

            """)

    static let metrics = DictionaryFile(
        path: "metrics.yaml",
        text: """
            metrics:
              - id: M-0001
                name: gmv
                version: 1
                label: GMV
                label_zh: 支付成交额
                description: Sum of paid amounts by payment callback; refunds are not deducted.
                owner: team:finance-data
                status: certified
                unit: CNY
                update_frequency: {every: 1 hour, max_lag: 2 hours}
                synonyms: [turnover, 成交额]
                type: simple
                table: orders
                agg: sum
                expr: paid
                filter: not is_gift
                fill_nulls_with: 0
                join_to_timespine: true
              - id: M-0002
                name: refunded_amount
                version: 1
                description: Sum of settled refunds.
                owner: team:finance-data
                type: simple
                table: orders
                agg: sum
                expr: refunded
              - id: M-0003
                name: refund_rate
                version: 1
                description: Refunds over turnover.
                owner: team:finance-data
                type: ratio
                numerator: {name: refunded_amount, filter: "product__category = 'toys'"}
                denominator: gmv
              - id: M-0004
                name: net_gmv
                version: 1
                description: Turnover less refunds.
                owner: team:finance-data
                type: derived
                expr: gmv - refunded
                input_metrics: [gmv, {name: refunded_amount, alias: refunded}]
              - id: M-0005
                name: pay_hours_p95
                version: 1
                description: Hours from order to payment.
                owner: team:data
                type: simple
                table: orders
                agg: percentile
                percentile: 0.95
                percentile_type: discrete
                expr: hours(pay_delay)
                filter: product.maker.is_domestic
                agg_time_dimension: placed_on
              - id: M-0006
                name: products_known
                version: 1
                description: Number of products.
                owner: team:goods
                type: simple
                table: products
                agg: count

            """)

    static let sources = DictionaryFile(
        path: "sources.yaml",
        text: """
            sources:
              - name: shop_orders
                description: Orders as exported.
                format: {delimiter: ';', nulls: [NULL, '-'], trim: true}
                events:
                  - contract: order.created
                    id: "{order_id}-created"
                    time: "{created}"
                    time_zone: Asia/Shanghai
                    when: {status: [placed, paid]}
                    data:
                      order_id: order_id
                      sku: "{shop}/{sku}"
                      channel: {from: "{channel}", map: {dy: douyin}}
                      is_gift: {value: false}
              - name: shop_products
                events:
                  - contract: product.updated
                    id: "{sku}-{updated}"
                    time: "{updated}"
                    when: updated

            """)

    static let tests = DictionaryFile(
        path: "tests.yaml",
        text: """
            tests:
              - name: a repeated callback counts once
                events:
                  - {type: order.created, id: o1, time: 2026-03-01T10:00:00+08:00, data: {order_id: A, sku: "7", weight: 0.50}}
                  - {type: payment.callback, id: p1, time: 2026-03-01T10:05:00+08:00, data: {order_id: A, amount: "19.90", result: success, address: {province: 浙江}}}
                rows:
                  orders:
                    - {order_id: A, paid: "19.90", callbacks: 1, refunded: null, is_slow: false}
                queries:
                  - metrics: [gmv, net_gmv]
                    group_by: [metric_time__day]
                    where: channel = 'douyin'
                    order: [-gmv]
                    limit: 3
                    rows:
                      - {metric_time__day: 2026-03-01, gmv: "19.90"}
                quarantined: [not-allowed]

            """)

    static let files = [settings, contracts, tables, metrics, sources, tests]

    /// The shop with some of its files replaced or added.
    static func files(changing changes: [DictionaryFile]) -> [DictionaryFile] {
        let changed = Set(changes.map(\.path))
        return files.filter { !changed.contains($0.path) } + changes
    }

    static func load(changing changes: [DictionaryFile] = []) throws -> LoadedDictionary {
        try MetricDictionary.load(files: files(changing: changes))
    }

    /// The metrics with a part of their text replaced.
    static func metrics(replacing old: String, with new: String) -> DictionaryFile {
        DictionaryFile(path: metrics.path, text: metrics.text.replacing(old, with: new))
    }

    static func tables(replacing old: String, with new: String) -> DictionaryFile {
        DictionaryFile(path: tables.path, text: tables.text.replacing(old, with: new))
    }
}
