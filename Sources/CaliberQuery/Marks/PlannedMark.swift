import CaliberDictionary

/// What a row is told by looking at other rows, made a column for one query: whether it is the first of its buyer, how
/// many orders follow it.
///
/// A scan reads the column like any other, so that filters, dimensions and time ranges apply to marked rows by the
/// same code as to all rows, and after the mark is made. A mark depends on whole tables: what is computed with it from
/// one segment must not be kept when another segment changes, unless it is known which marks the change moves
/// (`KeptFirstRows`).
package struct PlannedMark: Sendable {
    /// Of the column; has two underscores in front, as no column of a dictionary has.
    package let name: String
    /// `boolean`, or `integer` where rows are marked with a number.
    package let type: LogicalType
    package let content: Content

    package indirect enum Content: Sendable {
        /// True for the first of all rows that have the value of the only dimension.
        case firstRows(PlannedScan)
        /// True for rows of the first or last moment of their group. The moment is the first dimension, the group is
        /// the others; the query's time range applies before.
        case endMoments(PlannedScan, NonAdditiveDimension.Choice)
        /// For each base row, the number of conversions that go to it. The dimensions of both name the entity.
        case conversions(base: PlannedScan, conversion: PlannedScan, PlannedConversion)
        /// A metric's value for what the dimensions name. The plan's answer has it by the same dimensions.
        case metricValues(PlannedScan, MetricTerm, QueryPlan)
    }

    /// Every pass over rows that it takes.
    var scans: [PlannedScan] {
        switch content {
        case .firstRows(let rows), .endMoments(let rows, _): [rows]
        case .conversions(let base, let conversion, _): [base, conversion]
        case .metricValues(let rows, _, let plan): [rows] + plan.scans
        }
    }
}

package struct PlannedConversion: Sendable, Hashable {
    /// The column of the moment at which conversions count.
    package let conversionAnchor: String
    package let windowMicroseconds: Int64?
    /// At most one conversion for a base row.
    package let countsOnce: Bool
    /// Base and conversion are rows of one table at one moment, so a row must come before itself to convert.
    package let isOneSequence: Bool
}

/// What a leaf of the metric tree needs to know of other rows, in terms of definitions.
enum MarkRequest: Hashable {
    case firstRows(SimpleMetric)
    case endMoments(SimpleMetric, filter: TypedExpression?, NonAdditiveDimension)
    case conversions(base: SimpleMetric, conversion: SimpleMetric, ConversionMetric)

    var namePrefix: String {
        switch self {
        case .firstRows: "__first"
        case .endMoments(_, _, let dimension): dimension.choice == .max ? "__last" : "__first_moment"
        case .conversions: "__conversions"
        }
    }

    var type: LogicalType {
        if case .conversions = self { .integer } else { .boolean }
    }
}

extension SimpleMetric {
    /// The same metric over fewer rows, or with another aggregate.
    func with(aggregation: Aggregation? = nil, expression: TypedExpression?, filter: TypedExpression?) -> SimpleMetric {
        SimpleMetric(
            table: table, aggregation: aggregation ?? self.aggregation, expression: expression, filter: filter,
            anchor: anchor, fillNullsWith: fillNullsWith, joinToTimeSpine: joinToTimeSpine, nonAdditive: nonAdditive)
    }
}
