import CaliberDictionary
import Testing

/// Versions and lineage of metrics whose rows depend on other rows.
@Suite struct RelationMeaningTests {
    private static let text = """
        metrics:
          - {id: R-1, name: paid_orders, version: 1, description: d, owner: o, type: simple, table: orders, agg: count}
          - {id: R-2, name: placed_orders, version: 1, description: d, owner: o, type: simple, table: orders, agg: count, agg_time_dimension: placed_on}
          - {id: R-3, name: new_skus, version: 1, description: d, owner: o, type: simple, table: orders, agg: count_new, expr: sku}
          - {id: R-4, name: last_paid, version: 1, description: d, owner: o, type: simple, table: orders, agg: sum, expr: paid, non_additive_dimension: {name: paid_at, window_choice: max, window_groupings: [sku, channel]}}
          - {id: R-5, name: paid_rate, version: 1, description: d, owner: o, type: conversion, base_metric: placed_orders, conversion_metric: paid_orders, entity: [sku, channel], window: 7 days, constant_properties: [{base_property: province, conversion_property: channel}]}
          - {id: R-6, name: popular, version: 1, description: d, owner: o, type: simple, table: orders, agg: sum, expr: paid, filter: "metric('paid_orders', sku) > 2"}

        """

    private func load(_ old: String = "", _ new: String = "") throws -> LoadedDictionary {
        let text = old.isEmpty ? Self.text : Self.text.replacing(old, with: new)
        if !old.isEmpty { #expect(text != Self.text) }
        return try ShopDictionary.load(changing: [DictionaryFile(path: "relations.yaml", text: text)])
    }

    private func hash(_ id: String, _ old: String = "", _ new: String = "") throws -> String {
        try #require(try load(old, new).meanings[id]?.hash)
    }

    @Test(arguments: [
        ("R-3", "agg: count_new, expr: sku", "agg: count_new, expr: channel"),
        ("R-3", "agg: count_new, expr: sku", "agg: count_distinct, expr: sku"),
        ("R-4", "window_choice: max", "window_choice: min"), ("R-4", "[sku, channel]}", "[sku]}"),
        ("R-4", "{name: paid_at", "{name: placed_on"), ("R-5", "window: 7 days", "window: 8 days"),
        ("R-5", "window: 7 days, ", ""), ("R-5", "base_metric: placed_orders", "base_metric: paid_orders"),
        ("R-5", "conversion_metric: paid_orders", "conversion_metric: placed_orders"),
        ("R-5", "conversion_metric: paid_orders", "conversion_metric: {name: paid_orders, filter: paid > 1}"),
        ("R-5", "entity: [sku, channel]", "entity: sku"),
        ("R-5", "entity: [sku, channel]", "calculation: conversions, entity: [sku, channel]"),
        ("R-5", "entity: [sku, channel]", "count_once: none, entity: [sku, channel]"),
        ("R-5", "conversion_property: channel", "conversion_property: province"),
        ("R-6", "metric('paid_orders', sku)", "metric('placed_orders', sku)"),
        ("R-6", "metric('paid_orders', sku)", "metric('paid_orders', channel)"), ("R-6", "sku) > 2", "sku) > 3"),
        (
            "R-6", "paid_orders, version: 1, description: d, owner: o, type: simple, table: orders, agg: count}",
            "paid_orders, version: 1, description: d, owner: o, type: simple, table: orders, agg: count, filter: paid > 1}"
        ),
    ])
    func `what rows are told by other rows is a part of the meaning`(id: String, old: String, new: String) throws {
        #expect(try hash(id) != hash(id, old, new))
    }

    @Test(arguments: [
        ("R-4", "[sku, channel]}", "[channel, sku]}"), ("R-4", ", window_choice: max", ""),
        ("R-5", "entity: [sku, channel]", "entity: [channel, sku]"), ("R-5", "window: 7 days", "window: 168 hours"),
        ("R-5", "entity: [sku, channel]", "calculation: conversion_rate, count_once: base, entity: [sku, channel]"),
        (
            "R-5", "entity: [sku, channel], window: 7 days, constant_properties: [",
            "entity: sku, window: 7 days, constant_properties: [{base_property: channel, conversion_property: channel}, "
        ),
    ])
    func `order, defaults and which column is called the entity are not`(id: String, old: String, new: String) throws {
        #expect(try hash(id) == hash(id, old, new))
    }

    @Test func `a conversion comes from its metrics and the columns that tie them`() throws {
        let lineage = Lineage(of: try load().dictionary)
        let tree = try lineage.upstream(of: "paid_rate").tree
        #expect(
            tree.contains("share of placed_orders followed by paid_orders of the same sku and channel and province"))
        for line in ["placed_orders", "paid_orders", "orders.sku [join-key]", "orders.channel [join-key]"] {
            #expect(tree.contains(line), "\(tree)")
        }
        let last = try lineage.upstream(of: "last_paid").tree
        #expect(last.contains("only the rows of the last paid_at of each sku and channel"))
    }

    @Test func `a metric in a filter is where the figure comes from`() throws {
        let tree = try Lineage(of: try load().dictionary).upstream(of: "popular").tree
        #expect(tree.contains("where metric('paid_orders', sku) > 2"))
        #expect(tree.contains("paid_orders [filter]"), "\(tree)")
        #expect(tree.contains("orders.sku [join-key]"))
    }

    @Test func `a version of a conversion stays while its base's version rises`() throws {
        let first = try load()
        let lock = DictionaryFile(path: "versions.lock", text: first.lock.accepting(first).text)
        let raised = Self.text
            .replacing(
                "placed_orders, version: 1, description: d, owner: o, type: simple, table: orders, agg: count,",
                with:
                    "placed_orders, version: 2, description: d, owner: o, type: simple, table: orders, agg: count, filter: not is_gift,"
            )
            .replacing("paid_rate, version: 1", with: "paid_rate, version: 2")
        let second = try ShopDictionary.load(changing: [DictionaryFile(path: "relations.yaml", text: raised), lock])
        #expect(second.dictionary.unreachableVersions.isEmpty)
        #expect(second.dictionary.metric(named: "paid_rate", version: 1) != nil)
    }
}
