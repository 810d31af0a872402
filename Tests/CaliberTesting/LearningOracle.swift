import Foundation
import Synchronization

/// scikit-learn in a process of its own, asked over a pipe: a second opinion on fitted models and their figures.
///
/// `Tests/Oracle/learning_oracle.py` says what it takes and answers; the functions that can be called are in
/// `Tests/Oracle/learning/`. It may be asked from several tests at once, one request after the other.
public final class LearningOracle: Sendable {
    /// Why the oracle gave no answer.
    public enum Problem: Error, CustomStringConvertible {
        case notInstalled(path: String)
        /// The function failed, or there is none.
        case refused(reason: String, function: String)
        case gone(function: String)

        public var description: String {
            switch self {
            case .notInstalled(let path): "scikit-learn is not installed at \(path): run `make setup-tests`."
            case .refused(let reason, let function): "\(function) failed: \(reason)"
            case .gone(let function): "The oracle's process ended when asked for \(function)."
            }
        }
    }

    /// What a function is given.
    public enum Argument: Sendable {
        case null
        case boolean(Bool)
        case integer(Int)
        case number(Double)
        case text(String)
        case list([Argument])
        /// Many numbers, row by row, as an array of that shape; they go through a file, bit by bit.
        case array([Double], shape: [Int])

        public static func array(_ values: [Double]) -> Argument { .array(values, shape: [values.count]) }
    }

    private static let one = Result { try LearningOracle() }

    /// The process that all tests of a run share: starting one takes seconds.
    /// - Throws: `Problem.notInstalled`, whose text says what to run.
    public static func shared() throws -> LearningOracle { try one.get() }

    private let connection: Mutex<OracleProcess>

    /// Starts the process.
    /// - Throws: `Problem.notInstalled`, whose text says what to run.
    public init() throws {
        let python = OracleProcess.python.path
        guard FileManager.default.isExecutableFile(atPath: python) else { throw Problem.notInstalled(path: python) }
        connection = Mutex(try OracleProcess(script: "learning_oracle.py"))
    }

    /// Calls a function and reads what it gives.
    /// - Parameters:
    ///   - function: its module and name: `fitting.logistic`.
    ///   - arguments: by name, as Python takes them.
    public func call<Answer: Decodable>(
        _ function: String, _ arguments: [String: Argument] = [:], as: Answer.Type = Answer.self
    ) throws -> Answer {
        let folder = try TemporaryFolder()
        let request: [String: Any] = [
            "call": function, "arguments": try arguments.mapValues { try $0.json(arraysIn: folder) },
        ]
        let line = try JSONSerialization.data(withJSONObject: request, options: [.sortedKeys])
        // The files of arrays are read before the answer comes.
        let reply = try withExtendedLifetime(folder) { try connection.withLock { try $0.exchange(line) } }
        guard let reply else { throw Problem.gone(function: function) }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        if let reason = try decoder.decode(Failure.self, from: reply).error {
            throw Problem.refused(reason: reason, function: function)
        }
        return try decoder.decode(Reply<Answer>.self, from: reply).result
    }

    private struct Reply<Answer: Decodable>: Decodable {
        let result: Answer
    }

    private struct Failure: Decodable {
        let error: String?
    }
}

extension LearningOracle.Argument: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral
{
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }

    /// As a request says it; arrays are written beside it.
    fileprivate func json(arraysIn folder: TemporaryFolder) throws -> Any {
        switch self {
        case .null: return NSNull()
        case .boolean(let boolean): return NSNumber(value: boolean)
        case .integer(let integer): return NSNumber(value: integer)
        case .number(let number):
            if number.isNaN { return "NaN" }
            return number.isFinite ? NSNumber(value: number) : number > 0 ? "Infinity" : "-Infinity"
        case .text(let text): return text
        case .list(let items): return try items.map { try $0.json(arraysIn: folder) }
        case .array(let values, let shape):
            let file = folder.url.appending(path: UUID().uuidString)
            try values.withUnsafeBytes { try Data($0).write(to: file) }
            return ["array": file.path, "shape": shape] as [String: Any]
        }
    }
}
