import CaliberCore

/// Gathers what is wrong while a dictionary is read, so that everything is told in one run.
final class ProblemLog {
    private(set) var problems: [DictionaryProblem] = []

    func report(_ problem: DictionaryProblem) { problems.append(problem) }

    func report(_ diagnostics: DiagnosticList) {
        problems += diagnostics.diagnostics.map { .expression($0) }
    }

    var diagnostics: [Diagnostic] { problems.map(\.diagnostic) }
}
