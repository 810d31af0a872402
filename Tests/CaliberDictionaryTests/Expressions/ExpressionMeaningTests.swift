import CaliberCore
import CaliberDictionary
import CaliberTesting
import Foundation
import Testing

@Suite struct ExpressionMeaningTests {
    static func compile(_ text: String, expecting: ExpectedType? = nil) throws -> TypedExpression {
        try ExpressionCompiler.compile(
            text, in: ExpressionDiagnosticsTests.scope, at: SourceLocation(file: "test"), expecting: expecting
        ).get()
    }

    @Test(arguments: [
        ("items + grams * 2 - 1", "((2 * grams) + items) - 1"),
        ("(items + grams) * 2", "(grams + items) * 2"),
        ("gift or first_order and not items = 2", "((2 != items) and first_order) or gift"),
        ("not gift = first_order", "first_order != gift"),
        ("items - grams - 1", "((items - grams) - 1)"),
        ("items / grams / 2", "(items / grams) / 2.0"),
        ("-items * grams", "((- items) * grams)"),
        ("items % grams + 1", "((items % grams) + 1)"),
        ("items between 1 and 2 and gift", "(1 <= items) and (items <= 2) and gift"),
        ("items not between 1 and 2", "(2 < items) or (items < 1)"),
        ("gift = (items > 1)", "((1 < items) = gift)"),
    ])
    func `operators bind as in SQL`(text: String, expected: String) throws {
        // The outermost parentheses are left out of `expected`.
        let canonical = try Self.compile(text).canonicalText
        #expect(canonical == expected || canonical == "(\(expected))")
    }

    @Test(arguments: [
        ["items > 5", "5 < items", "not items <= 5", "not not (items > 5)"],
        ["channel in ('b', 'a', 'b')", "channel in ('a', 'b')", "not (channel not in ('b', 'a'))"],
        ["channel in ('a')", "channel = 'a'", "'a' == channel"],
        [
            "channel in ('a', 'b', 'c')", "channel = 'a' or ('c' = channel or channel = 'b')",
            "channel in ('a', 'b') or channel = 'c'", "not (channel != 'a' and channel not in ('b', 'c'))",
        ],
        ["channel not in ('a', 'b')", "channel != 'a' and channel != 'b'", "not (channel = 'b' or channel = 'a')"],
        ["gift or paid in (1, 2.00 CNY)", "paid = 1.00 CNY or gift or paid = 2"],
        ["channel <> 'a'", "channel != 'a'", "not channel = 'a'", "channel not in ('a')"],
        [
            "gift and items > 5 and first_order", "first_order and (gift and 5 < items)",
            "gift and gift and items > 5 and first_order",
        ],
        ["not (gift and first_order)", "not first_order or not gift"],
        ["items + grams", "grams + items"], ["items * grams", "(grams) * (items)"],
        ["delay > 60 minutes", "delay > 1 hour", "delay > 3600 s", "1h < delay"],
        ["paid >= 100", "paid >= 100.00 CNY", "100.0 <= paid", "paid >= 1e2"],
        ["paid_at >= timestamp '2026-03-01'", "paid_at >= timestamp '2026-03-01T08:00:00+08:00'"],
        ["rate > 5", "rate > 5.0", "rate > 0.5e1"],
        ["rate * 2", "2.0 * rate"],
        ["product__category = 'x'", "product.category = 'x'"],
        ["case when gift then 1 end", "CASE WHEN gift THEN 1 ELSE NULL END"],
        ["items between 1 and 5", "items >= 1 and items <= 5", "5 >= items and 1 <= items"],
        ["-(-items)", "items"], ["-(5) + items", "items + -5"], ["paid > -(5)", "paid > -5.00 CNY"],
        ["paid_at is not null", "not (paid_at is null)"],
        ["least(items, grams)", "least(grams, items)"],
        ["coalesce(paid, 0)", "coalesce(paid, 0.00 CNY)"],
    ])
    func `texts that mean the same have one canonical text`(texts: [String]) throws {
        let canonical = Set(try texts.map { try Self.compile($0).canonicalText })
        #expect(canonical.count == 1, "\(canonical)")
    }

    @Test(arguments: [
        ["items - grams", "grams - items"], ["items > 5", "items >= 5", "items < 5", "items > 5.0", "grams > 5"],
        ["coalesce(items, grams)", "coalesce(grams, items)"], ["gift and first_order", "gift or first_order"],
        ["channel = 'a'", "channel = 'A'", "channel = '''a'''"], ["paid > 1.00 CNY", "paid > 1 CNY * 2"],
        ["delay > 1 hour", "items > 3600000000"], ["product__price > 1", "paid > 1"],
        ["case when gift then 1 else 2 end", "case when gift then 2 else 1 end"],
        ["date(paid_at)", "date(shipped_at)"],
        ["channel = 'x) and (gift'", "channel = 'x' and gift"],
        ["channel = 'a' or channel = 'b'", "channel = 'a' and channel = 'b'", "channel = 'a' or channel != 'b'"],
        ["channel = 'a' or buyer = 'b'", "channel in ('a', 'b')", "channel in ('a') or channel = buyer"],
    ])
    func `texts that mean different things have different canonical texts`(texts: [String]) throws {
        #expect(Set(try texts.map { try Self.compile($0).canonicalText }).count == texts.count)
    }

    @Test(arguments: [
        ("items + grams", LogicalType.integer), ("items + rate", .number), ("items / grams", .number),
        ("paid + product__price", .money(.cny)), ("paid * items", .money(.cny)), ("items * paid", .money(.cny)),
        ("paid * 0.06", .moneyRate(.cny)), ("paid / items", .moneyRate(.cny)), ("paid / product.price", .number),
        ("average + paid", .moneyRate(.cny)), ("average / paid", .number), ("average * items", .moneyRate(.cny)),
        ("round(paid * 0.06)", .money(.cny)), ("round(rate)", .integer), ("shipped_at - paid_at", .duration),
        ("paid_at + 4 hours", .timestamp), ("4 hours + paid_at", .timestamp), ("due_on + 1 day", .date),
        ("due_on - date '2026-03-01'", .duration), ("delay / 1 hour", .number), ("delay * 2", .duration),
        ("hours(delay)", .number), ("date(paid_at)", .date), ("coalesce(items, 0.5)", .number),
        ("case when gift then 'a' else 'b' end", .category), ("coalesce(channel, buyer)", .text),
        ("lower(buyer)", .identifier), ("greatest(items, rate)", .number),
        ("coalesce(paid, average)", .moneyRate(.cny)),
        ("paid_at is null", .boolean), ("paid + null", .money(.cny)), ("abs(delay)", .duration),
        ("product.score * 1", .number), ("\"case\"", .text), ("订单", .identifier),
    ])
    func `a result has the unit that its parts make`(text: String, type: LogicalType) throws {
        #expect(try Self.compile(text).type == type)
    }

    @Test(arguments: [
        ("paid", ExpectedType.exactly(.money(.cny)), LogicalType.money(.cny)),
        ("0", .exactly(.money(.cny)), .money(.cny)),
        ("5", .exactly(.number), .number), ("null", .exactly(.date), .date), ("null", .condition, .boolean),
        ("buyer", .exactly(.category), .category), ("'x'", .exactly(.identifier), .identifier),
        ("5", .numeric, .integer),
        ("paid_at", .ordered, .timestamp), ("delay", .numeric, .duration),
    ])
    func `a place gives its type to what fits it`(text: String, expected: ExpectedType, type: LogicalType) throws {
        #expect(try Self.compile(text, expecting: expected).type == type)
    }

    @Test(arguments: [
        "a'b", "it''s", "'", "", "订单", "\"", "two\nlines",
    ])
    func `a text literal says any text`(content: String) throws {
        let expression = TypedExpression(.literal(.text(content)), .text)
        #expect(try Self.compile(expression.displayText) == expression)
    }

    @Test(arguments: [
        ("not (gift and not first_order)", "not (gift and not first_order)"),
        ("((items)) + (grams * 2)", "items + grams * 2"),
        ("items - (grams - 1)", "items - (grams - 1)"), ("channel NOT IN ('a')", "channel not in ('a')"),
        ("not (items is null)", "items is not null"),
        ("paid >= 100", "paid >= 100.00 CNY"), ("delay > 90 min", "delay > 90 minutes"),
        ("delay > 24h", "delay > 1 day"),
        ("product.category = 'x'", "product__category = 'x'"), ("gift = (items > 1)", "gift = (items > 1)"),
        ("(gift or first_order) and gift", "(gift or first_order) and gift"), ("-(items + 1)", "-(items + 1)"),
    ])
    func `an expression is shown as a person would write it`(text: String, expected: String) throws {
        #expect(try Self.compile(text).displayText == expected)
    }

    @Test(arguments: ["'\u{301}", "\"\u{301}", "'", "''\u{200D}'"])
    func `a quote under an accent is doubled like any other`(content: String) throws {
        let text = TypedExpression(.comparison(.equal, try Self.compile("channel"), Self.literal(content)), .boolean)
        let again = try Self.compile(text.displayText)
        #expect(again.canonicalText == text.canonicalText)
        #expect(again.canonicalText.unicodeScalars.count { $0 == "'" } % 2 == 0)
    }

    @Test func `texts composed in different ways are different texts`() throws {
        let both = try Self.compile("channel in ('\u{E9}', 'e\u{301}')").canonicalText
        #expect(Array(both.utf8) == Array("(channel in ('e\u{301}', '\u{E9}'))".utf8))
        #expect(
            try Array(Self.compile("channel = '\u{E9}' or channel = 'e\u{301}'").canonicalText.utf8) == Array(both.utf8)
        )
    }

    private static func literal(_ content: String) -> TypedExpression {
        TypedExpression(.literal(.text(content)), .category)
    }

    @Test func `references are the distinct columns in order of first use`() throws {
        let expression = try Self.compile(
            "case when gift then paid - product__price else paid end > 5 and channel in ('a')")
        #expect(expression.references.map(\.qualifiedName) == ["gift", "paid", "product__price", "channel"])
    }

    @Test func `replacing a derived column writes its expression out`() throws {
        let derived = try Self.compile("shipped_at - paid_at")
        let expression = try Self.compile("delay > 4 hours or delay is null")
        let written = expression.replacing { $0.name == "delay" ? derived : nil }
        #expect(written.displayText == "shipped_at - paid_at > 4 hours or shipped_at - paid_at is null")
        #expect(written.references.map(\.name) == ["shipped_at", "paid_at"])
    }

    @Test func `a conjunction is flat, and nothing for no parts`() throws {
        let parts = try ["gift and first_order", "items > 1"].map { try Self.compile($0) }
        #expect(TypedExpression.conjunction(parts)?.displayText == "gift and first_order and items > 1")
        #expect(TypedExpression.conjunction([parts[1]]) == parts[1])
        #expect(TypedExpression.conjunction([]) == nil)
    }

    @Test func `a tree that doubles, or goes deep, is told too large without being walked`() throws {
        var expression = try Self.compile("items + items")
        for _ in 0..<60 { expression = TypedExpression(.arithmetic(.add, expression, expression), .integer) }
        // Not inside the expectation, which would describe the whole tree.
        let isLarge = expression.isLarger(thanNodeCount: 1000)
        #expect(isLarge)
        var deep = try Self.compile("items + 1")
        for _ in 0..<ExpressionCompiler.maximumWrittenOutDepth { deep = TypedExpression(.negate(deep), .integer) }
        let isDeep = deep.isLarger()
        #expect(isDeep)
        #expect(try !Self.compile("items + 1").isLarger())
        #expect(try !Self.compile("items + 1").isLarger(thanNodeCount: 3))
        #expect(try Self.compile("items + 1").isLarger(thanNodeCount: 2))
    }
}

@Suite struct ExpressionRandomTests {
    @Test(arguments: 0..<400 as Range<UInt64>)
    func `reading what is shown gives the same meaning`(seed: UInt64) throws {
        var random = RandomExpressions(seed: seed)
        let expression = random.varying(random.type(), depth: 5)
        let text = expression.displayText
        let read = try ExpressionCompiler.compile(
            text, in: RandomExpressions.scope, at: SourceLocation(file: "seed \(seed)"),
            expecting: .exactly(expression.type)
        ).get()
        #expect(read.canonicalText == expression.canonicalText, "\(text)")
        #expect(read.type == expression.type, "\(text)")
        #expect(read.displayText == text)
        #expect(Set(read.references) == Set(expression.references))
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `no text crashes the compiler, and what is refused is explained`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for text in Self.strangeTexts(&generator) {
            let result = ExpressionCompiler.compile(
                text, in: RandomExpressions.scope, at: SourceLocation(file: "seed \(seed)"))
            switch result {
            case .success(let expression): #expect(!expression.canonicalText.isEmpty)
            case .failure(let list): #expect(!list.diagnostics.isEmpty)
            }
        }
    }

    /// Random bytes, random words of the language, and a right text with a few characters changed.
    static func strangeTexts(_ generator: inout SeededGenerator) -> [String] {
        let bytes = (0..<60).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let words = [
            "paid", "items", "gift", "channel", "'a'", "5", "5.5", "(", ")", "+", "-", "*", "/", "and", "or", "not",
            "in",
            "is", "null", "between", "case", "when", "then", "else", "end", ",", "=", "<", "hours", "CNY", "date",
            "year(",
            "coalesce(", "timestamp", "'2026-03-01'", "true", "99999999999999999999", "product__category", "\"case\"",
            "$x",
        ]
        let soup = (0..<25).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
        var random = RandomExpressions(seed: generator.next())
        var scalars = Array(random.expression(of: random.type(), depth: 4).displayText.unicodeScalars)
        for _ in 0..<3 {
            let position = Int.random(in: 0..<scalars.count, using: &generator)
            let replacement = Unicode.Scalar(UInt32.random(in: 0x20..<0x3000, using: &generator)) ?? "x"
            if Bool.random(using: &generator) { scalars[position] = replacement } else { scalars.remove(at: position) }
            if scalars.isEmpty { scalars = ["x"] }
        }
        return [String(decoding: bytes, as: UTF8.self), soup, String(String.UnicodeScalarView(scalars))]
    }

    @Test func `the deepest text that is allowed fits a small stack`() {
        let depth = ExpressionCompiler.maximumDepth - 1
        let texts = [
            String(repeating: "(", count: depth) + "gift" + String(repeating: ")", count: depth),
            String(repeating: "not (", count: depth / 2) + "gift" + String(repeating: ")", count: depth / 2),
            String(repeating: "abs(", count: depth) + "items" + String(repeating: ")", count: depth),
            String(repeating: "case when gift then ", count: depth) + "1" + String(repeating: " end", count: depth),
            Array(repeating: "items", count: depth).joined(separator: " + "),
        ]
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            for text in texts {
                let result = ExpressionCompiler.compile(
                    text, in: RandomExpressions.scope, at: SourceLocation(file: "deep"))
                #expect(throws: Never.self) { try result.get().canonicalText.count + result.get().displayText.count }
            }
            done.signal()
        }
        thread.stackSize = 1 << 19
        thread.start()
        done.wait()
    }
}
