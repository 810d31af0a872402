import CaliberDictionary
import CaliberEventLog
import CaliberTesting

/// A small shop with everything that intake does to events: repeats, refusals that a fixed contract takes in, types that
/// no contract declares yet, and a table that changes its definition with the fix.
struct FaultedShop {
    let before: LoadedDictionary
    let fixed: LoadedDictionary
    /// The stream in three parts, each taken in by a call of its own.
    let parts: [EventInput]

    static let orderCount = 60

    init(in folder: TemporaryFolder) throws {
        before = try FaultedShop.load(isFixed: false, in: folder)
        fixed = try FaultedShop.load(isFixed: true, in: folder)
        let lines = FaultedShop.lines()
        let third = (lines.count + 2) / 3
        parts = stride(from: 0, to: lines.count, by: third).map { start in
            let text = lines[start..<min(start + third, lines.count)].joined(separator: "\n")
            return .bytes(Array(text.utf8), origin: "part-\(start / third + 1)")
        }
    }

    private static func load(isFixed: Bool, in folder: TemporaryFolder) throws -> LoadedDictionary {
        let name = isFixed ? "fixed" : "before"
        try folder.write("name: shop\ntime_zone: Asia/Shanghai\ncurrency: CNY\n", to: "\(name)/caliber.yaml")
        try folder.write(contracts(isFixed: isFixed), to: "\(name)/contracts/orders.yaml")
        try folder.write(tables(isFixed: isFixed), to: "\(name)/tables/orders.yaml")
        return try MetricDictionary.load(from: folder.path(name))
    }

    private static func contracts(isFixed: Bool) -> String {
        var text = """
            contracts:
              - name: order.created
                version: 1
                owner: team:orders
                fields:
                  order_id: {type: identifier, required: true}
                  channel: {type: category, required: true}
              - name: payment.callback
                version: 1
                owner: team:payments
                fields:
                  order_id: {type: identifier, required: true}
                  amount: {type: money, required: true, minimum: 0}
                  result: {type: category, required: true, allowed: [success, failed\(isFixed ? ", sucess" : "")]}

            """
        if isFixed {
            text += """
                  - name: coupon.used
                    version: 1
                    owner: team:marketing
                    fields:
                      order_id: {type: identifier, required: true}
                      code: {type: category, required: true}

                """
        }
        return text
    }

    private static func tables(isFixed: Bool) -> String {
        var text = """
            tables:
              - name: orders
                owner: team:data
                key: order_id
                anchor: paid_at
                columns:
                  created_at: {type: timestamp, from: order.created.$time, fold: first}
                  channel: {type: category, from: order.created.channel, fold: first}
                  paid_at: {type: timestamp, from: payment.callback.$time, fold: first}
                  paid: {type: money, from: payment.callback.amount, fold: sum}
                  callbacks: {type: integer, from: payment.callback, fold: count}

            """
        if isFixed { text += "      coupons: {type: set, from: coupon.used.code, fold: set}\n" }
        return text
    }

    private static func lines() -> [String] {
        var generator = SeededGenerator(seed: 7)
        var lines: [String] = []
        for number in 1...orderCount {
            let minute = String(number % 60 + 100).dropFirst()
            let channel = ["douyin", "tmall", "jd"].randomElement(using: &generator) ?? "jd"
            lines.append(
                line(
                    "order.created", "o\(number)", "10:\(minute)",
                    "\"order_id\":\"A\(number)\",\"channel\":\"\(channel)\""))
            let result = number.isMultiple(of: 9) ? "sucess" : "success"
            let amount = "\(Int.random(in: 1...500, using: &generator)).50"
            let data = "\"order_id\":\"A\(number)\",\"amount\":\"\(amount)\",\"result\":\"\(result)\""
            let payment = line("payment.callback", "p\(number)", "11:\(minute)", data)
            lines.append(payment)
            if number.isMultiple(of: 6) { lines.append(payment) }
            if number.isMultiple(of: 7) {
                let coupon = "\"order_id\":\"A\(number)\",\"code\":\"C\(number % 4)\""
                lines.append(line("coupon.used", "c\(number)", "10:\(minute)", coupon))
            }
            if number.isMultiple(of: 20) {
                lines.append("{\"specversion\":\"1.0\",\"type\":\"order.created\",\"id\":\"b\(number)")
            }
        }
        return lines.shuffled(using: &generator)
    }

    private static func line(_ type: String, _ id: String, _ time: String, _ data: String) -> String {
        "{\"specversion\":\"1.0\",\"type\":\"\(type)\",\"source\":\"shop\",\"id\":\"\(id)\","
            + "\"time\":\"2026-03-01T\(time):00+08:00\",\"data\":{\(data)}}"
    }
}
