import CaliberCore

/// A checked expression: every node knows its type, and names are resolved.
///
/// The one tree behind every definition: fold conditions, contract checks, derived columns, metric expressions and
/// filters, query filters. Evaluation follows SQL: null in gives null out, conditions are three-valued.
public struct TypedExpression: Hashable, Sendable {
    public let node: Node
    public let type: LogicalType

    public init(_ node: Node, _ type: LogicalType) {
        self.node = node
        self.type = type
    }

    public indirect enum Node: Hashable, Sendable {
        case literal(Literal)
        case column(ColumnReference)
        case negate(TypedExpression)
        case not(TypedExpression)
        case arithmetic(ArithmeticOperator, TypedExpression, TypedExpression)
        case comparison(ComparisonOperator, TypedExpression, TypedExpression)
        case and([TypedExpression])
        case or([TypedExpression])
        /// `value in (…)`. The members are literals of the value's type.
        case isMember(TypedExpression, [Literal])
        case isNull(TypedExpression)
        /// The first branch whose condition is true; else `otherwise`; else null.
        case choose(branches: [Branch], otherwise: TypedExpression?)
        /// The first argument that is not null.
        case coalesce([TypedExpression])
        case call(Function, [TypedExpression])
    }

    public struct Branch: Hashable, Sendable {
        public let condition: TypedExpression
        public let value: TypedExpression

        public init(condition: TypedExpression, value: TypedExpression) {
            self.condition = condition
            self.value = value
        }
    }

    public enum Literal: Hashable, Sendable {
        case boolean(Bool)
        /// Also timestamps (µs), dates (days), durations (µs) and money (minor units), by the expression's type.
        case integer(Int64)
        case number(Double)
        case text(String)
        case null
    }
}

/// A column by name: a contract's field, a table's column, a joined table's column, or a metric input's alias.
public struct ColumnReference: Hashable, Sendable {
    /// The joins to take, in order; empty for the row's own columns.
    public let path: [String]
    public let name: String
    /// Set where the value is no column's but a metric's, for what columns of the row name.
    public let metric: MetricTerm?

    public init(path: [String] = [], name: String) {
        self.path = path
        self.name = name
        metric = nil
    }

    public init(_ metric: MetricTerm) {
        path = []
        name = metric.text
        self.metric = metric
    }

    /// As a query writes it: `product__category`.
    public var qualifiedName: String { (path + [name]).joined(separator: "__") }
}

public enum ArithmeticOperator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    /// Always a float division; a zero divisor gives null.
    case divide = "/"
    /// The remainder of whole numbers, with the dividend's sign; a zero divisor gives null.
    case remainder = "%"
}

public enum ComparisonOperator: String, Hashable, Sendable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}

public enum Function: String, Hashable, Sendable, CaseIterable {
    // Parts of a timestamp in the business zone, or of a date. ISO weekday: 1 is Monday.
    case year, quarter, month, week, day, hour, weekday
    /// The day of a timestamp in the business zone.
    case date
    // A duration as a float count of the unit.
    case seconds, minutes, hours, days
    // Strings. Lengths count characters (Unicode scalars), comparison is by bytes.
    case startsWith = "starts_with"
    case endsWith = "ends_with"
    case contains
    case length
    case lower
    case upper
    // Whole numbers, floats, money, durations.
    case abs, floor, ceil, round
    case least, greatest
    // Sets.
    /// `has(coupons, 'NEW10')`
    case has
    case size
}
