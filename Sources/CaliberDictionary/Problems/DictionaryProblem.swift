import CaliberCore

/// Everything that can be wrong with a dictionary, each with typed parameters; `diagnostic` is its text.
///
/// Problems inside an expression are the expression language's own and come as finished diagnostics.
package enum DictionaryProblem: Error, Hashable, Sendable {
    case file(FileProblem)
    case shape(ShapeProblem)
    case name(NameProblem)
    case type(TypeProblem)
    case table(TableProblem)
    case metric(MetricProblem)
    case relation(RelationProblem)
    case source(SourceProblem)
    case version(VersionProblem)
    case calendar(CalendarProblem)
    case feature(FeatureProblem)
    case watch(WatchProblem)
    case identity(IdentityProblem)
    case attribution(AttributionProblem)
    case expression(Diagnostic)

    package var diagnostic: Diagnostic {
        switch self {
        case .file(let problem): problem.diagnostic
        case .shape(let problem): problem.diagnostic
        case .name(let problem): problem.diagnostic
        case .type(let problem): problem.diagnostic
        case .table(let problem): problem.diagnostic
        case .metric(let problem): problem.diagnostic
        case .relation(let problem): problem.diagnostic
        case .source(let problem): problem.diagnostic
        case .version(let problem): problem.diagnostic
        case .calendar(let problem): problem.diagnostic
        case .feature(let problem): problem.diagnostic
        case .watch(let problem): problem.diagnostic
        case .identity(let problem): problem.diagnostic
        case .attribution(let problem): problem.diagnostic
        case .expression(let diagnostic): diagnostic
        }
    }
}

/// `a, b and c`, each in quotation marks.
func listed(_ names: [String], _ conjunction: String = "and") -> String {
    let quotedNames = names.map(quoted)
    guard let last = quotedNames.last, quotedNames.count > 1 else { return quotedNames.first ?? "" }
    return quotedNames.dropLast().joined(separator: ", ") + " \(conjunction) " + last
}
