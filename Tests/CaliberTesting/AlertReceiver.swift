import Foundation
import Synchronization

/// Receivers of alerts in a process of their own, on loopback: webhooks, chat robots, mail servers.
///
/// `Tests/Oracle/alert_receiver.py` says what it takes and answers. Each test gives its cases names of their own.
public final class AlertReceiver: Sendable {
    public enum Problem: Error {
        case notInstalled(path: String)
        case refused(reason: String)
        case gone
    }

    /// One request that came in.
    public struct Request: Sendable, Decodable {
        public let path: String
        /// Names in lower case.
        public let headers: [String: String]
        public let body: String
        /// Tells connections apart.
        public let connection: Int
        /// The address of this machine that it was sent to.
        public let host: String
    }

    /// One mail that came in, as Python's email package reads it.
    public struct Mail: Sendable, Decodable {
        /// Decoded.
        public let headers: [String: String]
        public let text: String
        public let html: String
        /// What the reader found wrong.
        public let defects: [String]
        public let longest_line: Int
        public let is_ascii: Bool
        public let has_bare_line_ends: Bool
        public let raw: String
        public let server: String
        public let sender: String
        public let recipients: [String]
        public let encrypted: Bool
        public let login: Bool
    }

    private struct Places: Decodable {
        let http: Int
        let https: Int
        let smtp_plain: Int
        let smtp_starttls: Int
        let smtp_tls: Int
        let authority_file: String
    }

    private struct Reply<Result: Decodable>: Decodable {
        let result: Result?
        let error: String?
    }

    private let places: Places
    private let connection: Mutex<OracleProcess>

    public init() throws {
        let python = OracleProcess.python.path
        guard FileManager.default.isExecutableFile(atPath: python) else { throw Problem.notInstalled(path: python) }
        var process = try OracleProcess(script: "alert_receiver.py")
        places = try AlertReceiver.decoded(try process.exchange(Data("{\"where\": true}".utf8)))
        connection = Mutex(process)
    }

    public var httpPort: Int { places.http }
    public var httpsPort: Int { places.https }
    public var plainMailPort: Int { places.smtp_plain }
    public var startTLSMailPort: Int { places.smtp_starttls }
    public var tlsMailPort: Int { places.smtp_tls }
    /// The certificate that the receivers' own hang on.
    public var authorityFile: String { places.authority_file }

    /// Makes `/name` behave.
    /// - Parameter behaviour: JSON, as `receiver/web.py` and `receiver/robots.py` take it.
    /// - Returns: the address.
    @discardableResult
    public func behave(_ name: String, _ behaviour: String) throws -> String {
        let _: Bool = try ask("{\"case\": \"\(name)\", \"behaviour\": \(behaviour)}")
        return "http://127.0.0.1:\(httpPort)/\(name)"
    }

    /// What came to `/name` since the last time this was asked.
    public func take(_ name: String) throws -> [Request] { try ask("{\"take\": \"\(name)\"}") }

    /// How many bytes receivers that send without end got rid of, since the last time this was asked.
    public func takeSentByteCounts() throws -> [Int] { try ask("{\"take\": \"sent-by-giant\"}") }

    /// The mails that reached a mailbox since the last time it was asked.
    public func takeMail(_ mailbox: String) throws -> [Mail] { try ask("{\"mailbox\": \"\(mailbox)\"}") }

    private func ask<Result: Decodable>(_ request: String) throws -> Result {
        let line = try connection.withLock { process in
            try process.exchange(Data(request.split(whereSeparator: \.isNewline).joined(separator: " ").utf8))
        }
        return try AlertReceiver.decoded(line)
    }

    private static func decoded<Result: Decodable>(_ line: Data?) throws -> Result {
        guard let line else { throw Problem.gone }
        let reply = try JSONDecoder().decode(Reply<Result>.self, from: line)
        guard let result = reply.result else { throw Problem.refused(reason: reply.error ?? "no result") }
        return result
    }
}
