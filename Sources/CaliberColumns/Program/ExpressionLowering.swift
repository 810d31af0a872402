import CaliberCore
import CaliberDictionary

/// Writes a typed tree as operations on values, equal ones once.
struct ExpressionLowering {
    /// A result of one operation.
    struct Value: Hashable {
        let operation: VectorOperation
        /// Positions of earlier values.
        let sources: [Int]
        /// Whose codes they are, for strings.
        var origin: StringOrigin?
    }

    private(set) var values: [Value] = []
    private(set) var inputs: [ColumnReference] = []
    private var known: [Value: Int] = [:]

    mutating func emit(_ operation: VectorOperation, _ sources: [Int] = [], origin: StringOrigin? = nil) -> Int {
        let value = Value(operation: operation, sources: sources, origin: origin)
        if let index = known[value] { return index }
        values.append(value)
        known[value] = values.count - 1
        return values.count - 1
    }

    mutating func lower(_ expression: TypedExpression) -> Int {
        switch expression.node {
        case .literal(let literal):
            return constant(literal, expression.type)
        case .column(let reference):
            return column(reference, expression.type)
        case .negate(let operand):
            let value = lower(operand, as: expression.type)
            return emit(expression.type.storage == .float ? .floatNegate : .integerNegate, [value])
        case .not(let operand):
            return emit(.not, [lower(operand)])
        case .arithmetic(let symbol, let left, let right):
            return arithmetic(symbol, left, right, expression.type)
        case .comparison(let symbol, let left, let right):
            return comparison(symbol, left, right)
        case .and(let parts):
            return connective(.and, parts, neutral: true)
        case .or(let parts):
            return connective(.or, parts, neutral: false)
        case .isMember(let value, let members):
            return membership(value, members)
        case .isNull(let operand):
            return emit(.isNull, [lower(operand)])
        case .choose(let branches, let otherwise):
            return choice(branches, otherwise, expression.type)
        case .coalesce(let operands):
            return coalescence(operands, expression.type)
        case .call(let function, let arguments):
            return call(function, arguments, expression.type)
        }
    }

    /// A value in the storage of `type`: whole numbers beside floats become floats.
    mutating func lower(_ expression: TypedExpression, as type: LogicalType) -> Int {
        if case .literal(.null) = expression.node { return emit(.constantNull) }
        let value = lower(expression)
        guard type.storage == .float, expression.type.storage == .integer else { return value }
        return emit(.floatFromInteger, [value])
    }

    private mutating func constant(_ literal: TypedExpression.Literal, _ type: LogicalType) -> Int {
        switch literal {
        case .boolean(let value): emit(.constantMask(value))
        case .integer(let value):
            emit(.constantLane(type.storage == .float ? Int64(bitPattern: Double(value).bitPattern) : value))
        case .number(let value): emit(.constantLane(Int64(bitPattern: value.bitPattern)))
        case .text(let text): emit(.constantText(text), origin: .run)
        case .null: emit(.constantNull)
        }
    }

    private mutating func column(_ reference: ColumnReference, _ type: LogicalType) -> Int {
        let input: Int
        if let known = inputs.firstIndex(of: reference) {
            input = known
        } else {
            inputs.append(reference)
            input = inputs.count - 1
        }
        switch type.storage {
        case .mask: return emit(.inputMask(input))
        case .code: return emit(.input(input), origin: .input(input))
        case .integer, .float: return emit(.input(input))
        }
    }

    private mutating func connective(_ operation: VectorOperation, _ parts: [TypedExpression], neutral: Bool) -> Int {
        var result: Int?
        for part in parts {
            let value = lower(part)
            result = result.map { emit(operation, [$0, value]) } ?? value
        }
        return result ?? emit(.constantMask(neutral))
    }

    // MARK: Choices

    private mutating func choice(
        _ branches: [TypedExpression.Branch], _ otherwise: TypedExpression?, _ type: LogicalType
    ) -> Int {
        var result = otherwise.map { choosable($0, type) } ?? emit(.constantNull)
        // From the last branch to the first, so that the first that holds is the last to write.
        for branch in branches.reversed() {
            let condition = lower(branch.condition)
            let value = choosable(branch.value, type)
            result = emit(
                type.storage == .mask ? .selectMask : .selectLane, [condition, value, result],
                origin: type.storage == .code ? .run : nil)
        }
        return result
    }

    private mutating func coalescence(_ operands: [TypedExpression], _ type: LogicalType) -> Int {
        guard let last = operands.last else { return emit(.constantNull) }
        var result = choosable(last, type)
        for operand in operands.dropLast().reversed() {
            let value = choosable(operand, type)
            result = emit(
                type.storage == .mask ? .firstMask : .firstLane, [value, result],
                origin: type.storage == .code ? .run : nil)
        }
        return result
    }

    /// A value that stands beside others: strings are brought to one pool.
    private mutating func choosable(_ expression: TypedExpression, _ type: LogicalType) -> Int {
        let value = lower(expression, as: type)
        guard type.storage == .code, let origin = values[value].origin, origin != .run else { return value }
        return emit(.textMap(.same, origin), [value], origin: .run)
    }

    // MARK: Calls

    private mutating func call(_ function: Function, _ arguments: [TypedExpression], _ type: LogicalType) -> Int {
        switch function {
        case .year: calendarPart(.year, arguments[0])
        case .quarter: calendarPart(.quarter, arguments[0])
        case .month: calendarPart(.month, arguments[0])
        case .week: calendarPart(.week, arguments[0])
        case .day: calendarPart(.day, arguments[0])
        case .weekday: calendarPart(.weekday, arguments[0])
        case .hour: emit(.hourOfMicroseconds, [emit(.localTime, [lower(arguments[0])])])
        case .date: dayNumber(arguments[0])
        case .seconds: count(arguments[0], unitMicroseconds: 1e6)
        case .minutes: count(arguments[0], unitMicroseconds: 6e7)
        case .hours: count(arguments[0], unitMicroseconds: 3.6e9)
        case .days: count(arguments[0], unitMicroseconds: 8.64e10)
        case .startsWith: textRelation(.startsWith, arguments[0], arguments[1])
        case .endsWith: textRelation(.endsWith, arguments[0], arguments[1])
        case .contains: textRelation(.contains, arguments[0], arguments[1])
        case .has: textRelation(.has, arguments[0], arguments[1])
        case .length: textMeasure(.length, arguments[0])
        case .size: textMeasure(.size, arguments[0])
        case .lower: textMap(.lower, arguments[0])
        case .upper: textMap(.upper, arguments[0])
        case .abs: emit(type.storage == .float ? .floatAbs : .integerAbs, [lower(arguments[0], as: type)])
        case .floor: rounded(.floor, arguments[0])
        case .ceil: rounded(.ceil, arguments[0])
        case .round: rounded(.nearest, arguments[0])
        case .least: extreme(type.storage == .float ? .floatLeast : .integerLeast, arguments, type)
        case .greatest: extreme(type.storage == .float ? .floatGreatest : .integerGreatest, arguments, type)
        }
    }

    private mutating func dayNumber(_ moment: TypedExpression) -> Int {
        let value = lower(moment)
        guard moment.type == .timestamp else { return value }
        return emit(.dayOfMicroseconds, [emit(.localTime, [value])])
    }

    private mutating func calendarPart(_ part: VectorOperation.CalendarPart, _ moment: TypedExpression) -> Int {
        emit(.calendarPart(part), [dayNumber(moment)])
    }

    private mutating func count(_ duration: TypedExpression, unitMicroseconds: Double) -> Int {
        let unit = emit(.constantLane(Int64(bitPattern: unitMicroseconds.bitPattern)))
        return emit(.floatDivide, [emit(.floatFromInteger, [lower(duration)]), unit])
    }

    private mutating func rounded(_ rounding: VectorOperation.Rounding, _ operand: TypedExpression) -> Int {
        let value = lower(operand)
        return operand.type.storage == .float ? emit(.integerFromFloat(rounding), [value]) : value
    }

    private mutating func extreme(
        _ operation: VectorOperation, _ arguments: [TypedExpression], _ type: LogicalType
    ) -> Int {
        var result = lower(arguments[0], as: type)
        for argument in arguments.dropFirst() { result = emit(operation, [result, lower(argument, as: type)]) }
        return result
    }
}
