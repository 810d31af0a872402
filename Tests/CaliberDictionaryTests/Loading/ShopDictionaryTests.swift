import CaliberCore
import CaliberDictionary
import CaliberTesting
import Foundation
import Testing

@Suite struct ShopDictionaryTests {
    @Test func `a dictionary without faults loads, and warns only that nothing is locked yet`() throws {
        let loaded = try ShopDictionary.load()
        #expect(Set(loaded.warnings.map(\.code)) == ["not-locked"])
        #expect(loaded.dictionary.metrics.count == 6)
        #expect(!loaded.isLocked)
    }

    @Test func `types follow from folds, expressions and aggregations`() throws {
        let dictionary = try ShopDictionary.load().dictionary
        let orders = try #require(dictionary.table(named: "orders"))
        #expect(orders.column(named: "placed_on")?.type == .timestamp)
        #expect(orders.column(named: "callbacks")?.type == .integer)
        #expect(orders.column(named: "net")?.type == .money(.cny))
        #expect(orders.column(named: "order_id")?.content == .key)
        #expect(dictionary.metric(named: "gmv")?.type == .money(.cny))
        #expect(dictionary.metric(named: "refund_rate")?.type == .number)
        #expect(dictionary.metric(named: "net_gmv")?.type == .money(.cny))
        #expect(dictionary.metric(named: "products_known")?.type == .integer)
    }

    @Test func `bounds are in the type's own unit`() throws {
        let contract = try #require(try ShopDictionary.load().dictionary.contract(named: "payment.callback"))
        let amount = try #require(contract.fields.first { $0.name == "amount" })
        #expect(amount.minimum == 0)
        #expect(amount.currencyField == "currency")
        #expect(contract.fields.first { $0.name == "payment_no" }?.lengths == 18...18)
        #expect(contract.fields.first { $0.name == "callback_at" }?.timeZone?.identifier == "Asia/Shanghai")
        #expect(contract.undeclaredFields == .keep)
        #expect(contract.checks.map(\.name) == ["amount-positive"])
    }

    @Test func `metrics are found by name and by id`() throws {
        let dictionary = try ShopDictionary.load().dictionary
        #expect(dictionary.metric(named: "M-0001")?.name == "gmv")
        #expect(dictionary.metric(named: "gmv", version: 1)?.id == "M-0001")
        #expect(dictionary.metric(named: "gmv", version: 2) == nil)
        #expect(dictionary.metric(named: "turnover") == nil)
        guard case .simple(let simple) = dictionary.metric(named: "gmv")?.content else {
            Issue.record("gmv is simple")
            return
        }
        #expect(simple.anchor == "paid_at")
        #expect(simple.fillNullsWith == 0)
        #expect(simple.joinToTimeSpine)
    }

    @Test func `a source's templates name its columns`() throws {
        let dictionary = try ShopDictionary.load().dictionary
        let orders = try #require(dictionary.source(named: "shop_orders"))
        #expect(orders.columns.map(\.name) == ["order_id", "created", "status", "shop", "sku", "channel"])
        #expect(orders.format == SourceDefinition.Format(delimiter: ";", nulls: ["NULL", "-"], trims: true))
        let event = try #require(orders.events.first)
        #expect(event.id.parts == [.column(0), .literal("-created")])
        #expect(event.condition == SourceEvent.Condition(column: "status", values: ["placed", "paid"]))
        #expect(event.data.map(\.field) == ["order_id", "sku", "channel", "is_gift"])
        #expect(event.data[1].value.parts == [.column(3), .literal("/"), .column(4)])
        #expect(event.data[2].map == ["dy": "douyin"])
        #expect(event.data[3].value.parts == [.literal("false")])
    }

    @Test func `left out data is every field from the column of its name, the optional ones if there`() throws {
        let dictionary = try ShopDictionary.load().dictionary
        let products = try #require(dictionary.source(named: "shop_products"))
        #expect(products.columns.map(\.name) == ["sku", "updated", "category", "brand"])
        #expect(products.columns.map(\.isRequired) == [true, true, false, false])
        #expect(products.events.first?.data.map(\.field) == ["sku", "category", "brand"])
    }

    @Test func `a test's events are JSON with the types that YAML says`() throws {
        let test = try #require(try ShopDictionary.load().tests.first)
        #expect(
            test.events == [
                #"{"specversion":"1.0","source":"test","type":"order.created","id":"o1","#
                    + #""time":"2026-03-01T10:00:00+08:00","data":{"order_id":"A","sku":"7","weight":0.50}}"#,
                #"{"specversion":"1.0","source":"test","type":"payment.callback","id":"p1","#
                    + #""time":"2026-03-01T10:05:00+08:00","data":{"order_id":"A","amount":"19.90","#
                    + #""result":"success","address":{"province":"浙江"}}}"#,
            ])
        let row = try #require(test.rows.first?.rows.first)
        #expect(row.value(of: "paid") == .text("19.90"))
        #expect(row.value(of: "callbacks") == .number("1"))
        #expect(row.value(of: "refunded") == .null)
        #expect(row.value(of: "is_slow") == .boolean(false))
        let query = try #require(test.queries.first)
        #expect(query.metrics == ["gmv", "net_gmv"])
        #expect(query.filters == ["channel = 'douyin'"])
        #expect(query.order == ["-gmv"])
        #expect(query.limit == 3)
        #expect(test.quarantined == ["not-allowed"])
    }

    @Test func `a dictionary in a folder loads as one in memory`() throws {
        let folder = try TemporaryFolder()
        for file in ShopDictionary.files { try folder.write(file.text, to: "sub/" + file.path) }
        try folder.write(ShopDictionary.settings.text, to: "caliber.yaml")
        try folder.write("not yaml: [", to: ".hidden/broken.yaml")
        try folder.write("no definitions", to: "README.md")
        let wrong = #expect(throws: DiagnosticList.self) { try MetricDictionary.load(from: folder.url.path) }
        // The settings that stand in a sub-folder are no definition file.
        #expect(wrong?.diagnostics.map(\.code) == ["unknown-key", "unknown-key", "unknown-key"])
        #expect(wrong?.diagnostics.first?.location?.file == folder.path("sub/caliber.yaml"))
        let clean = try TemporaryFolder()
        for file in ShopDictionary.files { try clean.write(file.text, to: file.path) }
        let loaded = try MetricDictionary.load(from: clean.url.path)
        let inMemory = try ShopDictionary.load()
        #expect(loaded.contentHash == inMemory.contentHash)
    }

    @Test func `a folder that is missing, or a file that is no text, is said so`() throws {
        let folder = try TemporaryFolder()
        let missing = #expect(throws: DiagnosticList.self) {
            try MetricDictionary.load(from: folder.path("nowhere"))
        }
        #expect(missing?.diagnostics.map(\.code) == ["dictionary-missing"])
        try folder.write(ShopDictionary.settings.text, to: "caliber.yaml")
        try Bytes.write([0x6E, 0xFF, 0xFE], to: folder.path("binary.yaml"))
        let binary = #expect(throws: DiagnosticList.self) { try MetricDictionary.load(from: folder.url.path) }
        #expect(binary?.diagnostics.map(\.code) == ["file-not-utf8"])
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `the order of files and definitions changes no meaning`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shuffled = ShopDictionary.files.shuffled(using: &generator)
        let renumbered = shuffled.enumerated().map { index, file in
            file.path == "caliber.yaml" ? file : DictionaryFile(path: "\(index).yaml", text: file.text)
        }
        let loaded = try MetricDictionary.load(files: renumbered)
        #expect(try loaded.contentHash == ShopDictionary.load().contentHash)
    }
}
