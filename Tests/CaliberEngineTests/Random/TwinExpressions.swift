import CaliberCore
import CaliberDictionary
import CaliberTesting

/// One expression in two languages, each written without looking at the other.
struct Twin {
    let text: String
    let sql: String
}

struct TwinColumn {
    /// As an expression names it, `thing.maker.country`; a query's group-by has `__` for each dot.
    let name: String
    let type: LogicalType

    var dimension: String { name.split(separator: ".").joined(separator: "__") }
    var sql: String { "\"\(dimension)\"" }
}

/// Random expressions over some columns, as Caliber's text and as DuckDB's SQL.
///
/// In DuckDB money, moments and durations are whole numbers of their smallest unit. What the two define otherwise is
/// spelled out in SQL: a zero divisor gives null, and so does `least` when an argument is null.
struct TwinExpressions {
    var generator: SeededGenerator
    let columns: [TwinColumn]
    /// A DuckDB macro that gives the local time of a moment.
    let clock: String

    static let words = ["a", "ab", "b", "Tea", "茶", "o'clock"]

    // MARK: Conditions

    mutating func condition(_ depth: Int) -> Twin {
        switch number(below: depth > 0 ? 11 : 7) {
        case 0: return column(.boolean)
        case 1: return comparison(depth)
        case 2: return membership(depth)
        case 3:
            let tested = column(pick(columns).type)
            return chance(50)
                ? Twin(text: "(\(tested.text) is null)", sql: "(\(tested.sql) IS NULL)")
                : Twin(text: "(\(tested.text) is not null)", sql: "(\(tested.sql) IS NOT NULL)")
        case 4: return textTest()
        case 5:
            let (set, word) = (column(.set), pick(TwinExpressions.words))
            return Twin(
                text: "has(\(set.text), \(TwinExpressions.quoted(word)))",
                sql: "list_contains(\(set.sql), \(TwinExpressions.quoted(word)))")
        case 6: return range(depth)
        case 7:
            let operand = condition(depth - 1)
            return Twin(text: "(not \(operand.text))", sql: "(NOT \(operand.sql))")
        default:
            let (left, right) = (condition(depth - 1), condition(depth - 1))
            let word = pick(["and", "or"])
            return Twin(
                text: "(\(left.text) \(word) \(right.text))", sql: "(\(left.sql) \(word.uppercased()) \(right.sql))")
        }
    }

    private mutating func comparison(_ depth: Int) -> Twin {
        let type = pick(TwinExpressions.comparable)
        let symbol = pick(["=", "!=", "<", "<=", ">", ">="])
        let left = value(type, max(depth - 1, 0))
        let right = chance(60) ? literal(type) : value(type, max(depth - 1, 0))
        return Twin(text: "(\(left.text) \(symbol) \(right.text))", sql: "(\(left.sql) \(symbol) \(right.sql))")
    }

    private mutating func range(_ depth: Int) -> Twin {
        let type = pick(TwinExpressions.comparable)
        let (tested, low, high) = (value(type, max(depth - 1, 0)), literal(type), literal(type))
        return Twin(
            text: "(\(tested.text) between \(low.text) and \(high.text))",
            sql: "(\(tested.sql) BETWEEN \(low.sql) AND \(high.sql))")
    }

    private mutating func membership(_ depth: Int) -> Twin {
        let type = pick(TwinExpressions.comparable)
        let tested = value(type, max(depth - 1, 0))
        let members = (0..<Int.random(in: 1...20, using: &generator)).map { _ in literal(type) }
        let word = pick(["in", "not in"])
        return Twin(
            text: "(\(tested.text) \(word) (\(members.map(\.text).joined(separator: ", "))))",
            sql: "(\(tested.sql) \(word.uppercased()) (\(members.map(\.sql).joined(separator: ", "))))")
    }

    private mutating func textTest() -> Twin {
        let tested = value(pick([.category, .identifier, .text]), 0)
        let part = TwinExpressions.quoted(pick(["a", "b", "T", "茶", "k1"]))
        let name = pick(["starts_with", "ends_with", "contains"])
        return Twin(text: "\(name)(\(tested.text), \(part))", sql: "\(name)(\(tested.sql), \(part))")
    }

    // MARK: Values

    static let money = LogicalType.money(.cny)
    private static let comparable: [LogicalType] = [
        .integer, .number, money, .timestamp, .date, .duration, .category, .identifier, .text,
    ]

    mutating func value(_ type: LogicalType, _ depth: Int) -> Twin {
        guard depth > 0 else { return column(type) }
        if chance(15) { return choice(type, depth) }
        if chance(15) {
            let (first, second) = (value(type, depth - 1), chance(50) ? literal(type) : column(type))
            return Twin(
                text: "coalesce(\(first.text), \(second.text))", sql: "coalesce(\(first.sql), \(second.sql))")
        }
        switch type {
        case .integer: return integer(depth)
        case .number: return float(depth)
        case .money, .duration: return chance(50) ? sized(type, depth) : sum(type, depth)
        case .timestamp:
            let (moment, shift) = (column(type), literal(.duration))
            let sign = pick(["+", "-"])
            return Twin(text: "(\(moment.text) \(sign) \(shift.text))", sql: "(\(moment.sql) \(sign) \(shift.sql))")
        case .date:
            let moment = column(.timestamp)
            return Twin(text: "date(\(moment.text))", sql: "CAST(\(clock)(\(moment.sql)) AS DATE)")
        case .category, .identifier, .text:
            let (operand, name) = (column(type), pick(["lower", "upper"]))
            return Twin(text: "\(name)(\(operand.text))", sql: "\(name)(\(operand.sql))")
        default: return column(type)
        }
    }

    private mutating func choice(_ type: LogicalType, _ depth: Int) -> Twin {
        let (condition, first) = (condition(depth - 1), value(type, depth - 1))
        guard chance(70) else {
            return Twin(
                text: "case when \(condition.text) then \(first.text) end",
                sql: "CASE WHEN \(condition.sql) THEN \(first.sql) END")
        }
        let second = value(type, depth - 1)
        return Twin(
            text: "case when \(condition.text) then \(first.text) else \(second.text) end",
            sql: "CASE WHEN \(condition.sql) THEN \(first.sql) ELSE \(second.sql) END")
    }

    private mutating func integer(_ depth: Int) -> Twin {
        switch number(below: 7) {
        case 0: return sized(.integer, depth)
        case 1:
            let (left, right) = (column(.integer), column(.integer))
            return Twin(
                text: "(\(left.text) % \(right.text))", sql: "(\(left.sql) % NULLIF(\(right.sql), 0))")
        case 2:
            let text = column(.text)
            return Twin(text: "length(\(text.text))", sql: "length(\(text.sql))")
        case 3:
            let set = column(.set)
            return Twin(text: "size(\(set.text))", sql: "len(\(set.sql))")
        case 4:
            let (moment, day) = (column(.timestamp), column(.date))
            let (name, part) = pick([
                ("year", "year"), ("quarter", "quarter"), ("month", "month"), ("week", "week"), ("day", "day"),
                ("weekday", "isodow"),
            ])
            if chance(30) { return Twin(text: "\(name)(\(day.text))", sql: "date_part('\(part)', \(day.sql))") }
            if chance(30) {
                return Twin(text: "hour(\(moment.text))", sql: "date_part('hour', \(clock)(\(moment.sql)))")
            }
            return Twin(text: "\(name)(\(moment.text))", sql: "date_part('\(part)', \(clock)(\(moment.sql)))")
        case 5:
            let operand = column(.number)
            let name = pick(["floor", "ceil", "round"])
            return Twin(text: "\(name)(\(operand.text))", sql: "CAST(\(name)(\(operand.sql)) AS BIGINT)")
        default: return sum(.integer, depth)
        }
    }

    private mutating func float(_ depth: Int) -> Twin {
        switch number(below: 4) {
        case 0:
            let type = pick([LogicalType.integer, TwinExpressions.money, .duration])
            let (left, right) = (value(type, depth - 1), value(type, depth - 1))
            return Twin(
                text: "(\(left.text) / \(right.text))",
                sql: "(CAST(\(left.sql) AS DOUBLE) / NULLIF(CAST(\(right.sql) AS DOUBLE), 0))")
        case 1:
            let operand = value(.duration, depth - 1)
            return Twin(text: "hours(\(operand.text))", sql: "(CAST(\(operand.sql) AS DOUBLE) / 3600000000.0::DOUBLE)")
        case 2:
            let (left, right) = (column(.number), column(.integer))
            return Twin(text: "(\(left.text) * \(right.text))", sql: "(\(left.sql) * CAST(\(right.sql) AS DOUBLE))")
        default: return chance(50) ? sized(.number, depth) : sum(.number, depth)
        }
    }

    private mutating func sum(_ type: LogicalType, _ depth: Int) -> Twin {
        if type == .duration, chance(40) {
            let (left, right) = (column(.timestamp), column(.timestamp))
            return Twin(text: "(\(left.text) - \(right.text))", sql: "(\(left.sql) - \(right.sql))")
        }
        if type != .number, chance(20) {
            let (operand, factor) = (value(type, depth - 1), Int.random(in: 2...4, using: &generator))
            return Twin(text: "(\(operand.text) * \(factor))", sql: "(\(operand.sql) * \(factor))")
        }
        let (left, right) = (value(type, depth - 1), chance(30) ? literal(type) : value(type, depth - 1))
        let sign = pick(["+", "-"])
        return Twin(text: "(\(left.text) \(sign) \(right.text))", sql: "(\(left.sql) \(sign) \(right.sql))")
    }

    private mutating func sized(_ type: LogicalType, _ depth: Int) -> Twin {
        let first = value(type, depth - 1)
        guard chance(60) else { return Twin(text: "abs(\(first.text))", sql: "abs(\(first.sql))") }
        let (second, name) = (column(type), pick(["least", "greatest"]))
        return Twin(
            text: "\(name)(\(first.text), \(second.text))",
            sql: "(CASE WHEN \(first.sql) IS NOT NULL AND \(second.sql) IS NOT NULL "
                + "THEN \(name)(\(first.sql), \(second.sql)) END)")
    }

    mutating func column(_ type: LogicalType) -> Twin {
        guard let column = columns.filter({ $0.type == type }).randomElement(using: &generator) else {
            return literal(type)
        }
        return Twin(text: column.name, sql: column.sql)
    }

    // MARK: Literals

    private mutating func literal(_ type: LogicalType) -> Twin {
        switch type {
        case .boolean: return chance(50) ? Twin(text: "true", sql: "true") : Twin(text: "false", sql: "false")
        case .integer:
            let value = Int.random(in: 0...9, using: &generator)
            return Twin(text: "\(value)", sql: "\(value)")
        case .number:
            let value = Double(Int.random(in: 0...80, using: &generator)) / 8
            return Twin(text: "\(value)", sql: "CAST(\(value) AS DOUBLE)")
        case .money, .moneyRate:
            let minor = Int64.random(in: 0...3000, using: &generator)
            return Twin(text: "\(DecimalText.format(minor, scale: 2)) CNY", sql: "\(minor)")
        case .timestamp:
            let moment = RandomWorld.moment(&generator)
            return Twin(text: "timestamp '\(Timestamp(microseconds: moment))'", sql: "\(moment)")
        case .date:
            let day = CivilDate(dayNumber: RandomWorld.day(&generator))
            return Twin(text: "date '\(day)'", sql: "DATE '\(day)'")
        case .duration:
            let hours = Int64.random(in: 1...200, using: &generator)
            return Twin(text: "\(hours) hours", sql: "\(hours * 3_600_000_000)")
        case .category, .identifier, .text, .set:
            let word = TwinExpressions.quoted(pick(TwinExpressions.words + ["k1", "k2"]))
            return Twin(text: word, sql: word)
        }
    }

    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    mutating func chance(_ percent: Int) -> Bool { number(below: 100) < percent }

    mutating func number(below limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(below: elements.count)] }
}
