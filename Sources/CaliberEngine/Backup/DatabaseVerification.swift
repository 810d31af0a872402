import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore

/// What looking through a whole database found.
public struct DatabaseVerification: Sendable {
    /// The log's end; nil where the file can't be opened.
    public let position: LogPosition?
    public let account: IntakeAccount?
    /// Whether it is a backup whose seal was held against its bytes.
    public let isSealed: Bool
    /// Empty when nothing is wrong.
    public let problems: [Diagnostic]

    /// Checks a file, whatever state it is in: one that can't even be opened is a finding, not a failure.
    ///
    /// - Parameters:
    ///   - isReadOnly: leaves the file as it is, to the byte; else its schema is brought up to date.
    /// - Throws: `StoreProblem.missing`, `olderSchema` and `newerSchema`: nothing can be said of these.
    public static func verify(
        _ path: String, isReadOnly: Bool, dictionary: LoadedDictionary
    ) throws -> DatabaseVerification {
        do {
            let engine = try Engine.open(databasePath: path, dictionary: dictionary, isReadOnly: isReadOnly)
            let problems = try engine.verify()
            return DatabaseVerification(
                position: try? engine.position, account: try? engine.log.account(),
                isSealed: BackupSeal.isSealed(path), problems: problems)
        } catch let problem as StoreProblem {
            switch problem {
            case .notADatabase, .failed: break
            default: throw problem
            }
            let seal = (try? BackupSeal.problems(of: path)) ?? []
            return DatabaseVerification(
                position: nil, account: nil, isSealed: BackupSeal.isSealed(path),
                problems: seal + [problem.diagnostic])
        }
    }
}
