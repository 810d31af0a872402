import CaliberCore
import CaliberQuery
import CaliberTesting
import Testing

/// Figures beside those of an earlier time.
@Suite struct ComparisonTests {
    private func answer(
        _ metrics: String, by groupBy: String = "", from start: String? = nil, to end: String? = nil,
        order: String = "", comparedWith comparison: String, in shop: TestShop = TimeMetricTests.march
    ) throws -> QueryAnswer {
        var query = TestShop.query(metrics, by: groupBy, from: start, to: end, order: order)
        query.comparison = comparison
        return try shop.answer(query)
    }

    @Test func `whole months are compared with the months before`() throws {
        #expect(
            try answer("gmv", from: "2026-03-01", to: "2026-03-31", comparedWith: "prior_period").lines
                == ["48.00,12.00,36.00,3"])
        #expect(
            try answer("gmv", from: "2026-02-01", to: "2026-03-31", comparedWith: "prior_period").comparedWith
                == "2 months earlier")
    }

    @Test func `other ranges are compared with as many days before`() throws {
        #expect(
            try answer("gmv", from: "2026-02-28", to: "2026-03-02", comparedWith: "prior_period").lines
                == ["24.00,,,"])
        #expect(
            try answer("gmv", from: "2026-02-15", to: "2026-03-02", comparedWith: "prior_period").lines
                == ["24.00,6.00,18.00,3"])
    }

    @Test func `a group of one of the two times only has null on the other side`() throws {
        #expect(
            try answer("gmv", by: "channel", from: "2026-03-01", to: "2026-03-31", comparedWith: "prior_period").lines
                == ["app,16.00,8.00,8.00,1", "kiosk,32.00,,,", "web,,4.00,,"])
    }

    @Test func `periods are compared with the one before each`() throws {
        #expect(
            try answer("gmv,orders", by: "metric_time__month", comparedWith: "prior_period").lines
                == [
                    "2026-01-01,3.00,,,,2,,,", "2026-02-01,12.00,3.00,9.00,3,2,2,0,0",
                    "2026-03-01,48.00,12.00,36.00,3,2,2,0,0",
                ])
        #expect(
            try answer(
                "gmv", by: "metric_time__day", from: "2026-03-01", to: "2026-03-31", comparedWith: "1 month"
            ).lines == [
                "2026-03-01,,4.00,,", "2026-03-02,16.00,,,", "2026-03-28,,8.00,,", "2026-03-29,,8.00,,",
                "2026-03-30,,8.00,,", "2026-03-31,32.00,8.00,24.00,3",
            ])
    }

    @Test func `a year before is the same days, or the same weekdays of 52 weeks before`() throws {
        let shop = TimeMetricTests.shop([
            ("2025-03-03", 100, "app", "a"), ("2025-03-09", 200, "app", "a"), ("2026-03-02", 400, "app", "a"),
            ("2026-03-03", 500, "app", "a"),
        ])
        #expect(
            try answer(
                "gmv", by: "metric_time__day", from: "2026-03-02", to: "2026-03-08", comparedWith: "prior_year",
                in: shop
            ).lines == ["2026-03-02,4.00,,,", "2026-03-03,5.00,1.00,4.00,4"])
        #expect(
            try answer(
                "gmv", by: "metric_time__week", from: "2026-03-02", to: "2026-03-08", comparedWith: "prior_year",
                in: shop
            ).lines == ["2026-03-02,9.00,3.00,6.00,2"])
    }

    @Test func `rows are ordered by what the comparison adds`() throws {
        #expect(
            try answer(
                "gmv,orders", by: "channel", from: "2026-03-01", to: "2026-03-31", order: "-gmv__prior",
                comparedWith: "prior_period"
            ).lines.map { String($0.prefix(3)) } == ["app", "web", "kio"])
        #expect(
            try answer(
                "gmv,orders", by: "channel", from: "2026-03-01", to: "2026-03-31", order: "-orders,-gmv",
                comparedWith: "prior_period"
            ).lines.map { String($0.prefix(3)) } == ["kio", "app", "web"])
    }

    @Test func `windows are compared as they were`() throws {
        #expect(
            try answer("gmv_mtd", from: "2026-03-01", to: "2026-03-02", comparedWith: "1 month").lines
                == ["16.00,4.00,12.00,3"])
    }

    @Test func `a comparison is written the same way in every format`() throws {
        let answer = try answer(
            "gmv,last_created,order_value", by: "channel", from: "2026-03-01", to: "2026-03-31",
            comparedWith: "prior_period")
        let texts = AnswerFormat.allCases.map { "# \($0.rawValue)\n" + answer.render(as: $0) }
        GoldenFile.expect(texts.joined(separator: "\n"), matches: "comparison.txt")
    }
}
