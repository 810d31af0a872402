import CaliberCore
import CaliberDictionary

/// Why a query can't be planned or answered.
public enum QueryProblem: Error, Hashable, Sendable {
    case noMetrics
    case unknownMetric(name: String, nearest: [String])
    case unknownVersion(name: String, version: Int, known: [Int])
    /// The version was accepted once, and counts columns that mean something else by now.
    case unreachableVersion(UnreachableVersion)
    case repeatedMetric(name: String)
    case unknownDimension(name: String, metric: String, table: String, nearest: [String])
    case ambiguousDimension(name: String, metric: String, candidates: [String])
    /// Some metrics of the query have the dimension, this one has not.
    case dimensionNotShared(name: String, metric: String, table: String, found: [String])
    case dimensionTypesDiffer(name: String, metric: String, type: String, otherMetric: String, otherType: String)
    case repeatedDimension(name: String)
    case tooManyDimensions(count: Int, limit: Int)
    /// - Parameter calendars: the grains of declared calendars.
    case unknownGrain(name: String, grain: String, calendars: [String])
    case grainOnPlainColumn(name: String, type: String)
    case grainTooFine(name: String, grain: TimeGrain)
    case metricWithoutTime(metric: String, table: String, use: String)
    case joinFansOut(join: String, table: String, target: String, reason: FanOut)
    case joinColumnNotStored(join: String, table: String, column: String)
    case malformedTime(option: String, text: String)
    case emptyTimeRange(start: String, end: String)
    case unknownTimeZone(text: String)
    case unknownOrder(name: String, nearest: [String])
    case limitNotPositive(limit: Int)
    case fillWithoutTime
    case tooManyPeriods(count: Int, limit: Int, grain: String)
    case textAggregated(metric: String, aggregation: String, type: String)
    case totalOutOfRange(metric: String)
    case unknownTable(name: String, nearest: [String])
    case inputMissing(metric: String, input: String)
    case tooDeep(metric: String)
    case unknownComparison(text: String, nearest: [String])
    case comparisonWithoutTime(text: String)
    /// No period of the query has one that it could be put beside.
    case nothingEarlier(text: String, calendar: String, offset: String)
    case severalGrains(metric: String, names: [String])
    case offsetWithoutTime(metric: String, offset: String)
    case ownTimeGrouped(metric: String, name: String)
    case expressionTooLarge(table: String)
    /// A metric whose value a filter asks for can't be had by those columns.
    case filterMetricUnplanned(metric: String, by: [String])
    case topNotPositive(count: Int)
    /// No dimension is left to choose groups by.
    case topWithoutGroups(per: [String])
    case notAMetricOfTheQuery(option: String, name: String, nearest: [String])
    case notADimensionOfTheQuery(option: String, name: String, nearest: [String])
    case repeatedColumn(name: String)
    case shareUndefined(metric: String, reason: String)
    /// Periods of a semi-additive metric would be put together.
    /// An option that merges groups meets a metric that is put together from other periods.
    case mergedAlongTime(metric: String, option: String)
    case balanceOverPeriods(metric: String, option: String)

    public enum FanOut: Hashable, Sendable {
        case keyNotCovered(key: [String], on: [String])
        case momentMissing(validFrom: String)
    }
}
