import CaliberCore
import CaliberDictionary

/// One value of one row.
enum RowValue: Equatable {
    case null
    case boolean(Bool)
    /// Also amounts, moments, days and durations.
    case integer(Int64)
    case float(Double)
    case text(String)
}

/// Evaluates an expression for one row by walking its tree: slow, plain, and written apart from the vector program that
/// it judges.
struct RowInterpreter {
    let zone: BusinessZone
    let columns: (ColumnReference) -> RowValue

    func value(_ expression: TypedExpression) -> RowValue {
        switch expression.node {
        case .literal(.null): return .null
        case .literal(.boolean(let value)): return .boolean(value)
        case .literal(.integer(let value)): return .integer(value)
        case .literal(.number(let value)): return .float(value)
        case .literal(.text(let text)): return .text(text)
        case .column(let reference): return columns(reference)
        case .negate(let operand):
            switch value(operand) {
            case .integer(let number): return number == .min ? .null : .integer(-number)
            case .float(let number): return .float(0 - number)
            default: return .null
            }
        case .not(let operand): return truth(operand).map { .boolean(!$0) } ?? .null
        case .and(let parts):
            let truths = parts.map(truth)
            return truths.contains(false) ? .boolean(false) : truths.contains(nil) ? .null : .boolean(true)
        case .or(let parts):
            let truths = parts.map(truth)
            return truths.contains(true) ? .boolean(true) : truths.contains(nil) ? .null : .boolean(false)
        case .arithmetic(let symbol, let left, let right):
            return calculate(symbol, left, right, expression.type)
        case .comparison(let symbol, let left, let right):
            return compare(symbol, value(left), value(right))
        case .isMember(let operand, let members):
            let found = value(operand)
            guard found != .null else { return .null }
            let values = members.map { value(TypedExpression(.literal($0), operand.type)) }
            return .boolean(values.contains { compare(.equal, found, $0) == .boolean(true) })
        case .isNull(let operand): return .boolean(value(operand) == .null)
        case .choose(let branches, let otherwise):
            for branch in branches where truth(branch.condition) == true {
                return stored(value(branch.value), as: expression.type)
            }
            return stored(otherwise.map(value) ?? .null, as: expression.type)
        case .coalesce(let operands):
            return stored(operands.map(value).first { $0 != .null } ?? .null, as: expression.type)
        case .call(let function, let arguments):
            return call(function, arguments, expression.type)
        }
    }

    private func truth(_ expression: TypedExpression) -> Bool? {
        if case .boolean(let truth) = value(expression) { truth } else { nil }
    }

    /// A whole number where a float is asked for.
    private func stored(_ value: RowValue, as type: LogicalType) -> RowValue {
        if case .integer(let number) = value, type.storage == .float { return .float(Double(number)) }
        return value
    }

    private func number(_ value: RowValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }

    private func calculate(
        _ symbol: ArithmeticOperator, _ left: TypedExpression, _ right: TypedExpression, _ type: LogicalType
    ) -> RowValue {
        let (one, other) = (value(left), value(right))
        if type.storage == .float {
            guard let first = number(one), let second = number(other) else { return .null }
            let result: Double
            switch symbol {
            case .add: result = first + second
            case .subtract: result = first - second
            case .multiply: result = first * second
            default: result = second == 0 ? .nan : first / second
            }
            return result.isFinite ? .float(result) : .null
        }
        guard case .integer(let first) = one, case .integer(let second) = other else { return .null }
        if type == .date { return day(symbol, first, second, isDateFirst: left.type == .date) }
        let (result, overflow): (Int64, Bool)
        switch symbol {
        case .add: (result, overflow) = first.addingReportingOverflow(second)
        case .subtract: (result, overflow) = first.subtractingReportingOverflow(second)
        case .multiply: (result, overflow) = first.multipliedReportingOverflow(by: second)
        default:
            if second == -1 { return .integer(0) }
            (result, overflow) = first.remainderReportingOverflow(dividingBy: second)
        }
        guard !overflow else { return .null }
        guard left.type == .date else { return .integer(result) }
        let microseconds = result.multipliedReportingOverflow(by: 86_400_000_000)
        return microseconds.overflow ? .null : .integer(microseconds.partialValue)
    }

    private func day(_ symbol: ArithmeticOperator, _ first: Int64, _ second: Int64, isDateFirst: Bool) -> RowValue {
        let (date, duration) = isDateFirst ? (first, second) : (second, first)
        guard duration % 86_400_000_000 == 0 else { return .null }
        let days = duration / 86_400_000_000
        let moved = date.addingReportingOverflow(symbol == .add ? days : -days)
        return moved.overflow ? .null : .integer(moved.partialValue)
    }

    private func compare(_ symbol: ComparisonOperator, _ left: RowValue, _ right: RowValue) -> RowValue {
        switch (left, right) {
        case (.null, _), (_, .null): return .null
        case (.boolean(let one), .boolean(let other)): return .boolean((one == other) == (symbol == .equal))
        case (.text(let one), .text(let other)): return ordered(symbol, Array(one.utf8), Array(other.utf8))
        case (.integer(let one), .integer(let other)): return ordered(symbol, [one], [other])
        default:
            guard let one = number(left), let other = number(right) else { return .null }
            return ordered(symbol, [one], [other])
        }
    }

    private func ordered<Part: Comparable>(_ symbol: ComparisonOperator, _ left: [Part], _ right: [Part]) -> RowValue {
        let isLess = left.lexicographicallyPrecedes(right)
        let isGreater = right.lexicographicallyPrecedes(left)
        switch symbol {
        case .equal: return .boolean(!isLess && !isGreater)
        case .notEqual: return .boolean(isLess || isGreater)
        case .less: return .boolean(isLess)
        case .lessOrEqual: return .boolean(!isGreater)
        case .greater: return .boolean(isGreater)
        case .greaterOrEqual: return .boolean(!isLess)
        }
    }
}
