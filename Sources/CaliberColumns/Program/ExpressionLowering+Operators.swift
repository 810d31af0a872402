import CaliberCore
import CaliberDictionary

/// Arithmetic, comparisons and strings.
extension ExpressionLowering {
    mutating func arithmetic(
        _ symbol: ArithmeticOperator, _ left: TypedExpression, _ right: TypedExpression, _ type: LogicalType
    ) -> Int {
        if type.storage == .float {
            let sources = [lower(left, as: .number), lower(right, as: .number)]
            switch symbol {
            case .add: return emit(.floatAdd, sources)
            case .subtract: return emit(.floatSubtract, sources)
            case .multiply: return emit(.floatMultiply, sources)
            case .divide, .remainder: return emit(.floatDivide, sources)
            }
        }
        let sources = [lower(left, as: left.type), lower(right, as: right.type)]
        if type == .date {
            // The date may stand on either side of a sum.
            return emit(
                .dayShift(isBackwards: symbol == .subtract), left.type == .date ? sources : sources.reversed())
        }
        switch symbol {
        case .add: return emit(.integerAdd, sources)
        case .subtract: return emit(left.type == .date ? .dayDifference : .integerSubtract, sources)
        case .multiply: return emit(.integerMultiply, sources)
        case .divide, .remainder: return emit(.integerRemainder, sources)
        }
    }

    mutating func comparison(
        _ symbol: ComparisonOperator, _ left: TypedExpression, _ right: TypedExpression
    ) -> Int {
        switch left.type.storage {
        case .mask:
            return emit(.maskCompare(isEqual: symbol == .equal), [lower(left), lower(right)])
        case .code:
            if case .literal = left.node { return textRelation(TextRelation(symbol.mirrored), right, left) }
            return textRelation(TextRelation(symbol), left, right)
        case .integer, .float:
            let isFloat = left.type.storage == .float || right.type.storage == .float
            var sources = [left, right].map { lower($0, as: isFloat ? .number : $0.type) }
            if symbol == .greater || symbol == .greaterOrEqual { sources.reverse() }
            let relation: VectorOperation.LaneComparison =
                switch symbol {
                case .equal: .equal
                case .notEqual: .notEqual
                case .less, .greater: .less
                case .lessOrEqual, .greaterOrEqual: .lessOrEqual
                }
            return emit(isFloat ? .floatCompare(relation) : .integerCompare(relation), sources)
        }
    }

    mutating func membership(_ value: TypedExpression, _ members: [TypedExpression.Literal]) -> Int {
        let operand = lower(value)
        switch value.type.storage {
        case .code:
            let texts = members.compactMap { if case .text(let text) = $0 { text } else { nil } }
            guard let origin = values[operand].origin else { return emit(.constantNull) }
            return emit(.textTest(.isMember(Array(Set(texts)).sorted()), origin), [operand])
        case .integer:
            let lanes = members.compactMap { if case .integer(let lane) = $0 { lane } else { nil } }
            return emit(.integerIsMember(Array(Set(lanes)).sorted()), [operand])
        case .float, .mask:
            var result: Int?
            for member in members {
                let literal = TypedExpression(.literal(member), value.type)
                let equality = comparison(.equal, value, literal)
                result = result.map { emit(.or, [$0, equality]) } ?? equality
            }
            return result ?? emit(.constantMask(false))
        }
    }

    // MARK: Strings

    mutating func textRelation(
        _ relation: TextRelation, _ left: TypedExpression, _ right: TypedExpression
    ) -> Int {
        let value = lower(left)
        guard let origin = values[value].origin else { return emit(.constantNull) }
        if case .literal(.text(let text)) = right.node {
            return emit(.textTest(.compare(relation, text), origin), [value])
        }
        let other = lower(right)
        guard let otherOrigin = values[other].origin else { return emit(.constantNull) }
        return emit(.textCompare(relation, origin, otherOrigin), [value, other])
    }

    mutating func textMeasure(_ measure: TextMeasure, _ operand: TypedExpression) -> Int {
        let value = lower(operand)
        guard let origin = values[value].origin else { return emit(.constantNull) }
        return emit(.textMeasure(measure, origin), [value])
    }

    mutating func textMap(_ map: TextMap, _ operand: TypedExpression) -> Int {
        let value = lower(operand)
        guard let origin = values[value].origin else { return emit(.constantNull) }
        return emit(.textMap(map, origin), [value], origin: .run)
    }
}

extension TextRelation {
    init(_ symbol: ComparisonOperator) {
        self =
            switch symbol {
            case .equal: .equal
            case .notEqual: .notEqual
            case .less: .less
            case .lessOrEqual: .lessOrEqual
            case .greater: .greater
            case .greaterOrEqual: .greaterOrEqual
            }
    }
}
