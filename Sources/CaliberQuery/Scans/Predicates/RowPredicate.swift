import CaliberCore
import CaliberDictionary

/// A condition in the form in which stored columns answer it: tests of single columns, joined by *and* and *or*.
///
/// It tells where the condition is true. Where it is false and where it is unknown is all the same to a filter, so
/// *not* can be pushed down to the tests, and a null passes none but the test for null.
indirect enum RowPredicate: Sendable {
    /// The lane lies within.
    case span(ColumnReference, ClosedRange<Int64>)
    /// The string behind the code passes, by a condition that reads nothing else. Where there are too many strings to
    /// ask each, the condition stands among the scan's expressions as well.
    case text(ColumnReference, CodePredicate, expression: Int)
    case isNull(ColumnReference)
    case isNotNull(ColumnReference)
    case all([RowPredicate])
    case any([RowPredicate])
    /// Anything else, by its position among the scan's expressions.
    case expression(Int)

    /// - Parameter position: gives a place among the scan's expressions to what has no simpler form.
    init(_ condition: TypedExpression, zone: BusinessZone, position: (TypedExpression) -> Int) {
        self = RowPredicate.lower(condition, isNegated: false, zone: zone, position)
    }

    private static func lower(
        _ condition: TypedExpression, isNegated: Bool, zone: BusinessZone, _ position: (TypedExpression) -> Int
    ) -> RowPredicate {
        switch condition.node {
        case .not(let operand):
            return lower(operand, isNegated: !isNegated, zone: zone, position)
        case .and(let parts):
            let lowered = parts.map { lower($0, isNegated: isNegated, zone: zone, position) }
            return isNegated ? .any(lowered) : .all(lowered)
        case .or(let parts):
            let lowered = parts.map { lower($0, isNegated: isNegated, zone: zone, position) }
            return isNegated ? .all(lowered) : .any(lowered)
        case .column(let reference) where reference.path.isEmpty:
            return .span(reference, isNegated ? 0...0 : 1...1)
        case .isNull(let operand):
            if case .column(let reference) = operand.node, reference.path.isEmpty {
                return isNegated ? .isNotNull(reference) : .isNull(reference)
            }
        default:
            if let test = integerTest(condition, isNegated: isNegated) { return test }
        }
        let whole = isNegated ? TypedExpression(.not(condition), .boolean) : condition
        let references = condition.references
        if references.count == 1, references[0].path.isEmpty, condition.readsOnlyText {
            return .text(references[0], CodePredicate(whole, zone: zone), expression: position(whole))
        }
        return .expression(position(whole))
    }

    /// Tests of one stored column of numbers or truth values; nil when the condition is no such thing.
    private static func integerTest(_ condition: TypedExpression, isNegated: Bool) -> RowPredicate? {
        switch condition.node {
        case .comparison(let symbol, let left, let right):
            return truthTest(symbol, left, right, isNegated: isNegated)
                ?? spans(symbol, left, right, isNegated: isNegated)
        case .isMember(let value, let members):
            guard let column = integerColumn(value), members.count <= mostMembers else { return nil }
            let lanes = members.compactMap { if case .integer(let lane) = $0 { lane } else { nil } }
            guard lanes.count == members.count else { return nil }
            return isNegated
                ? .all(lanes.map { excluding($0, of: column) }) : .any(lanes.map { .span(column, $0...$0) })
        default:
            return nil
        }
    }

    /// `is_gift = false`.
    private static func truthTest(
        _ symbol: ComparisonOperator, _ left: TypedExpression, _ right: TypedExpression, isNegated: Bool
    ) -> RowPredicate? {
        guard symbol == .equal || symbol == .notEqual, left.type.storage == .mask,
            case .column(let reference) = left.node, reference.path.isEmpty,
            case .literal(.boolean(let wanted)) = right.node
        else { return nil }
        let isTrue = wanted == ((symbol == .equal) != isNegated)
        return .span(reference, isTrue ? 1...1 : 0...0)
    }

    private static let mostMembers = 8

    private static func spans(
        _ symbol: ComparisonOperator, _ left: TypedExpression, _ right: TypedExpression, isNegated: Bool
    ) -> RowPredicate? {
        var symbol = symbol
        let column: ColumnReference
        let bound: Int64
        if let reference = integerColumn(left), right.type.storage == .integer,
            case .literal(.integer(let lane)) = right.node
        {
            (column, bound) = (reference, lane)
        } else if let reference = integerColumn(right), left.type.storage == .integer,
            case .literal(.integer(let lane)) = left.node
        {
            (column, bound, symbol) = (reference, lane, symbol.mirrored)
        } else {
            return nil
        }
        // Negation holds for values; nulls pass neither way.
        switch (symbol, isNegated) {
        case (.equal, false), (.notEqual, true): return .span(column, bound...bound)
        case (.notEqual, false), (.equal, true): return excluding(bound, of: column)
        case (.lessOrEqual, false), (.greater, true): return .span(column, Int64.min...bound)
        case (.greaterOrEqual, false), (.less, true): return .span(column, bound...Int64.max)
        case (.less, false), (.greaterOrEqual, true):
            return bound == .min ? .any([]) : .span(column, Int64.min...bound - 1)
        case (.greater, false), (.lessOrEqual, true):
            return bound == .max ? .any([]) : .span(column, bound + 1...Int64.max)
        }
    }

    private static func excluding(_ lane: Int64, of column: ColumnReference) -> RowPredicate {
        var parts: [RowPredicate] = []
        if lane > .min { parts.append(.span(column, Int64.min...lane - 1)) }
        if lane < .max { parts.append(.span(column, lane + 1...Int64.max)) }
        return .any(parts)
    }

    /// A stored column of whole numbers.
    private static func integerColumn(_ expression: TypedExpression) -> ColumnReference? {
        guard expression.type.storage == .integer, case .column(let reference) = expression.node,
            reference.path.isEmpty
        else { return nil }
        return reference
    }
}

extension RowPredicate {
    /// The expressions that are evaluated where no test of a column gives the answer.
    var expressions: [Int] {
        switch self {
        case .expression(let position), .text(_, _, let position): [position]
        case .all(let parts), .any(let parts): parts.flatMap(\.expressions)
        case .span, .isNull, .isNotNull: []
        }
    }
}

extension TypedExpression {
    /// Whether every column it reads is a string, so that it can be asked of each string once.
    fileprivate var readsOnlyText: Bool {
        switch node {
        case .column: type.storage == .code
        case .literal: true
        default: parts.allSatisfy(\.readsOnlyText)
        }
    }
}
