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

    @Test func `windows, offsets and saved queries are traced to the moments and columns they go by`() throws {
        let text = """
            metrics:
              - {id: M-91, name: gmv_7d, version: 1, description: d, owner: o, type: cumulative, input_metric: gmv, window: 7 days}
              - {id: M-92, name: growth, version: 1, description: d, owner: o, type: derived, expr: gmv / before - 1,
                 input_metrics: [gmv, {name: gmv, alias: before, offset_window: 1 month}]}
            saved_queries:
              - {name: weekly, owner: o, metrics: [growth], group_by: [metric_time__week, product__category],
                 where: province = 'x', last: 8 weeks, compare: prior_year}
            """
        let extra = DictionaryFile(path: "extra.yaml", text: text)
        let loaded: LoadedDictionary = try ShopDictionary.load(changing: [extra])
        let lineage = Lineage(of: loaded.dictionary)
        let upstream: LineageView = try lineage.upstream(of: "gmv_7d")
        let moments = upstream.edges.filter { (edge: LineageEdge) -> Bool in
            edge.to == upstream.root && edge.role == LineageRole.window
        }
        #expect(moments.map { $0.from.name } == ["orders.paid_at"])
        DictionaryGolden.expect(try lineage.upstream(of: "growth").tree, matches: "lineage-growth.txt")
        let report: LineageView = try lineage.upstream(of: "weekly")
        #expect(report.root == LineageNode.report("weekly"))
        func origins(_ role: LineageRole) -> [String] {
            report.edges.filter { $0.to == report.root && $0.role == role }.map { $0.from.name }.sorted()
        }
        #expect(origins(.value) == ["growth"])
        #expect(origins(.groupBy) == ["orders.paid_at", "products.category"])
        #expect(origins(.filter) == ["orders.province"])
        let below: LineageView = try lineage.downstream(of: "payment.callback.amount")
        #expect(below.nodes.contains(LineageNode.report("weekly")))
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
