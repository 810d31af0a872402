import Foundation
import Synchronization

/// DuckDB in a process of its own, asked over a pipe: a second opinion on figures that Caliber gives.
///
/// `Tests/Oracle/oracle.py` says what it takes and answers. One oracle keeps its tables until it is let go; it may be
/// asked from several tests at once, one request after the other.
public final class DuckDBOracle: Sendable {
    /// Why the oracle gave no answer.
    public enum Problem: Error, CustomStringConvertible {
        case notInstalled(path: String)
        /// DuckDB refused the statement.
        case refused(reason: String, request: String)
        case gone(request: String)

        public var description: String {
            switch self {
            case .notInstalled(let path): "DuckDB is not installed at \(path): run `make setup`."
            case .refused(let reason, let request): "DuckDB refused: \(reason)\nIt was asked: \(request)"
            case .gone(let request): "DuckDB's process ended when asked: \(request)"
            }
        }
    }

    /// An answer's rows; `types` are DuckDB's names.
    public struct Answer: Sendable {
        public let columns: [String]
        public let types: [String]
        public let rows: [[Value]]
    }

    public enum Value: Hashable, Sendable {
        case null
        case boolean(Bool)
        /// Also timestamps and intervals, in microseconds.
        case integer(Int64)
        case number(Double)
        /// Also decimals and dates.
        case text(String)
        case list([Value])
    }

    private let connection: Mutex<OracleProcess>

    /// Starts the process.
    /// - Throws: `Problem.notInstalled`, whose text says what to run.
    public init() throws {
        let python = OracleProcess.python.path
        guard FileManager.default.isExecutableFile(atPath: python) else { throw Problem.notInstalled(path: python) }
        connection = Mutex(try OracleProcess(script: "oracle.py"))
    }

    /// The folder that `Package.swift` stands in.
    public static var packageFolder: URL { OracleProcess.packageFolder }

    /// Runs one statement.
    @discardableResult
    public func query(_ sql: String) throws -> Answer {
        try ask(["sql": sql], shownAs: sql)
    }

    /// Makes a table of rows, replacing one of its name.
    /// - Parameter columns: names and DuckDB's types: `("paid", "BIGINT")`.
    public func load(_ table: String, columns: [(name: String, type: String)], rows: [[Value]]) throws {
        let request: [String: Any] = [
            "load": table, "columns": columns.map { [$0.name, $0.type] }, "rows": rows.map { $0.map(\.json) },
        ]
        try ask(request, shownAs: "load \(rows.count) rows into \(table)")
    }

    /// Makes a table of a file that holds one JSON array of values a line: the way for many rows.
    public func load(_ table: String, columns: [(name: String, type: String)], path: String) throws {
        let request: [String: Any] = ["load": table, "columns": columns.map { [$0.name, $0.type] }, "path": path]
        try ask(request, shownAs: "load \(path) into \(table)")
    }

    /// Forgets every table and macro.
    public func reset() throws {
        try ask(["reset": true], shownAs: "reset")
    }

    @discardableResult
    private func ask(_ request: [String: Any], shownAs text: String) throws -> Answer {
        let line = try JSONSerialization.data(withJSONObject: request, options: [.sortedKeys])
        guard let reply = try connection.withLock({ try $0.exchange(line) }),
            let object = try JSONSerialization.jsonObject(with: reply) as? [String: Any]
        else { throw Problem.gone(request: text) }
        if let reason = object["error"] as? String { throw Problem.refused(reason: reason, request: text) }
        guard let columns = object["columns"] as? [String], let types = object["types"] as? [String],
            let rows = object["rows"] as? [[Any]]
        else { throw Problem.refused(reason: "the answer has no rows", request: text) }
        return Answer(
            columns: columns, types: types,
            rows: rows.map { row in zip(row, types).map { Value($0, type: $1) } })
    }
}

extension DuckDBOracle.Value {
    /// A value of an answer; JSON alone does not tell 1 from 1.0 and true, so DuckDB's type decides.
    init(_ json: Any, type: String) {
        if type.hasSuffix("[]"), let items = json as? [Any] {
            self = .list(items.map { DuckDBOracle.Value($0, type: String(type.dropLast(2))) })
        } else if json is NSNull {
            self = .null
        } else if let text = json as? String {
            switch text {
            case "NaN" where type == "DOUBLE": self = .number(.nan)
            case "Infinity" where type == "DOUBLE": self = .number(.infinity)
            case "-Infinity" where type == "DOUBLE": self = .number(-.infinity)
            default: self = .text(text)
            }
        } else if let number = json as? NSNumber {
            switch type {
            case "BOOLEAN": self = .boolean(number.boolValue)
            case "DOUBLE", "FLOAT": self = .number(number.doubleValue)
            default: self = .integer(number.int64Value)
            }
        } else {
            self = .text("\(json)")
        }
    }

    /// As a request says it.
    var json: Any {
        switch self {
        case .null: NSNull()
        case .boolean(let boolean): NSNumber(value: boolean)
        case .integer(let integer): NSNumber(value: integer)
        case .number(let number): number.isFinite ? NSNumber(value: number) : "\(number)"
        case .text(let text): text
        case .list(let items): items.map(\.json)
        }
    }
}
