import CaliberCore

/// Gathers what is wrong while a dictionary is read, so that everything is told in one run.
final class ProblemLog {
    private(set) var problems: [DictionaryProblem] = []

    /// Problems past the limit are not kept: who has a thousand is told nothing new by the next.
    func report(_ problem: DictionaryProblem) {
        guard problems.count < DictionaryLimits.problems else {
            if problems.count == DictionaryLimits.problems {
                problems.append(.file(.tooManyProblems(limit: DictionaryLimits.problems)))
            }
            return
        }
        problems.append(problem)
    }

    func report(_ diagnostics: DiagnosticList) {
        for diagnostic in diagnostics.diagnostics { report(.expression(diagnostic)) }
    }

    var hasErrors: Bool { problems.contains { $0.diagnostic.severity == .error } }

    var diagnostics: [Diagnostic] { problems.map(\.diagnostic) }
}
