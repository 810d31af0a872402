import CaliberCore
import CaliberDictionary
import CaliberTesting
import Foundation
import Testing

@Suite struct ExpressionDiagnosticsTests {
    /// Texts that must be refused, each for another mistake; a prefix `condition:` and its like say what is expected.
    static let faultyTexts: [String] = [
        // The text as a whole.
        "", "   ", String(repeating: "(", count: 101) + "paid",
        Array(repeating: "items", count: 102).joined(separator: " + "),
        String(repeating: "not ", count: 101) + "gift", String(repeating: "-", count: 101) + "items",
        // Signs and words.
        "paid ＞ 100", "status = ‘paid’", "gift && first_order", "gift || first_order", "!gift", "items，grams",
        "items @ 2",
        "items\u{3000}+ 1", "status = 'paid", "\"status", "items +", "items + * 2", "(items", "items)", "items grams",
        "status like 'p%'", "select paid", "items as n", "a < b < c", "items = grams = 2",
        "case status when 'paid' then 1 end",
        "case when gift then 1", "case when gift 1 end", "case when gift then 1 else 2 when first_order then 3 end",
        "items in 3", "items in ()", "items in (1, 2", "items between 1 or 2", "items is 3", "items not 3",
        "status not like 'x'",
        "in", "+ items", "year(", "year(paid_at", "coalesce(items,)",
        // Literals.
        "items > 99999999999999999999", "rate > 1e999", "paid > 19.999 CNY", "paid > 99999999999999999 CNY",
        "delay > 4 horus",
        "delay > 1.5 hours", "paid > 5 CNX", "paid_at > timestamp '2026-02-30'",
        "paid_at > timestamp '2026-03-01T25:00:00Z'",
        "paid_at > timestamp 'yesterday'", "due_on > date '2026-13-01'", "due_on > date '1 March'",
        "due_on > date '2026-02-30'",
        // Names.
        "pade > 1 CNY", "product__categry = 'x'", "product.categry = 'x'", "warehouse = 'x'", "status = \"paid_order\"",
        "sum(paid)", "if(gift, 1, 2)", "ifnull(items, 0)", "now()", "cast(items)", "yaer(paid_at)", "wibble(items)",
        // Arguments.
        "year()", "year(paid_at, due_on)", "least(items)", "coalesce()", "year(items)", "hours(items)", "length(items)",
        "hour(due_on)", "has(channel, 'x')", "has(coupons, 5)", "abs(channel)", "least(gift, first_order)",
        "round(delay)",
        "year('2026-03-01')", "starts_with(channel, 5)",
        // Arithmetic.
        "paid + items", "paid + 5", "paid * paid", "paid + usd_paid", "paid / usd_paid", "items + channel",
        "channel + 'x'",
        "paid_at + 4", "paid_at + shipped_at", "paid_at - due_on", "delay * 2.5", "delay / 2", "delay + items",
        "rate % 2",
        "-channel", "due_on + 5 hours", "gift + 1", "coupons + 1", "null + null", "items / delay",
        // Comparisons.
        "paid > usd_paid", "paid > 19.999", "paid in (1.5, 2.555)", "paid > items", "paid_at > '2026-03-01'",
        "due_on = '2026-03-01'", "paid_at > due_on", "delay > 4", "channel = 5", "items = '5'", "paid = '5'",
        "gift = 'true'",
        "gift > first_order", "coupons = 'x'", "channel < items", "items = null", "null != items", "items in (1, null)",
        "items in ('a', 'b')", "paid_at between '2026-03-01' and '2026-03-02'", "paid > 5.00 USD", "5 = 'five'",
        // Conditions and branches.
        "channel and gift", "not items", "gift or 1", "coupons or gift", "case when items then 1 end",
        "case when gift then paid else items end", "case when gift then 1 else 'x' end",
        "case when gift then paid else usd_paid end", "coalesce(paid, 'x')", "coalesce(null, null)", "null is null",
        "case when gift then 1 else paid_at end", "coalesce(paid, 1.999)", "least(items, paid_at)",
        // What the place asks for.
        "condition: items", "condition: channel", "condition: coupons", "condition: 'x'", "number: items",
        "money: paid / 3",
        "money: items", "money: 5.999", "integer: rate", "date: paid_at", "timestamp: due_on",
        "timestamp: '2026-03-01'",
        "numeric: gift", "numeric: channel", "ordered: coupons", "money: usd_paid", "number: delay", "any: null",
        // Several at once.
        "pade > 1 CNY and chanel = 'x' and items = 'y' and wibble(2)",
        "case when itemz > 1 then paid + 1 else year(grams) end", "gift\n  and pade > 1\n  and items = 'x'",
        "paid > 1.999 CNY and delay > 4 horus and nothing",
        "warehouse in (1, 'a', other) or not (depot + 1)",
    ]

    static let scope: ExpressionScope = {
        var columns: [ColumnReference: LogicalType] = [:]
        for (reference, type) in RandomExpressions.columns { columns[reference] = type }
        columns[ColumnReference(name: "status")] = .category
        columns[ColumnReference(name: "usd_paid")] = Currency(code: "USD").map(LogicalType.money)
        return ExpressionScope(description: "table orders", columns: columns, currency: .cny, zone: .utc)
    }()

    static let expectations: [(prefix: String, expected: ExpectedType?)] = [
        ("condition: ", .condition), ("number: ", .exactly(.number)), ("integer: ", .exactly(.integer)),
        ("money: ", .exactly(.money(.cny))), ("date: ", .exactly(.date)), ("timestamp: ", .timestamp),
        ("numeric: ", .numeric), ("ordered: ", .ordered), ("any: ", nil),
    ]

    static func compile(_ text: String) -> Result<TypedExpression, DiagnosticList> {
        let location = SourceLocation(file: "metrics/gmv.yaml", line: 12, column: 9)
        for (prefix, expected) in expectations where text.hasPrefix(prefix) {
            return ExpressionCompiler.compile(
                String(text.dropFirst(prefix.count)), in: scope, at: location, expecting: expected)
        }
        return ExpressionCompiler.compile(text, in: scope, at: location)
    }

    @Test func `every mistake is told with its place and what to write instead`() {
        var report = ""
        for text in Self.faultyTexts {
            let shown = text.count > 120 ? text.prefix(60) + " … (\(text.count) characters)" : text[...]
            report += "> \(shown)\n"
            switch Self.compile(text) {
            case .success(let expression): report += "  ACCEPTED as \(expression.displayText)\n"
            case .failure(let list): for diagnostic in list.diagnostics { report += "  \(diagnostic)\n" }
            }
        }
        #expect(!report.contains("ACCEPTED"))
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        GoldenFile.expect(report, matches: "expression-diagnostics.txt", testFile: folder)
    }

    @Test func `a text that is too long is refused unread`() throws {
        let text = String(repeating: " ", count: ExpressionCompiler.maximumTextBytes) + "gift"
        let problems = try #require(Self.problems(text))
        #expect(problems.map(\.code) == ["expression-too-long"])
    }

    @Test func `conditions that write their value out are refused before they explode`() throws {
        var text = "items"
        for _ in 0..<30 { text = "case when \(text) between 1 and 2 then 1 else 2 end" }
        let problems = try #require(Self.problems(text))
        #expect(problems.map(\.code) == ["expression-too-large"])
    }

    @Test func `places count characters of the text, without a file's line too`() throws {
        let bare = ExpressionCompiler.compile(
            "'订单' = chanel", in: Self.scope, at: SourceLocation(file: "--where"))
        guard case .failure(let list) = bare else { Issue.record("it was accepted"); return }
        #expect(list.diagnostics.first?.location == SourceLocation(file: "--where", line: nil, column: 8))
        let lines = try #require(Self.problems("gift\n  and chanel = 'x'"))
        #expect(lines.first?.location == SourceLocation(file: "metrics/gmv.yaml", line: 13, column: 15))
    }

    static func problems(_ text: String) -> [Diagnostic]? {
        if case .failure(let list) = compile(text) { list.diagnostics } else { nil }
    }
}
