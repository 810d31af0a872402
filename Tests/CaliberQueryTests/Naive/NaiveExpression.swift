import CaliberCore
import CaliberDictionary

/// Evaluates an expression for one row, as its text reads: nothing shared with the vector machine.
struct NaiveExpression {
    let zone: BusinessZone
    let column: (ColumnReference) -> Cell

    func value(_ expression: TypedExpression) -> Cell {
        switch expression.node {
        case .literal(let literal): return cell(literal, expression.type)
        case .column(let reference): return column(reference)
        case .negate(let operand):
            switch value(operand) {
            case .integer(let value): return .integer(-value)
            case .number(let value): return .number(0 - value)
            default: return .null
            }
        case .not(let operand):
            if case .boolean(let truth) = value(operand) { return .boolean(!truth) }
            return .null
        case .and(let parts): return connect(parts, decidedBy: false)
        case .or(let parts): return connect(parts, decidedBy: true)
        case .isNull(let operand): return .boolean(value(operand) == .null)
        case .isMember(let operand, let members):
            let own = value(operand)
            if own == .null { return .null }
            return .boolean(members.contains { cell($0, operand.type) == own })
        case .comparison(let relation, let left, let right): return compare(relation, value(left), value(right))
        case .arithmetic(let sign, let left, let right): return calculate(sign, value(left), value(right))
        case .coalesce(let parts): return parts.lazy.map(value).first { $0 != .null } ?? .null
        case .choose(let branches, let otherwise):
            for branch in branches where value(branch.condition) == .boolean(true) { return value(branch.value) }
            return otherwise.map(value) ?? .null
        case .call(let function, let arguments): return call(function, arguments)
        }
    }

    private func cell(_ literal: TypedExpression.Literal, _ type: LogicalType) -> Cell {
        switch literal {
        case .boolean(let value): .boolean(value)
        case .integer(let value): type.storage == .float ? .number(Double(value)) : .integer(value)
        case .number(let value): .number(value)
        case .text(let value): .text(value)
        case .null: .null
        }
    }

    private func connect(_ parts: [TypedExpression], decidedBy decisive: Bool) -> Cell {
        let values = parts.map(value)
        if values.contains(.boolean(decisive)) { return .boolean(decisive) }
        return values.contains(.null) ? .null : .boolean(!decisive)
    }

    private func compare(_ relation: ComparisonOperator, _ left: Cell, _ right: Cell) -> Cell {
        let order: (less: Bool, equal: Bool)
        switch (left, right) {
        case (.integer(let one), .integer(let other)): order = (one < other, one == other)
        case (.text(let one), .text(let other)):
            order = (Array(one.utf8).lexicographicallyPrecedes(Array(other.utf8)), one == other)
        case (.boolean(let one), .boolean(let other)): order = (!one && other, one == other)
        default:
            guard let one = number(left), let other = number(right) else { return .null }
            order = (one < other, one == other)
        }
        switch relation {
        case .equal: return .boolean(order.equal)
        case .notEqual: return .boolean(!order.equal)
        case .less: return .boolean(order.less)
        case .lessOrEqual: return .boolean(order.less || order.equal)
        case .greater: return .boolean(!order.less && !order.equal)
        case .greaterOrEqual: return .boolean(!order.less)
        }
    }

    private func number(_ cell: Cell) -> Double? {
        switch cell {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    private func calculate(_ sign: ArithmeticOperator, _ left: Cell, _ right: Cell) -> Cell {
        if case .integer(let one) = left, case .integer(let other) = right {
            switch sign {
            case .add: return .integer(one &+ other)
            case .subtract: return .integer(one &- other)
            case .multiply: return .integer(one &* other)
            case .remainder: return other == 0 ? .null : .integer(one % other)
            case .divide: return other == 0 ? .null : .number(Double(one) / Double(other))
            }
        }
        guard let one = number(left), let other = number(right) else { return .null }
        switch sign {
        case .add: return .number(one + other)
        case .subtract: return .number(one - other)
        case .multiply: return .number(one * other)
        case .divide: return other == 0 ? .null : .number(one / other)
        case .remainder: return .null
        }
    }

    private func call(_ function: Function, _ arguments: [TypedExpression]) -> Cell {
        guard case .integer(let moment) = value(arguments[0]) else { return .null }
        let date = zone.date(of: Timestamp(microseconds: moment))
        switch function {
        case .year: return .integer(Int64(date.components.year))
        case .month: return .integer(Int64(date.components.month))
        case .weekday: return .integer(Int64(date.isoWeekday))
        case .hour:
            let local = moment + Int64(zone.offsetSeconds(at: Timestamp(microseconds: moment))) * 1_000_000
            return .integer(((local % 86_400_000_000) + 86_400_000_000) % 86_400_000_000 / 3_600_000_000)
        default: preconditionFailure("random queries don't use \(function)")
        }
    }
}
