import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Periods of business zones, clock changes and odd years included.
@Suite struct PeriodTests {
    static func shop(_ moments: [String]) -> TestShop {
        var shop = TestShop()
        shop.tables["orders"]?.rows = moments.enumerated().map { number, moment in
            ["order_id": .text("o\(number)"), "paid_at": .moment(moment), "created_at": .moment(moment)]
        }
        return shop
    }

    /// São Paulo put its clocks back at midnight of 2018-02-18 (23:00 came twice) and forward at midnight of
    /// 2018-11-04 (00:00 never came).
    @Test func `an hour that comes twice is two hours, and the day has 25`() throws {
        let shop = PeriodTests.shop([
            "2018-02-18T00:30:00Z", "2018-02-18T01:30:00Z", "2018-02-18T02:30:00Z", "2018-02-18T03:30:00Z",
        ])
        #expect(
            try shop.answer("orders", by: "metric_time__hour", zone: "America/Sao_Paulo").lines == [
                "2018-02-17T22:00:00-02:00,1", "2018-02-17T23:00:00-02:00,1", "2018-02-17T23:00:00-03:00,1",
                "2018-02-18T00:00:00-03:00,1",
            ])
        #expect(
            try shop.answer("orders", by: "metric_time__day", zone: "America/Sao_Paulo").lines
                == ["2018-02-17,3", "2018-02-18,1"])
        let filled = try shop.answer(
            "orders", by: "metric_time__hour", from: "2018-02-17", to: "2018-02-17", zone: "America/Sao_Paulo",
            fill: true)
        #expect(filled.rows.count == 25)
    }

    @Test func `an hour that is skipped does not appear, and its day begins at one`() throws {
        let shop = PeriodTests.shop(["2018-11-04T02:59:59Z", "2018-11-04T03:00:00Z"])
        #expect(
            try shop.answer("orders", by: "metric_time__hour", zone: "America/Sao_Paulo").lines
                == ["2018-11-03T23:00:00-03:00,1", "2018-11-04T01:00:00-02:00,1"])
        let filled = try shop.answer(
            "orders", by: "metric_time__hour", from: "2018-11-04", to: "2018-11-04", zone: "America/Sao_Paulo",
            fill: true)
        #expect(filled.rows.count == 23)
        #expect(filled.lines.first == "2018-11-04T01:00:00-02:00,1")
    }

    @Test func `weeks begin on Monday and cross the turn of the year`() throws {
        let shop = PeriodTests.shop([
            "2025-12-28T12:00:00Z", "2025-12-29T00:00:00Z", "2026-01-04T23:59:59Z", "2026-01-05T00:00:00Z",
        ])
        #expect(
            try shop.answer("orders", by: "metric_time__week", zone: "UTC").lines
                == ["2025-12-22,1", "2025-12-29,2", "2026-01-05,1"])
        #expect(
            try shop.answer("orders", by: "metric_time__year", zone: "UTC").lines == ["2025-01-01,2", "2026-01-01,2"])
        #expect(
            try shop.answer("orders", by: "metric_time__quarter", zone: "UTC").lines
                == ["2025-10-01,2", "2026-01-01,2"])
    }

    @Test func `moments before 1970 fall into their periods`() throws {
        let shop = PeriodTests.shop(["1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "1969-01-01T00:00:00Z"])
        #expect(
            try shop.answer("orders", by: "metric_time__day", zone: "UTC").lines
                == ["1969-01-01,1", "1969-12-31,1", "1970-01-01,1"])
        #expect(
            try shop.answer("orders", by: "metric_time__week", zone: "UTC").lines == ["1968-12-30,1", "1969-12-29,2"])
    }

    @Test func `hours thousands of years apart are told apart without a table of all between`() throws {
        let shop = PeriodTests.shop(["0001-01-02T05:30:00Z", "9998-12-30T05:30:00Z", "9998-12-30T05:59:00Z"])
        #expect(
            try shop.answer("orders", by: "created_at__hour", zone: "UTC").lines
                == ["0001-01-02T05:00:00Z,1", "9998-12-30T05:00:00Z,2"])
        #expect(
            try shop.answer("orders", by: "metric_time__hour", zone: "UTC").lines
                == ["0001-01-02T05:00:00Z,1", "9998-12-30T05:00:00Z,2"])
        #expect(throws: Diagnostic.self) {
            try shop.answer("orders", by: "metric_time__hour", zone: "UTC", fill: true)
        }
    }

    static let zones = [
        "America/Sao_Paulo", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "+05:45",
    ]

    @Test(arguments: zones)
    func `the table of periods says what the zone's calendar says`(name: String) throws {
        let zone = try #require(BusinessZone(identifier: name))
        var generator = SeededGenerator(seed: 7)
        for grain in TimeGrain.allCases {
            let start = Int64.random(in: 0...1_800_000_000, using: &generator) * 1_000_000
            let span = start...(start + 400 * Timestamp.microsecondsPerDay)
            let table = try #require(PeriodTable(grain: grain, span: span, zone: zone))
            for _ in 0..<2000 {
                let moment = Timestamp(microseconds: Int64.random(in: span, using: &generator))
                let key = table.keys[Int(table.code(of: moment.microseconds))]
                let expected =
                    grain == .hour
                    ? zone.start(of: .hour, holding: moment).microseconds
                    : Int64(grain.start(of: zone.date(of: moment)).dayNumber)
                #expect(key == expected, "\(grain) of \(moment) in \(name)")
            }
        }
    }
}
