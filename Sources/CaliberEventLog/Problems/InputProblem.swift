import CaliberCore
import Glibc

/// Why an input can't be read at all, or not any further.
public enum InputProblem: Error, Hashable, Sendable {
    case unreadable(path: String, errno: Int32)
    case damagedCompression(file: String, format: String, reason: String)
    case truncatedCompression(file: String, format: String)
    case missingColumn(file: String, source: String, column: String, nearest: [String])
    case repeatedColumn(file: String, column: String)
    case emptyTable(file: String, source: String)
    case undeclaredContract(source: String, contract: String)
    case badPattern(contract: String, field: String, pattern: String)
    case damagedBatch(firstSequence: Int64, reason: String)
    case damagedKeys(reason: String)
    case unsupportedCheck(contract: String, check: String, reason: String)

    public var diagnostic: Diagnostic {
        switch self {
        case .unreadable(let path, let errno):
            Diagnostic(
                "input-unreadable", "\(path) can't be read: \(String(cString: strerror(errno))).",
                remedy: "Check the path and its rights.")
        case .damagedCompression(let file, let format, let reason):
            Diagnostic(
                "input-damaged", "\(file) is damaged \(format) data: \(reason).",
                remedy: "Fetch it again. What was taken in before stays; the next try repeats nothing.")
        case .truncatedCompression(let file, let format):
            Diagnostic(
                "input-truncated", "\(file) ends in the middle of its \(format) data.",
                remedy: "Fetch it again. What was taken in before stays; the next try repeats nothing.")
        case .missingColumn(let file, let source, let column, let nearest):
            Diagnostic(
                "missing-column", "The header has no column \"\(column)\", which source \(source) reads.",
                at: SourceLocation(file: file, line: 1), remedy: nearest.isEmpty ? "Nothing was taken in." : nil,
                suggestions: nearest)
        case .repeatedColumn(let file, let column):
            Diagnostic(
                "repeated-column", "The header has the column \"\(column)\" twice.",
                at: SourceLocation(file: file, line: 1), remedy: "Rename one. Nothing was taken in.")
        case .emptyTable(let file, let source):
            Diagnostic(
                "missing-header", "The file has no header line, and source \(source) finds its columns by name.",
                at: SourceLocation(file: file))
        case .undeclaredContract(let source, let contract):
            Diagnostic("unknown-contract", "Source \(source) makes events of \(contract), which no contract declares.")
        case .badPattern(let contract, let field, let pattern):
            Diagnostic(
                "malformed-pattern", "\(contract).\(field): \(pattern) is not a regular expression.",
                remedy: "Correct the contract.")
        case .damagedBatch(let firstSequence, let reason):
            Diagnostic(
                "log-damaged", "The log's batch from event \(firstSequence) on can't be read: \(reason).",
                remedy: "Restore the database from a backup.")
        case .damagedKeys(let reason):
            Diagnostic(
                "keys-damaged", "The keys of accepted events can't be read: \(reason).",
                remedy: "Restore the database from a backup.")
        case .unsupportedCheck(let contract, let check, let reason):
            Diagnostic("unsupported-check", "\(contract), check \"\(check)\": \(reason).", remedy: "Rewrite the check.")
        }
    }
}
