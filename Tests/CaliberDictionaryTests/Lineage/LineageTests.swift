import CaliberCore
import CaliberDictionary
import Testing

@Suite struct LineageTests {
    private let lineage: Lineage

    init() throws {
        lineage = Lineage(of: try ShopDictionary.load().dictionary)
    }

    @Test func `a figure is traced to the event fields, filters and anchors included`() throws {
        let view = try lineage.upstream(of: "gmv")
        let names = Set(view.nodes.map(\.name))
        #expect(
            names.isSuperset(of: [
                "orders.paid", "orders.paid_at", "orders.is_gift", "payment.callback.amount", "payment.callback.result",
                "payment.callback.callback_at", "order.created.is_gift", "payment.callback", "order.created",
            ]))
        #expect(!names.contains("orders.refunded"))
        let roles = Set(view.edges.filter { $0.to == .metric("gmv") }.map(\.role))
        #expect(roles == [.value, .filter, .anchor])
        #expect(view.edges.contains { $0.from.name == "payment.callback.result" && $0.role == .foldCondition })
    }

    @Test func `joins bring in the columns they go by`() throws {
        let view = try lineage.upstream(of: "pay_hours_p95")
        #expect(view.edges.contains { $0.from.name == "orders.sku" && $0.role == .joinKey })
        #expect(view.nodes.contains(.field(contract: "brand.updated", field: "country")))
    }

    @Test func `what hangs on a field is found, up to metrics of metrics`() throws {
        let view = try lineage.downstream(of: "payment.callback.amount")
        let metrics = view.nodes.filter { $0.kind == "metric" }.map(\.name)
        #expect(metrics == ["gmv", "net_gmv", "refund_rate"])
    }

    @Test func `upstream and downstream agree on every pair`() throws {
        for node in lineage.nodes {
            for above in try lineage.upstream(of: node.name).nodes {
                #expect(try lineage.downstream(of: above.name).nodes.contains(node), "\(above.name) → \(node.name)")
            }
        }
    }

    @Test func `a name that is nothing is answered with the nearest`() {
        let problem = #expect(throws: Diagnostic.self) { try lineage.upstream(of: "gmw") }
        #expect(problem?.code == "unknown-lineage-node")
        #expect(problem?.suggestions == ["gmv"])
    }

    @Test(arguments: ["gmv", "refund_rate", "pay_hours_p95", "orders.is_slow"])
    func `the tree upwards reads as it should`(name: String) throws {
        DictionaryGolden.expect(try lineage.upstream(of: name).tree, matches: "lineage-\(name).txt")
    }

    @Test(arguments: ["payment.callback.amount", "product.updated", "orders.sku"])
    func `the tree downwards reads as it should`(name: String) throws {
        DictionaryGolden.expect(try lineage.downstream(of: name).tree, matches: "lineage-\(name).txt")
    }

    @Test func `lineage is printed as JSON in a stable order`() throws {
        DictionaryGolden.expect(try lineage.upstream(of: "refunded_amount").json, matches: "lineage.json")
    }
}
