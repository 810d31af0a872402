import CaliberCore

extension QueryProblem {
    var relationDiagnostic: Diagnostic {
        switch self {
        case .filterMetricUnplanned(let metric, let by):
            Diagnostic(
                "filter-metric", "Metric \"\(metric)\" can't be asked for by \(QueryProblem.list(by)) in a filter.",
                remedy: "Ask for it in a query by itself, which says why.")
        case .topNotPositive(let count):
            Diagnostic("top-not-positive", "--top \(count) is below 1.", remedy: "Write how many groups to show.")
        case .topWithoutGroups(let per):
            Diagnostic(
                "top-without-groups",
                per.isEmpty
                    ? "There are no groups to take the largest of: the query has no --group-by."
                    : "There are no groups to take the largest of for each \(QueryProblem.list(per)): the query groups by "
                        + "nothing else.",
                remedy: "Add a dimension to --group-by, or leave --top out.")
        case .notAMetricOfTheQuery(let option, let name, let nearest):
            Diagnostic(
                "not-a-metric-of-the-query", "\(option) \"\(name)\" is no metric of the query.",
                remedy: "Name one of those in --metrics, or add it there.", suggestions: nearest)
        case .notADimensionOfTheQuery(let option, let name, let nearest):
            Diagnostic(
                "not-a-dimension-of-the-query", "\(option): the query does not group by \"\(name)\".",
                remedy: "Name one of those in --group-by, or add it there.", suggestions: nearest)
        case .repeatedColumn(let name):
            Diagnostic("repeated-column", "The query asks for the column \"\(name)\" twice.", remedy: "Ask once.")
        case .shareUndefined(let metric, let reason):
            Diagnostic(
                "share-undefined", "Metric \"\(metric)\" has no share of a total: \(reason).",
                remedy: "Ask for the share of a sum or a count.")
        case .mergedAlongTime(let metric, let option):
            Diagnostic(
                "merged-along-time",
                "\(option) would put groups of \"\(metric)\" together, which is taken over windows or earlier periods.",
                remedy: "Leave \(option) out, or the metric, or --compare.")
        case .balanceOverPeriods(let metric, let option):
            Diagnostic(
                "balance-over-periods",
                "\(option) would add up periods of \"\(metric)\", a balance that is not to be added up along time.",
                remedy: option == "--share"
                    ? "Write within= and the period, or leave the time out of --group-by."
                    : "Name the period under --per, or leave the time out of --group-by.")
        default: preconditionFailure("no problem of groups in relation: \(self)")
        }
    }
}
