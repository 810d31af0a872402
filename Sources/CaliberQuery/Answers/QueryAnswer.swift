import CaliberCore
import CaliberDictionary
import CaliberEventLog

/// A query's rows, with what each figure means and how fresh it is.
public struct QueryAnswer: Sendable {
    public let query: MetricQuery
    /// How far back the time is that figures are put beside: `1 month earlier`; nil without a comparison.
    public let comparedWith: String?
    public let zone: BusinessZone
    /// Dimensions in the order of the query's group-by, then metrics in that of the query.
    public let fields: [AnswerField]
    public let rows: AnswerRows
    /// Rows before the limit.
    public let total: Int
    /// One a metric, in the order of the query.
    public let metrics: [MetricAnnotation]
    public let statistics: ScanStatistics
    /// What is wrong with the data that the figures were counted from.
    public let warnings: [Diagnostic]
    /// Positions of rows that stand for all groups that are not shown; their ranked dimensions say `others`.
    public let othersRows: [Int]

    /// What stands for the value of a dimension that a row of others is put together over.
    public static let others = "others"

    /// Some metric is older than its definition promises.
    public var isStale: Bool { metrics.contains { $0.isStale } }

    /// The moment up to which every metric has seen rows: the earliest of their latest; nil when one has seen none.
    public var lastRefresh: Timestamp? {
        let latest = metrics.map(\.latestMoment)
        return latest.contains(nil) ? nil : latest.compactMap { $0 }.min()
    }
}

/// A column of an answer.
public struct AnswerField: Hashable, Sendable {
    public let name: String
    public let type: LogicalType
    public let grain: TimeGrain?
    /// The periods of a calendar whose labels its values are.
    public var calendarGrain: CalendarGrain?
    public let isMetric: Bool
    /// What a metric is counted in, for people; a currency's code for money.
    public let unit: String?
}

/// One value. Money, times, dates and durations are integers in their type's smallest unit.
public enum AnswerValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int128)
    case number(Double)
    case text(String)
}

/// The proof behind a figure: which definition it was counted by, over what, how fresh.
public struct MetricAnnotation: Hashable, Sendable {
    /// The answer's column.
    public let column: String
    public let id: String
    public let name: String
    public let version: Int
    public let definitionHash: String
    public let owner: String
    public let status: MetricDefinition.Status
    public let label: String
    public let labelZH: String?
    public let unit: String?
    /// The moments that rows count at, one for each anchor below the metric.
    public let anchors: [String]
    /// The metric's own filters in words; nil when every row counts.
    public let filter: String?
    /// The tables it is computed from, and how far into the log each was.
    public let tables: [TablePosition]
    /// The latest moment that a row counts at; the earliest of them where there are several tables.
    public let latestMoment: Timestamp?
    /// Later than the definition's `update_frequency` allows.
    public let isStale: Bool

    public struct TablePosition: Hashable, Sendable {
        public let table: String
        public let position: LogPosition
    }
}

/// What was read for an answer.
public struct ScanStatistics: Hashable, Sendable {
    public internal(set) var segmentsTotal = 0
    public internal(set) var segmentsPruned = 0
    /// Segments whose contribution was known from a query before.
    public internal(set) var segmentsCached = 0
    public internal(set) var segmentsScanned = 0
    public internal(set) var rowsScanned = 0
    /// Segments whose groups were too many to index densely.
    public internal(set) var segmentsHashed = 0
}
