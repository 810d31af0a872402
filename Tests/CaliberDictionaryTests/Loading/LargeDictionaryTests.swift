import CaliberCore
import CaliberDictionary
import Testing

@Suite struct LargeDictionaryTests {
    /// As large as the largest that was heard of, with a chain of metrics as long as a third of it.
    @Test func `twelve thousand metrics load, are locked, and are found by name`() throws {
        let files = Self.metricFiles(count: 12_000)
        let loaded = try ShopDictionary.load(changing: files)
        #expect(loaded.dictionary.metrics.count == 12_006)
        #expect(loaded.warnings.map(\.code) == ["not-locked"])
        #expect(loaded.dictionary.metric(named: "metric_11999")?.id == "L-11999")
        let lock = DictionaryFile(path: "versions.lock", text: loaded.lock.accepting(loaded).text)
        let again = try ShopDictionary.load(changing: files + [lock])
        #expect(again.warnings == [])
        let lineage = Lineage(of: loaded.dictionary)
        #expect(try lineage.upstream(of: "metric_11999").nodes.contains(.metric("metric_2")))
        #expect(try lineage.upstream(of: "metric_11999").tree.hasSuffix(" more\n"))
    }

    private static func metricFiles(count: Int) -> [DictionaryFile] {
        (0..<count / 100).map { file in
            var text = "metrics:\n"
            for index in file * 100..<file * 100 + 100 { text += metric(index) }
            return DictionaryFile(path: "metrics/\(file).yaml", text: text)
        }
    }

    private static func metric(_ index: Int) -> String {
        let head = """
              - id: L-\(index)
                name: metric_\(index)
                version: 1
                label: Metric \(index)
                description: One of many.
                owner: team:data

            """
        switch index % 3 {
        case 0:
            return head + """
                    type: simple
                    table: orders
                    agg: sum
                    expr: paid
                    filter: product__category = 'c\(index)' and channel != 'test'

                """
        case 1:
            return head + """
                    type: ratio
                    numerator: metric_\(index - 1)
                    denominator: gmv

                """
        default:
            let before = index > 2 ? "metric_\(index - 3)" : "refund_rate"
            return head + """
                    type: derived
                    expr: metric_\(index - 1) + \(before)
                    input_metrics: [metric_\(index - 1), \(before)]

                """
        }
    }
}
