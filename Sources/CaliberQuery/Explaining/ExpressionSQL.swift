import CaliberCore
import CaliberDictionary

/// Expressions as SQL over the wide table, in the dialect DuckDB and current ClickHouse share as far as they do: for
/// people to read and to check a figure elsewhere.
///
/// Money is whole minor units, durations are microseconds, timestamps have a time zone.
struct ExpressionSQL {
    let zone: BusinessZone
    /// The SQL of a column.
    let column: (ColumnReference) -> String

    func text(_ expression: TypedExpression) -> String {
        switch expression.node {
        case .literal(let literal): ExpressionSQL.text(literal, expression.type)
        case .column(let reference): column(reference)
        case .negate(let operand): "-(\(text(operand)))"
        case .not(let operand): "NOT (\(text(operand)))"
        case .arithmetic(let sign, let left, let right): arithmetic(sign, left, right)
        case .comparison(let sign, let left, let right):
            "\(grouped(left)) \(sign == .notEqual ? "<>" : sign.rawValue) \(grouped(right))"
        case .and(let operands): operands.map { "(\(text($0)))" }.joined(separator: " AND ")
        case .or(let operands): operands.map { "(\(text($0)))" }.joined(separator: " OR ")
        case .isMember(let value, let members):
            "\(grouped(value)) IN ("
                + members.map { ExpressionSQL.text($0, value.type) }.joined(separator: ", ") + ")"
        case .isNull(let operand): "\(grouped(operand)) IS NULL"
        case .choose(let branches, let otherwise):
            "CASE" + branches.map { " WHEN \(text($0.condition)) THEN \(text($0.value))" }.joined()
                + (otherwise.map { " ELSE \(text($0))" } ?? "") + " END"
        case .coalesce(let operands): "COALESCE(\(operands.map(text).joined(separator: ", ")))"
        case .call(let function, let arguments): call(function, arguments)
        }
    }

    private func grouped(_ expression: TypedExpression) -> String {
        switch expression.node {
        case .literal, .column, .call, .coalesce: text(expression)
        default: "(\(text(expression)))"
        }
    }

    private func arithmetic(_ sign: ArithmeticOperator, _ left: TypedExpression, _ right: TypedExpression) -> String {
        switch (sign, left.type, right.type) {
        case (.subtract, .timestamp, .timestamp):
            "DATE_DIFF('microsecond', \(text(right)), \(text(left)))"
        case (_, .timestamp, .duration):
            "\(grouped(left)) \(sign.rawValue) TO_MICROSECONDS(\(text(right)))"
        case (_, .duration, .timestamp):
            "\(grouped(right)) \(sign.rawValue) TO_MICROSECONDS(\(text(left)))"
        case (.divide, _, _): "\(grouped(left)) / NULLIF(\(text(right)), 0)"
        default: "\(grouped(left)) \(sign.rawValue) \(grouped(right))"
        }
    }

    private func call(_ function: Function, _ arguments: [TypedExpression]) -> String {
        let texts = arguments.map(text)
        let first = texts.first ?? "NULL"
        switch function {
        case .year, .quarter, .month, .week, .day, .hour:
            return "EXTRACT(\(function.rawValue) FROM \(local(arguments)))"
        case .weekday: return "EXTRACT(isodow FROM \(local(arguments)))"
        case .date: return "CAST(\(local(arguments)) AS DATE)"
        case .seconds: return "(\(first)) / 1e6"
        case .minutes: return "(\(first)) / 6e7"
        case .hours: return "(\(first)) / 3.6e9"
        case .days: return "(\(first)) / 8.64e10"
        case .has: return "LIST_CONTAINS(\(texts.joined(separator: ", ")))"
        case .size: return "LEN(\(first))"
        default: return "\(function.rawValue.uppercased())(\(texts.joined(separator: ", ")))"
        }
    }

    private func local(_ arguments: [TypedExpression]) -> String {
        guard let first = arguments.first else { return "NULL" }
        return first.type == .timestamp ? localTime(text(first)) : text(first)
    }

    /// A moment on the zone's clock.
    func localTime(_ moment: String) -> String { "\(moment) AT TIME ZONE '\(zone.identifier)'" }

    static func text(_ literal: TypedExpression.Literal, _ type: LogicalType) -> String {
        switch (literal, type) {
        case (.null, _): "NULL"
        case (.boolean(let value), _): value ? "TRUE" : "FALSE"
        case (.integer(let value), .timestamp): moment(value)
        case (.integer(let value), .date): "DATE '\(CivilDate(dayNumber: Int32(clamping: value)))'"
        case (.integer(let value), _): String(value)
        case (.number(let value), _): "\(value)"
        case (.text(let value), _):
            "'" + value.map { $0 == "'" ? "''" : String($0) }.joined() + "'"
        }
    }

    static func moment(_ microseconds: Int64) -> String {
        "TIMESTAMPTZ '\(Timestamp(microseconds: microseconds))'"
    }
}
