import CaliberCore
import CaliberDictionary

extension RandomExpressions {
    mutating func compound(_ type: LogicalType, _ depth: Int) -> TypedExpression {
        if type != .set, chance(25) { return chosen(type, depth) }
        switch type {
        case .boolean: return condition(depth)
        case .integer: return integer(depth)
        case .number: return number(depth)
        case .money: return money(depth)
        case .moneyRate: return moneyRate(depth)
        case .timestamp: return moment(.timestamp, depth)
        case .date:
            return chance(50)
                ? moment(.date, depth) : call(.date, [varying(.timestamp, depth: depth)], .date)
        case .duration: return duration(depth)
        case .category, .identifier, .text: return call(pick([.lower, .upper]), [varying(type, depth: depth)], type)
        case .set: return column(.set)
        }
    }

    /// `case` or `coalesce`: their first value gives the type, others may be literals or null.
    private mutating func chosen(_ type: LogicalType, _ depth: Int) -> TypedExpression {
        var values = [varying(type, depth: depth)]
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
            values.append(
                chance(10) ? TypedExpression(.literal(.null), type) : expression(of: literalSafe(type), depth: depth))
        }
        guard chance(60) else { return TypedExpression(.coalesce(values), type) }
        let branches = values.dropLast().map {
            TypedExpression.Branch(condition: expression(of: .boolean, depth: depth), value: $0)
        }
        return TypedExpression(.choose(branches: branches, otherwise: chance(70) ? values.last : nil), type)
    }

    /// Whole numbers may stand among floats, amounts among quotients of amounts; there is no literal of the latter.
    private func literalSafe(_ type: LogicalType) -> LogicalType {
        if case .moneyRate(let currency) = type { .money(currency) } else { type }
    }

    private mutating func condition(_ depth: Int) -> TypedExpression {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return TypedExpression(.not(expression(of: .boolean, depth: depth)), .boolean)
        case 1, 2:
            var parts = (0..<Int.random(in: 2...3, using: &generator)).map { _ in expression(of: .boolean, depth: depth)
            }
            if chance(10) { parts.append(TypedExpression(.literal(.null), .boolean)) }
            return TypedExpression(chance(50) ? .and(parts) : .or(parts), .boolean)
        case 3: return TypedExpression(.isNull(varying(type(), depth: depth)), .boolean)
        case 4: return membership(depth)
        case 5:
            let left = varying(pick([.category, .identifier, .text]), depth: depth)
            let right = expression(of: pick([.category, .identifier, .text]), depth: depth)
            return call(pick([.startsWith, .endsWith, .contains]), [left, right], .boolean)
        case 6:
            return call(.has, [column(.set), expression(of: .category, depth: depth)], .boolean)
        default: return comparison(depth)
        }
    }

    private mutating func membership(_ depth: Int) -> TypedExpression {
        let type = pick(RandomExpressions.types.filter { $0 != .set && $0 != .moneyRate(.cny) })
        let members = (0..<Int.random(in: 1...20, using: &generator)).map { _ in literalValue(type) }
        return TypedExpression(.isMember(varying(type, depth: depth), members), .boolean)
    }

    private mutating func comparison(_ depth: Int) -> TypedExpression {
        let pairs: [(LogicalType, LogicalType)] = [
            (.integer, .integer), (.number, .number), (.integer, .number), (.money(.cny), .money(.cny)),
            (.moneyRate(.cny), .money(.cny)), (.timestamp, .timestamp), (.date, .date), (.duration, .duration),
            (.category, .category), (.identifier, .text), (.text, .text), (.boolean, .boolean),
        ]
        let (left, right) = pick(pairs)
        let symbol = left == .boolean ? pick([.equal, .notEqual]) : pick(ComparisonOperator.allCases)
        let first = varying(left, depth: depth)
        var second = left == right ? expression(of: right, depth: depth) : varying(right, depth: depth)
        if case .literal(.text) = second.node { second = TypedExpression(second.node, left) }
        return TypedExpression(
            chance(50) ? .comparison(symbol, first, second) : .comparison(symbol, second, first), .boolean)
    }

    private mutating func integer(_ depth: Int) -> TypedExpression {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1, 2:
            let right =
                chance(5) ? TypedExpression(.literal(.null), .integer) : expression(of: .integer, depth: depth)
            return arithmetic(
                pick([.add, .subtract, .multiply, .remainder]), varying(.integer, depth: depth), right, .integer)
        case 3: return negated(.integer, depth)
        case 4:
            let function: Function = pick([.year, .quarter, .month, .week, .day, .weekday])
            return call(function, [varying(pick([.timestamp, .date]), depth: depth)], .integer)
        case 5: return call(.hour, [varying(.timestamp, depth: depth)], .integer)
        case 6:
            return chance(50)
                ? call(.length, [varying(.text, depth: depth)], .integer) : call(.size, [column(.set)], .integer)
        default:
            return chance(50)
                ? call(pick([.floor, .ceil, .round]), [varying(.number, depth: depth)], .integer)
                : sized(.integer, depth)
        }
    }

    private mutating func number(_ depth: Int) -> TypedExpression {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0:
            return arithmetic(
                pick([.add, .subtract, .multiply, .divide]), varying(.number, depth: depth),
                expression(of: .number, depth: depth), .number)
        case 1:
            return arithmetic(
                pick([.add, .subtract, .multiply, .divide]), varying(.integer, depth: depth),
                varying(.number, depth: depth), .number)
        case 2:
            let type: LogicalType = pick([.integer, .money(.cny), .duration])
            return arithmetic(.divide, varying(type, depth: depth), expression(of: type, depth: depth), .number)
        case 3: return negated(.number, depth)
        case 4:
            return call(pick([.seconds, .minutes, .hours, .days]), [varying(.duration, depth: depth)], .number)
        default: return sized(.number, depth)
        }
    }

    private mutating func money(_ depth: Int) -> TypedExpression {
        let type = LogicalType.money(.cny)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0, 1:
            return arithmetic(
                pick([.add, .subtract]), varying(type, depth: depth), expression(of: type, depth: depth), type)
        case 2:
            return arithmetic(.multiply, varying(type, depth: depth), expression(of: .integer, depth: depth), type)
        case 3: return call(pick([.floor, .ceil, .round]), [varying(.moneyRate(.cny), depth: depth)], type)
        default: return chance(50) ? negated(type, depth) : sized(type, depth)
        }
    }

    private mutating func moneyRate(_ depth: Int) -> TypedExpression {
        let type = LogicalType.moneyRate(.cny)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            return arithmetic(
                pick([.multiply, .divide]), varying(.money(.cny), depth: depth),
                expression(of: .number, depth: depth), type)
        case 1:
            return arithmetic(
                .divide, varying(.money(.cny), depth: depth), expression(of: .integer, depth: depth), type)
        case 2:
            return arithmetic(
                pick([.add, .subtract]), varying(type, depth: depth), expression(of: .money(.cny), depth: depth), type)
        default: return negated(type, depth)
        }
    }

    private mutating func moment(_ type: LogicalType, _ depth: Int) -> TypedExpression {
        var shift = expression(of: .duration, depth: type == .date ? 0 : depth)
        if type == .date, case .literal = shift.node {
            shift = TypedExpression(
                .literal(.integer(86_400_000_000 * Int64.random(in: -9...9, using: &generator))), .duration)
        }
        return arithmetic(pick([.add, .subtract]), varying(type, depth: depth), shift, type)
    }

    private mutating func duration(_ depth: Int) -> TypedExpression {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0, 1:
            let type: LogicalType = pick([.timestamp, .date])
            return arithmetic(.subtract, varying(type, depth: depth), expression(of: type, depth: depth), .duration)
        case 2:
            return arithmetic(
                pick([.add, .subtract]), varying(.duration, depth: depth), expression(of: .duration, depth: depth),
                .duration)
        case 3:
            return arithmetic(
                .multiply, varying(.duration, depth: depth), expression(of: .integer, depth: depth), .duration)
        default: return sized(.duration, depth)
        }
    }

    private mutating func sized(_ type: LogicalType, _ depth: Int) -> TypedExpression {
        guard chance(60) else { return call(.abs, [varying(type, depth: depth)], type) }
        return call(
            pick([.least, .greatest]), [varying(type, depth: depth), expression(of: type, depth: depth)], type)
    }

    private mutating func negated(_ type: LogicalType, _ depth: Int) -> TypedExpression {
        TypedExpression(.negate(varying(type, depth: depth)), type)
    }

    private func arithmetic(
        _ symbol: ArithmeticOperator, _ left: TypedExpression, _ right: TypedExpression, _ type: LogicalType
    ) -> TypedExpression {
        TypedExpression(.arithmetic(symbol, left, right), type)
    }

    private func call(_ function: Function, _ arguments: [TypedExpression], _ type: LogicalType) -> TypedExpression {
        TypedExpression(.call(function, arguments), type)
    }
}
