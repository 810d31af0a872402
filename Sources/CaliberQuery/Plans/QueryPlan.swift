import CaliberCore
import CaliberDictionary

/// What a query means, resolved against one dictionary: ready to run on any snapshot of its tables.
public struct QueryPlan: Sendable {
    public let query: MetricQuery
    /// The zone that periods and days are cut in.
    public let zone: BusinessZone
    package let metrics: [PlannedMetric]
    package let dimensions: [PlannedDimension]
    package let leaves: [PlannedLeaf]
    package let scans: [PlannedScan]
    /// The scans made ready to run.
    package let programs: [ScanProgram]
    package let timeRange: PlannedTimeRange
    /// Sort keys as positions of answer columns: dimensions first, then metrics.
    package let order: [PlannedOrder]
    /// The dimension whose missing periods are filled.
    package let filledDimension: Int?
    /// Which groups are shown, and what columns say about them in relation to others.
    package var relations = PlannedRelations()
    /// The earlier time that every metric is put beside.
    package var comparison: PlannedComparison?
    /// Kept from one run of the plan to the next.
    let framePoints = FramePointMemory()

    /// The tables that the answer is computed from, joined ones included, in alphabetical order.
    public var tables: [String] {
        Set(scans.flatMap(\.tables)).sorted()
    }
}

package struct PlannedMetric: Sendable {
    package let definition: MetricDefinition
    /// The answer's column: the name, with its version where the query asks for two.
    package let column: String
    package let definitionHash: String
    package let node: MetricNode
    /// The metric at the earlier time that the query compares with.
    package var prior: MetricNode?
}

/// How a metric is computed from aggregates.
package indirect enum MetricNode: Sendable {
    case leaf(Int)
    case ratio(numerator: MetricNode, denominator: MetricNode)
    case derived(TypedExpression, inputs: [Input])

    package struct Input: Sendable {
        package let alias: String
        package let type: LogicalType
        package let metric: String
        package let node: MetricNode
    }

    /// The aggregates below, in order of first use.
    package var leaves: [Int] {
        switch self {
        case .leaf(let leaf): [leaf]
        case .ratio(let numerator, let denominator): numerator.leaves + denominator.leaves
        case .derived(_, let inputs): inputs.flatMap(\.node.leaves)
        }
    }
}

/// A simple metric in its place in the query: its own filter and those around it.
package struct PlannedLeaf: Sendable {
    package let definition: MetricDefinition
    package let simple: SimpleMetric
    /// The metric's filter and its users', without the query's; for people.
    package let filter: TypedExpression?
    package let scan: Int
    /// The position in the scan's aggregates.
    package let aggregate: Int
    /// What its rows are told by looking at other rows; one of the scan's marks.
    package var mark: PlannedMark?
    /// Of an average along time, the aggregate that counts its values; `aggregate` is their sum.
    package var countAggregate: Int?
    /// From the answer's periods to the rows it is taken over; empty for an ordinary metric.
    package var steps: [TimeStep] = []

    /// A longer period's value is the average of its days'.
    var isAveraged: Bool {
        steps.contains { step in if case .window(_, .average) = step { true } else { false } }
    }

    /// The type of its values.
    var type: LogicalType { isAveraged ? Aggregation.average.resultType(of: definition.type) : definition.type }
}

/// A dimension of the answer.
package struct PlannedDimension: Sendable, Equatable {
    package let name: String
    /// `date` for a grain of a day or more, `timestamp` for hours; else the column's.
    package let type: LogicalType
    /// Of a calendar's periods, the days that they are put together from.
    package let grain: TimeGrain?
    /// Days are put together to these; values are then the first days of periods, and null is a day in none.
    package var calendarGrain: CalendarGrain?
    package let isMetricTime: Bool

    /// What its values are cut by; nil for a plain column.
    package var cut: PeriodGrain? { calendarGrain.map { .custom($0) } ?? grain.map { .common($0) } }
}

/// One pass over the rows of one table at one anchor, which feeds every aggregate that shares them.
package struct PlannedScan: Sendable {
    package let table: TableDefinition
    /// The moment a row counts at, over stored columns; nil where the metric has no time.
    package let anchor: TypedExpression?
    package let anchorName: String?
    package let dimensions: [ScanDimension]
    /// The query's filters: rows for which this is not true count for no aggregate.
    package let filter: TypedExpression?
    /// The metrics' filters, each once.
    package let masks: [TypedExpression]
    package let aggregates: [PlannedAggregate]
    /// Every join that the expressions take, those nearer to the table first.
    package let joins: [PlannedJoin]
    /// Columns that are made for the query by looking at other rows. What a segment gives to a scan with marks depends
    /// on other segments too, so it must not be kept for another query unless the marks are kept with it.
    package var marks: [PlannedMark] = []

    /// The tables whose rows are read, each once.
    package var tables: [String] {
        ([table.name] + joins.map(\.target.name) + marks.flatMap(\.scans).flatMap(\.tables)).withoutRepeats
    }
    /// Set for metrics that are taken over other times than the answer's periods; its dimensions are `dimensions`.
    package var frame: ScanFrame?

    /// Rows are stored in the order of the moment they count at.
    package var isSortedByAnchor: Bool { table.anchor != nil && anchorName == table.anchor }

    /// Every expression that is run over rows.
    var expressions: [TypedExpression] {
        [anchor, filter].compactMap { $0 } + dimensions.map(\.expression) + masks
            + aggregates.compactMap(\.expression)
    }

    /// The columns that are read, in alphabetical order.
    package var columnsRead: [ColumnReference] {
        var all = Set(expressions.flatMap(\.references))
        for join in joins {
            let origin = Array(join.path.dropLast())
            for column in join.definition.on { all.insert(ColumnReference(path: origin, name: column)) }
            if let moment = join.definition.validAt { all.insert(ColumnReference(path: origin, name: moment)) }
        }
        return all.sorted { $0.qualifiedName < $1.qualifiedName }
    }
}

package struct ScanDimension: Sendable {
    package let expression: TypedExpression
    package let grain: TimeGrain?
    /// Periods that the days are put together to once they are counted: what a segment gives is by day, whatever
    /// calendar is asked for.
    package var calendarGrain: CalendarGrain?
}

package struct PlannedAggregate: Sendable, Hashable {
    package let aggregation: Aggregation
    /// Over stored columns; nil counts rows.
    package let expression: TypedExpression?
    /// A position in the scan's masks; nil takes all rows that pass the query's filters.
    package let mask: Int?
}

/// A many-to-one step that is known to give at most one row.
package struct PlannedJoin: Sendable {
    /// The joins from the scanned table up to and including this one.
    package let path: [String]
    package let definition: JoinDefinition
    package let origin: TableDefinition
    package let target: TableDefinition
}

/// The moments that count: `from` (inclusive) until `until` (exclusive), UTC microseconds; nil is open.
package struct PlannedTimeRange: Sendable, Hashable {
    package let from: Int64?
    package let until: Int64?

    package var isOpen: Bool { from == nil && until == nil }
}

package struct PlannedOrder: Sendable, Equatable {
    package let column: Int
    package let descending: Bool
}
