import CaliberDictionary
import Testing

@Suite struct MeaningTests {
    private func hash(_ metric: String, changing files: [DictionaryFile] = []) throws -> String {
        let loaded = try ShopDictionary.load(changing: files)
        let id = try #require(loaded.dictionary.metric(named: metric)?.id)
        return try #require(loaded.meanings[id]?.hash)
    }

    @Test func `labels, owners, descriptions and status are no part of a meaning`() throws {
        let relabelled = ShopDictionary.metrics(replacing: "label: GMV", with: "label: Turnover")
        let changed = DictionaryFile(
            path: relabelled.path,
            text: relabelled.text.replacing("status: certified", with: "status: deprecated")
                .replacing("team:finance-data", with: "team:other").replacing("Sum of paid", with: "The sum of paid"))
        #expect(try hash("gmv") == hash("gmv", changing: [changed]))
    }

    @Test(arguments: [
        ("result = 'success'}", "result = 'failed'}"), ("fold: sum, when", "fold: max, when"),
        ("payment.callback.amount", "refund.settled.amount"), ("anchor: paid_at", "anchor: placed_on"),
        ("from: order.created.is_gift, fold: any", "from: order.created.is_gift, fold: last"),
    ])
    func `a change of anything below is a change of meaning`(old: String, new: String) throws {
        let text = ShopDictionary.tables.text
        // A fold condition over another contract's field would be a fault of its own.
        let changed =
            new.hasPrefix("refund")
            ? text.replacing(
                "from: payment.callback.amount, fold: sum, when: result = 'success'",
                with: "from: refund.settled.amount, fold: sum, when: route != 'x'") : text.replacing(old, with: new)
        #expect(changed != text)
        let files = [DictionaryFile(path: "tables.yaml", text: changed)]
        #expect(try hash("gmv") != hash("gmv", changing: files))
    }

    @Test func `the currency and zone of a field are a part of the meaning`() throws {
        let dollars = DictionaryFile(
            path: "contracts.yaml",
            text: ShopDictionary.contracts.text.replacing("{type: money,", with: "{type: money, currency: USD,")
                .replacing("0 CNY", with: "0 USD"))
        let tables = ShopDictionary.tables(replacing: "0 CNY", with: "0 USD")
        let metrics = ShopDictionary.metrics(replacing: "unit: CNY", with: "unit: USD")
        #expect(try hash("gmv") != hash("gmv", changing: [dollars, tables, metrics]))
        let elsewhere = DictionaryFile(
            path: "contracts.yaml",
            text: ShopDictionary.contracts.text.replacing(
                "callback_at: {type: timestamp, time_zone: Asia/Shanghai",
                with: "callback_at: {type: timestamp, time_zone: UTC"))
        #expect(try hash("gmv") != hash("gmv", changing: [elsewhere]))
    }

    @Test(arguments: [
        ("filter: not is_gift", "filter: is_gift = false"), ("expr: paid\n", "expr: net + coalesce(refunded, 0 CNY)\n"),
        ("agg: sum\n    expr: paid", "agg: max\n    expr: paid"), ("fill_nulls_with: 0", "fill_nulls_with: 1"),
        ("join_to_timespine: true", "join_to_timespine: false"),
        ("filter: not is_gift", "agg_time_dimension: placed_on"),
    ])
    func `the metric's own keys are a part of the meaning`(old: String, new: String) throws {
        let changed = ShopDictionary.metrics(replacing: old, with: new)
        #expect(changed.text != ShopDictionary.metrics.text)
        #expect(try hash("gmv") != hash("gmv", changing: [changed]))
    }

    @Test func `what a metric is built from is a part of its meaning, inputs too`() throws {
        let changed = ShopDictionary.metrics(replacing: "filter: not is_gift", with: "filter: channel = 'douyin'")
        #expect(try hash("net_gmv") != hash("net_gmv", changing: [changed]))
        #expect(try hash("refund_rate") != hash("refund_rate", changing: [changed]))
        #expect(try hash("refunded_amount") == hash("refunded_amount", changing: [changed]))
    }

    @Test func `a derived column or a column's name changes nothing when what it holds stays`() throws {
        let renamed = [
            ShopDictionary.tables(replacing: "paid: {type: money", with: "amount_paid: {type: money")
                .replacingText("'paid - coalesce", with: "'amount_paid - coalesce"),
            ShopDictionary.metrics(replacing: "expr: paid\n", with: "expr: amount_paid\n"),
            DictionaryFile(path: "tests.yaml", text: ""),
        ]
        #expect(try hash("gmv") == hash("gmv", changing: renamed))
        let inlined = [ShopDictionary.metrics(replacing: "hours(pay_delay)", with: "hours(paid_at - placed_on)")]
        #expect(try hash("pay_hours_p95") == hash("pay_hours_p95", changing: inlined))
    }

    @Test func `a new column or contract changes no meaning and no other table`() throws {
        let tables = ShopDictionary.tables(
            replacing: "      callbacks: ",
            with: "      failed: {from: payment.callback, fold: count}\n      callbacks: ")
        let before = try ShopDictionary.load()
        let after = try ShopDictionary.load(changing: [tables])
        #expect(before.meanings == after.meanings)
        #expect(before.contentHash != after.contentHash)
        for table in before.dictionary.tables {
            let now = try #require(after.dictionary.table(named: table.name))
            let isSame = before.dictionary.schemaText(of: table) == after.dictionary.schemaText(of: now)
            #expect(isSame == (table.name != "orders"))
        }
    }

    @Test func `a derived column is not stored, so the stored schema does not know it`() throws {
        let tables = ShopDictionary.tables(replacing: "pay_delay > 1 hour", with: "pay_delay > 2 hours")
        let before = try ShopDictionary.load().dictionary
        let after = try ShopDictionary.load(changing: [tables]).dictionary
        let (old, new) = (try #require(before.table(named: "orders")), try #require(after.table(named: "orders")))
        #expect(before.schemaText(of: old) == after.schemaText(of: new))
    }

    @Test func `meanings read as people can check them`() throws {
        let loaded = try ShopDictionary.load()
        var text = ""
        for metric in loaded.dictionary.metrics {
            text += "\(metric.name)\n"
            for part in loaded.meanings[metric.id]?.parts ?? [] { text += "  \(part.label): \(part.text)\n" }
        }
        for table in loaded.dictionary.tables { text += loaded.dictionary.schemaText(of: table) }
        DictionaryGolden.expect(text, matches: "meanings.txt")
    }
}

extension DictionaryFile {
    func replacingText(_ old: String, with new: String) -> DictionaryFile {
        DictionaryFile(path: path, text: text.replacing(old, with: new))
    }
}
