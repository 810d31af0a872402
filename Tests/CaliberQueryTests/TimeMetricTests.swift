import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Metrics along time, computed by hand.
@Suite struct TimeMetricTests {
    /// One order a line: the day it was paid on at noon in Shanghai, its amount in fen, its channel and its buyer.
    static func shop(_ orders: [(day: String, fen: Int64, channel: String, buyer: String)]) -> TestShop {
        var shop = TestShop()
        shop.tables["orders"]?.rows = orders.enumerated().map { number, order in
            [
                "order_id": .text("o\(number)"), "paid_at": .moment(order.day + "T04:00:00Z"),
                "created_at": .moment(order.day + "T03:00:00Z"), "channel": .text(order.channel),
                "amount": .integer(order.fen), "buyer": .text(order.buyer), "gift": .boolean(false),
            ]
        }
        return shop
    }

    static let march = shop([
        ("2026-01-15", 100, "app", "a"), ("2026-01-31", 200, "app", "b"), ("2026-02-01", 400, "web", "a"),
        ("2026-02-28", 800, "app", "c"), ("2026-03-02", 1600, "app", "a"), ("2026-03-31", 3200, "kiosk", "d"),
    ])

    @Test func `a window counts rows from before the query's start`() throws {
        #expect(
            try TimeMetricTests.march.answer("gmv,gmv_7d", by: "metric_time__day", from: "2026-03-01", to: "2026-03-09")
                .lines == [
                    "2026-03-01,,8.00", "2026-03-02,16.00,24.00", "2026-03-03,,24.00", "2026-03-04,,24.00",
                    "2026-03-05,,24.00", "2026-03-06,,24.00", "2026-03-07,,16.00", "2026-03-08,,16.00",
                ])
    }

    @Test func `a channel without rows of the day has the value of its window`() throws {
        #expect(
            try TimeMetricTests.march.answer(
                "buyers_5d", by: "metric_time__day,channel", from: "2026-02-04", to: "2026-02-05"
            ).lines == ["2026-02-04,app,1", "2026-02-04,web,1", "2026-02-05,web,1"])
    }

    @Test func `without metric_time a window ends with the range, or with the last row`() throws {
        let shop = TimeMetricTests.march
        #expect(try shop.answer("gmv_7d", from: "2026-01-01", to: "2026-03-03").lines == ["24.00"])
        #expect(try shop.answer("gmv_7d,gmv_mtd,gmv_ever").lines == ["32.00,48.00,63.00"])
        #expect(try shop.answer("gmv_mtd", by: "channel", to: "2026-03-15").lines == ["app,16.00"])
        #expect(try TestShop().answer("gmv_7d,orders_1mo,notes_ever").lines == [",0,0"])
    }

    @Test func `a longer period shows its first, its last or its average day`() throws {
        let shop = TimeMetricTests.shop([
            ("2026-03-01", 700, "app", "a"), ("2026-03-03", 200, "app", "a"), ("2026-04-02", 900, "app", "a"),
        ])
        #expect(
            try shop.answer("gmv_7d,gmv_7d_first,gmv_3d_daily", by: "metric_time__month").lines
                == ["2026-03-01,,7.00,5.4000", "2026-04-01,9.00,,9.0000"])
        // A range that ends within a month shows the range's last day.
        #expect(
            try shop.answer("gmv_7d", by: "metric_time__month", to: "2026-03-04").lines == ["2026-03-01,9.00"])
    }

    @Test func `a month that ends with a month's last day is that month`() throws {
        let shop = TimeMetricTests.shop([
            ("2026-01-31", 1, "app", "a"), ("2026-02-01", 1, "app", "a"), ("2026-02-28", 1, "app", "a"),
            ("2026-03-01", 1, "app", "a"), ("2026-03-31", 1, "app", "a"),
        ])
        #expect(try shop.answer("orders_1mo", to: "2026-02-28").lines == ["2"])
        #expect(try shop.answer("orders_1mo", to: "2026-03-31").lines == ["2"])
        #expect(try shop.answer("orders_1mo", to: "2026-03-30").lines == ["2"])
        #expect(try shop.answer("orders_1mo", to: "2026-03-27").lines == ["2"])
        #expect(try shop.answer("orders_1mo", to: "2026-02-27").lines == ["2"])
    }

    @Test func `a month before the last days of March is the last of February`() throws {
        #expect(
            try TimeMetricTests.march.answer(
                "gmv_last_month", by: "metric_time__day", from: "2026-03-27", to: "2026-04-01"
            ).lines == ["2026-03-28,8.00", "2026-03-29,8.00", "2026-03-30,8.00", "2026-03-31,8.00"])
    }

    @Test func `by month and longer no day of the month before is lost or counted twice`() throws {
        let first = CivilDate(year: 2026, month: 1, day: 1).dayNumber
        let days = (0..<120).map { CivilDate(dayNumber: first + $0).description }
        let shop = TimeMetricTests.shop(days.map { ($0, 100, "app", "a") })
        #expect(
            try shop.answer("gmv,gmv_last_month", by: "metric_time__month").lines
                == [
                    "2026-01-01,31.00,", "2026-02-01,28.00,31.00", "2026-03-01,31.00,28.00", "2026-04-01,30.00,31.00",
                ])
        // Weeks tile the earlier time, too: together they are all of it.
        let weeks = try shop.answer(
            "gmv_last_month", by: "metric_time__week", from: "2026-02-02", to: "2026-04-26")
        let total = weeks.rows.reduce(Int128(0)) { sum, row in
            if case .integer(let fen) = row[1] { sum + fen } else { sum }
        }
        #expect(total == (30 + 28 + 26) * 100)
        // A range that ends within a month is compared with as much of the month before.
        #expect(
            try shop.answer("gmv_last_month", by: "metric_time__month", from: "2026-03-01", to: "2026-03-15").lines
                == ["2026-03-01,15.00"])
        #expect(
            try shop.answer("gmv_last_month", from: "2026-03-01", to: "2026-03-28").lines == ["28.00"])
    }

    @Test func `growth is null where the base is null or nought`() throws {
        let shop = TimeMetricTests.shop([
            ("2026-01-05", 0, "app", "a"), ("2026-02-05", 500, "app", "a"), ("2026-03-05", 750, "app", "a"),
            ("2026-05-05", 100, "app", "a"),
        ])
        #expect(
            try shop.answer("gmv_growth", by: "metric_time__month").lines
                == ["2026-01-01,", "2026-02-01,", "2026-03-01,0.5", "2026-04-01,", "2026-05-01,"])
    }

    @Test func `an input at the start of the month is that of the month's first period`() throws {
        let shop = TimeMetricTests.shop([
            ("2026-03-01", 100, "app", "a"), ("2026-03-02", 50, "app", "a"), ("2026-03-30", 900, "app", "a"),
        ])
        #expect(
            try shop.answer("gmv_at_start", by: "metric_time__day", from: "2026-03-30", to: "2026-04-02").lines
                == ["2026-03-30,1.00", "2026-03-31,1.00"])
        // The week that holds the first of March began in February.
        #expect(
            try shop.answer("gmv_at_start", by: "metric_time__week", from: "2026-03-30", to: "2026-03-31").lines
                == ["2026-03-30,1.00"])
    }

    @Test func `hours have windows of whole days`() throws {
        var shop = TimeMetricTests.shop([("2026-03-01", 100, "app", "a"), ("2026-03-08", 50, "app", "a")])
        shop.tables["orders"]?.segmentRowCount = 1
        let answer = try shop.answer(
            "gmv_7d", by: "metric_time__hour", from: "2026-03-08T10:00:00", to: "2026-03-08T12:30:00")
        #expect(
            answer.lines == [
                "2026-03-08T10:00:00+08:00,1.00", "2026-03-08T11:00:00+08:00,1.00", "2026-03-08T12:00:00+08:00,0.50",
            ])
    }

    @Test func `a window is one pass over the rows, however many days see them`() throws {
        let first = CivilDate(year: 2026, month: 1, day: 1).dayNumber
        let days = (0..<200).map { CivilDate(dayNumber: first + $0).description }
        let shop = TimeMetricTests.shop(days.map { ($0, 100, "app", "a") })
        let answer = try shop.answer("gmv_7d,gmv_mtd,gmv_ever,buyers_5d,median_4d", by: "metric_time__day,channel")
        #expect(answer.rows.count == 200)
        #expect(answer.statistics.rowsScanned == 200)
    }

    @Test func `a plan says what windows are taken over, and the SQL that they are`() throws {
        let shop = TimeMetricTests.march
        let windows = try shop.executor().explain(
            try shop.planner.plan(
                TestShop.query(
                    "gmv,gmv_7d,gmv_growth,gmv_3d_daily", by: "metric_time__month,channel", from: "2026-02-01",
                    to: "2026-03-31")))
        var query = TestShop.query("orders", by: "channel", from: "2026-03-01", to: "2026-03-31")
        query.comparison = "prior_period"
        let comparison = try shop.executor().explain(try shop.planner.plan(query))
        GoldenFile.expect(windows.text + "\n" + comparison.text, matches: "explanation-time.txt")
    }
}
