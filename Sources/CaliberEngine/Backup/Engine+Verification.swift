import CaliberAlerts
import CaliberCore
import CaliberEventLog
import CaliberStore
import CaliberTables
import Foundation

extension Engine {
    /// Checks everything of the database that can be checked: SQLite's structure, each logged event, each segment, the keys
    /// of repeats, the accounts of intake and of alerts; and a backup's bytes against its seal.
    ///
    /// Reads the whole file; others may write meanwhile.
    ///
    /// - Returns: what is wrong; empty when nothing is.
    public func verify() throws -> [Diagnostic] {
        var damages: [Diagnostic] = []
        let tables: TableSet?
        do {
            tables = try openTables(.readOnly) { _, reason in
                if case .damaged(let problem) = reason { damages.append(problem.diagnostic) }
            }
        } catch {
            damages += Diagnostic.describing(error)
            tables = nil
        }
        return try verify(tables, damages: damages)
    }

    /// - Parameters:
    ///   - tables: as they were opened; nil when they can't be.
    ///   - damages: what opening them met.
    func verify(_ tables: TableSet?, damages: [Diagnostic]) throws -> [Diagnostic] {
        var problems: [Diagnostic] = []
        func look(_ part: () throws -> [Diagnostic]) {
            do { problems += try part() } catch { problems += Diagnostic.describing(error) }
        }
        look { try BackupSeal.problems(of: databasePath) }
        let structure = try structureProblems()
        problems += structure
        // What reads rows takes their types for granted, which a broken structure does not keep.
        guard structure.isEmpty else { return problems }
        look { try log.verify() }
        look { try StoredChecksums.verify(in: store) }
        problems += damages
        if let tables { look { tables.verify() } }
        look { try alertProblems() }
        var seen: Set<String> = []
        return problems.filter { seen.insert($0.description).inserted }
    }

    private func structureProblems() throws -> [Diagnostic] {
        do {
            return try store.integrityProblems().map {
                Diagnostic("database-corrupt", "SQLite's check says: \($0).", remedy: "Restore the file from a backup.")
            }
        } catch {
            return Diagnostic.describing(error)
        }
    }

    private func alertProblems() throws -> [Diagnostic] {
        try store.read { try AlertAccount.verify(in: $0) }.map {
            Diagnostic(
                "alert-account-unbalanced", "The account of alerts does not hold: \($0)",
                remedy: "Restore the file from a backup, and report this.")
        }
    }
}
