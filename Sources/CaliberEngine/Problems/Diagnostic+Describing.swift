import CaliberAlerts
import CaliberAttribution
import CaliberCore
import CaliberEventLog
import CaliberQuery
import CaliberRegression
import CaliberScoring
import CaliberStore
import CaliberTables
import GRDB

extension Diagnostic {
    /// What any error of the engine says to a person.
    public static func describing(_ error: any Error) -> [Diagnostic] {
        switch error {
        case let list as DiagnosticList: list.diagnostics
        case let diagnostic as Diagnostic: [diagnostic]
        case let problem as StoreProblem: [problem.diagnostic]
        case let problem as InputProblem: [problem.diagnostic]
        case let problem as TablesProblem: [problem.diagnostic]
        case let problem as QueryProblem: [problem.diagnostic]
        case let problem as ModelProblem: [problem.diagnostic]
        case let problem as ScoringProblem: [problem.diagnostic]
        case let problem as ImportProblem: [problem.diagnostic]
        case let problem as FittingError: [problem.diagnostic]
        case let problem as AlertProblem: [problem.diagnostic]
        case let problem as AttributionModelProblem: [problem.diagnostic]
        case let problem as BackupProblem: problem.diagnostics
        case let error as DatabaseError: [describing(error)]
        default: [Diagnostic("unexpected", "\(error)", remedy: "This is a fault of Caliber; please report it.")]
        }
    }

    private static func describing(_ error: DatabaseError) -> Diagnostic {
        switch error.resultCode {
        case .SQLITE_FULL:
            Diagnostic(
                "disk-full", "The disk is full: \(error.message ?? "SQLite could not write").",
                remedy: "Make room and run the command again; what was acknowledged is safe.")
        case .SQLITE_CORRUPT:
            Diagnostic(
                "database-corrupt", "The database file is damaged: \(error.message ?? "SQLite can't read it").",
                remedy: "Restore it from a backup.")
        default:
            Diagnostic(
                "database-failed", "The database refused: \(error.message ?? "\(error.resultCode)").",
                remedy: "Run the command again; what was acknowledged is safe.")
        }
    }
}
