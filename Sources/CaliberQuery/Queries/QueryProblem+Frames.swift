import CaliberCore

extension QueryProblem {
    /// Problems of metrics along time.
    var frameDiagnostic: Diagnostic {
        switch self {
        case .severalGrains(let metric, let names):
            Diagnostic(
                "several-grains",
                "Metric \"\(metric)\" is taken over other times than the answer's rows show, which takes one grain of "
                    + "metric_time, not \(QueryProblem.list(names)).", remedy: "Ask for them in two queries.")
        case .offsetWithoutTime(let metric, let offset):
            Diagnostic(
                "offset-without-time",
                "Metric \"\(metric)\" is taken \(offset), but the query says no time that this could be seen from.",
                remedy: "Add metric_time__day (or another grain) to --group-by, or give --start-time and --end-time.")
        case .ownTimeGrouped(let metric, let name):
            Diagnostic(
                "own-time-grouped",
                "Metric \"\(metric)\" runs along metric_time, so it can't be grouped by \"\(name)\", the time of its "
                    + "own rows.", remedy: "Group by metric_time instead.")
        case .unknownComparison(let text, let nearest):
            Diagnostic(
                "unknown-comparison", "\"\(text)\" is nothing to compare with.",
                remedy: "Write prior_period, prior_year, or a length of time: 7 days, 1 month.", suggestions: nearest)
        case .comparisonWithoutTime(let text):
            Diagnostic(
                "comparison-without-time",
                "There is nothing to compare with (\(text)): the query has no time that an earlier one could be seen from.",
                remedy: "Add metric_time__day (or another grain) to --group-by, or give --start-time and --end-time.")
        case .nothingEarlier(let text, let calendar, let offset):
            Diagnostic(
                "nothing-earlier",
                "There is nothing to compare with (\(text)): calendar \(calendar) has no period \(offset) for any period "
                    + "of the query.",
                remedy: "Ask for later periods, or declare the earlier ones in the calendar.")
        default: preconditionFailure("no problem of metrics along time: \(self)")
        }
    }
}
