import CaliberCore
import CaliberDictionary

extension QueryProblem {
    /// The problem in words. The query has no file, so no place is named: the offending text is.
    public var diagnostic: Diagnostic {
        switch self {
        case .noMetrics, .unknownMetric, .unknownVersion, .unreachableVersion, .repeatedMetric, .inputMissing, .tooDeep:
            metricDiagnostic
        case .unknownDimension, .ambiguousDimension, .dimensionNotShared, .dimensionTypesDiffer, .repeatedDimension,
            .tooManyDimensions, .unknownGrain, .grainOnPlainColumn, .grainTooFine:
            dimensionDiagnostic
        case .metricWithoutTime, .malformedTime, .emptyTimeRange, .unknownTimeZone, .fillWithoutTime,
            .tooManyPeriods:
            timeDiagnostic
        case .joinFansOut, .joinColumnNotStored, .unknownTable, .expressionTooLarge:
            tableDiagnostic
        case .unknownOrder, .limitNotPositive, .textAggregated, .totalOutOfRange:
            valueDiagnostic
        case .filterMetricUnplanned, .topNotPositive, .topWithoutGroups, .notAMetricOfTheQuery,
            .notADimensionOfTheQuery, .repeatedColumn, .shareUndefined, .balanceOverPeriods, .mergedAlongTime:
            relationDiagnostic
        case .severalGrains, .offsetWithoutTime, .ownTimeGrouped, .unknownComparison, .comparisonWithoutTime,
            .nothingEarlier:
            frameDiagnostic
        }
    }

    private var metricDiagnostic: Diagnostic {
        switch self {
        case .noMetrics:
            Diagnostic(
                "no-metrics", "The query names no metric.",
                remedy: "Name at least one with --metrics; `caliber list metrics` shows them.")
        case .unknownMetric(let name, let nearest):
            Diagnostic(
                "unknown-metric", "There is no metric \"\(name)\".",
                remedy: "`caliber list metrics` shows them all.", suggestions: nearest)
        case .unknownVersion(let name, let version, let known):
            Diagnostic(
                "unknown-version",
                "Metric \"\(name)\" has no version \(version); it has \(QueryProblem.list(known.map(String.init))).",
                remedy: "Leave the version out to get the newest.")
        case .unreachableVersion(let version):
            version.diagnostic
        case .repeatedMetric(let name):
            Diagnostic("repeated-metric", "The query names metric \"\(name)\" twice.", remedy: "Name it once.")
        case .inputMissing(let metric, let input):
            Diagnostic(
                "unknown-metric", "Metric \"\(metric)\" is built from \"\(input)\", which does not exist.",
                remedy: "Run `caliber dictionary check`.")
        case .tooDeep(let metric):
            Diagnostic(
                "metric-cycle", "Metric \"\(metric)\" is built from itself, or from more than 32 layers of metrics.",
                remedy: "Run `caliber dictionary check`.")
        default: preconditionFailure("no metric problem: \(self)")
        }
    }

    private var dimensionDiagnostic: Diagnostic {
        switch self {
        case .unknownDimension(let name, let metric, let table, let nearest):
            Diagnostic(
                "unknown-dimension",
                "Metric \"\(metric)\" has no dimension \"\(name)\": neither table \(table) nor what it joins has such a "
                    + "column.",
                remedy: "`caliber list dimensions --metrics \(metric)` shows them all.", suggestions: nearest)
        case .ambiguousDimension(let name, let metric, let candidates):
            Diagnostic(
                "ambiguous-dimension",
                "\"\(name)\" can mean several joined columns of metric \"\(metric)\": "
                    + "\(QueryProblem.list(candidates)).",
                remedy: "Write which one.")
        case .dimensionNotShared(let name, let metric, let table, let found):
            Diagnostic(
                "dimension-not-shared",
                "Dimension \"\(name)\" exists for \(QueryProblem.list(found)) but not for metric \"\(metric)\" "
                    + "(table \(table)).",
                remedy: "Ask for \"\(metric)\" in a query of its own, or group by a dimension that all of them have.")
        case .dimensionTypesDiffer(let name, let metric, let type, let otherMetric, let otherType):
            Diagnostic(
                "dimension-types-differ",
                "Dimension \"\(name)\" is \(type) for metric \"\(metric)\" but \(otherType) for metric "
                    + "\"\(otherMetric)\".",
                remedy: "Ask for them in two queries, or declare the columns with one type.")
        case .repeatedDimension(let name):
            Diagnostic("repeated-dimension", "The query groups by \"\(name)\" twice.", remedy: "Name it once.")
        case .tooManyDimensions(let count, let limit):
            Diagnostic(
                "too-many-dimensions", "The query groups by \(count) dimensions; the limit is \(limit).",
                remedy: "Leave some out.")
        case .unknownGrain(let name, let grain, let calendars):
            Diagnostic(
                "unknown-grain", "\"\(grain)\" in \"\(name)\" is no grain.",
                remedy: "Grains are hour, day, week, month, quarter, year"
                    + (calendars.isEmpty ? "." : "; of calendars, " + calendars.joined(separator: ", ") + "."),
                suggestions: NameSuggestion.nearest(
                    to: grain, among: TimeGrain.allCases.map(\.rawValue) + calendars))
        case .grainOnPlainColumn(let name, let type):
            Diagnostic(
                "grain-on-plain-column", "\"\(name)\" asks for a grain of a column that is no time but \(type).",
                remedy: "Leave the grain out.")
        case .grainTooFine(let name, let grain):
            Diagnostic(
                "grain-too-fine", "\"\(name)\" asks for \(grain.rawValue)s of a column that holds whole days.",
                remedy: "Ask for day or coarser.")
        default: preconditionFailure("no dimension problem: \(self)")
        }
    }

    private var timeDiagnostic: Diagnostic {
        switch self {
        case .metricWithoutTime(let metric, let table, let use):
            Diagnostic(
                "metric-without-time",
                "Metric \"\(metric)\" has no time: table \(table) has no anchor, so it can't be used with \(use).",
                remedy: "Leave \(use) out, or give the metric an agg_time_dimension.")
        case .malformedTime(let option, let text):
            Diagnostic(
                "malformed-time", "\(option) \"\(text)\" is no date or time.",
                remedy: "Write 2026-03-01, 2026-03-01T16:00:00 or 2026-03-01T16:00:00+08:00.")
        case .emptyTimeRange(let start, let end):
            Diagnostic(
                "empty-time-range", "The time range ends (\(end)) before it starts (\(start)).",
                remedy: "Swap --start-time and --end-time.")
        case .unknownTimeZone(let text):
            Diagnostic(
                "unknown-time-zone", "\"\(text)\" is no time zone.",
                remedy: "Write an IANA name such as Asia/Shanghai, or an offset such as +08:00.")
        case .fillWithoutTime:
            Diagnostic(
                "fill-without-time", "Missing periods can't be filled: the query does not group by metric_time.",
                remedy: "Add metric_time__day (or another grain) to --group-by.")
        case .tooManyPeriods(let count, let limit, let grain):
            Diagnostic(
                "too-many-periods",
                "Filling the missing \(grain)s would give about \(count) rows; the limit is \(limit).",
                remedy: "Narrow --start-time and --end-time, or take a coarser grain.")
        default: preconditionFailure("no time problem: \(self)")
        }
    }

    private var tableDiagnostic: Diagnostic {
        switch self {
        case .joinFansOut(let join, let table, let target, .keyNotCovered(let key, let on)):
            Diagnostic(
                "join-fans-out",
                "Join \"\(join)\" from \(table) would give several rows of \(target) for one row: it matches "
                    + "\(QueryProblem.list(on)) against a key of \(QueryProblem.list(key)), and every figure would be "
                    + "counted several times.",
                remedy: "Name a column for each part of the key, in its order, under `on:`.")
        case .joinFansOut(let join, let table, let target, .momentMissing(let validFrom)):
            Diagnostic(
                "join-fans-out",
                "Join \"\(join)\" from \(table) would give several rows of \(target) for one row: they hold one after "
                    + "the other from \(validFrom), and the join does not say at which moment.",
                remedy: "Name the moment's column under `valid_at:`.")
        case .joinColumnNotStored(let join, let table, let column):
            Diagnostic(
                "join-column-not-stored",
                "Join \"\(join)\" matches by \"\(column)\", which table \(table) does not keep.",
                remedy: "Join by a folded column or a part of the key; a derived column can't be joined by.")
        case .unknownTable(let name, let nearest):
            Diagnostic(
                "unknown-table", "There is no table \"\(name)\".", remedy: "Run `caliber dictionary check`.",
                suggestions: nearest)
        case .expressionTooLarge(let table):
            Diagnostic(
                "expression-too-large",
                "Written out, the derived columns of table \(table) that the query uses are too large an expression.",
                remedy: "Fold one of them in the table instead of deriving it.")
        default: preconditionFailure("no table problem: \(self)")
        }
    }

    private var valueDiagnostic: Diagnostic {
        switch self {
        case .unknownOrder(let name, let nearest):
            Diagnostic(
                "unknown-order", "The answer has no column \"\(name)\" to order by.",
                remedy: "Order by a metric or a dimension of the query; \"-\" before it means descending.",
                suggestions: nearest)
        case .limitNotPositive(let limit):
            Diagnostic("limit-not-positive", "The limit \(limit) is below 1.", remedy: "Write 1 or more, or none.")
        case .textAggregated(let metric, let aggregation, let type):
            Diagnostic(
                "text-aggregated", "Metric \"\(metric)\" takes the \(aggregation) of strings (type \(type)).",
                remedy: "Count its values with count or count_distinct.")
        case .totalOutOfRange(let metric):
            Diagnostic(
                "total-out-of-range",
                "A total of metric \"\(metric)\" is beyond 9.2e18 of its smallest unit, too large to compute with.",
                remedy: "Narrow the query; look for a wrong amount in the rows.")
        default: preconditionFailure("no value problem: \(self)")
        }
    }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.first ?? "nothing" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}
