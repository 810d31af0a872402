import CaliberCore
import CaliberEngine
import Foundation

/// What a service is to do, checked as a whole.
public struct ServiceConfiguration: Sendable {
    public var dictionaryFolder: String
    public var databasePath: String
    public var modelsFolder: String
    /// Who is told of findings; nil: nobody.
    public var alertsPath: String?
    public var address: ListenAddress
    /// nil serves everyone, which is for loopback alone.
    public var keysPath: String?
    public var hasOpenMetrics: Bool
    public var memoryMegabytes: Int
    public var connectionLimit: Int
    public var headerSeconds: Int
    public var bodySeconds: Int
    public var answerSeconds: Int
    public var shutdownSeconds: Int
    public var bodyByteLimit: Int
    public var queueByteLimit: Int
    public var queueRequestLimit: Int
    public var scores: Scores
    public var queryThreads: Int
    public var waitingQueryLimit: Int
    public var logLevel: String
    public var logsAsJSON: Bool

    public struct Scores: Sendable {
        public var isEnabled: Bool
        public var lagMilliseconds: Int
        public var putAwayMinutes: Int
    }

    /// Reads the file and the environment over it.
    ///
    /// - Parameters:
    ///   - path: the file; nil for the environment alone.
    ///   - environment: variables by name; those that are called `CALIBER_…` count.
    /// - Throws: everything that is wrong, in one list.
    public static func read(
        path: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DiagnosticList) -> ServiceConfiguration {
        var reading = ConfigurationReading(path: path, environment: environment)
        let configuration = ServiceConfiguration(&reading)
        var errors = reading.problems.filter { $0.severity == .error }
        do throws(DiagnosticList) {
            _ = try configuration.alertSetup(zone: .utc, environment: environment)
        } catch {
            errors += error.diagnostics
        }
        guard errors.isEmpty else { throw DiagnosticList(errors) }
        return configuration
    }

    private init(_ reading: inout ConfigurationReading) {
        dictionaryFolder = reading.path("dictionary") ?? "dictionary"
        databasePath = reading.path("database") ?? "caliber.db"
        modelsFolder = reading.path("models") ?? "models"
        alertsPath = reading.path("alerts")
        keysPath = reading.path("keys")
        hasOpenMetrics = reading.boolean("open_metrics")
        memoryMegabytes = reading.number("memory_mb")
        connectionLimit = reading.number("connections")
        headerSeconds = reading.number("header_seconds")
        bodySeconds = reading.number("body_seconds")
        answerSeconds = reading.number("answer_seconds")
        shutdownSeconds = reading.number("shutdown_seconds")
        bodyByteLimit = reading.number("intake.body_mb") << 20
        queueByteLimit = reading.number("intake.queue_mb") << 20
        queueRequestLimit = reading.number("intake.queue_requests")
        scores = Scores(
            isEnabled: reading.boolean("scores.enabled"), lagMilliseconds: reading.number("scores.lag_ms"),
            putAwayMinutes: reading.number("scores.put_away_minutes"))
        queryThreads = reading.number("queries.threads")
        waitingQueryLimit = reading.number("queries.waiting")
        logLevel = reading.choice("logs.level")
        logsAsJSON = reading.choice("logs.format") == "json"
        let listen = reading.text("listen") ?? ""
        address = ListenAddress(listen) ?? ListenAddress(host: "127.0.0.1", port: 0)
        if ListenAddress(listen) == nil {
            reading.report(.badAddress(text: listen, at: reading.location("listen")))
        }
        checkKeys(&reading)
        if bodyByteLimit > queueByteLimit {
            reading.report(
                .wrongValue(
                    key: "intake.queue_mb", expected: "at least intake.body_mb", found: "\(queueByteLimit >> 20)",
                    at: reading.location("intake.queue_mb") ?? reading.location("intake.body_mb")))
        }
        if !FileManager.default.fileExists(atPath: dictionaryFolder) {
            reading.report(
                .missingPath(key: "dictionary", path: dictionaryFolder, at: reading.location("dictionary")))
        }
    }

    /// - Parameter zone: what times in messages are shown in where an endpoint does not say.
    /// - Throws: everything that is wrong with the alerts file.
    func alertSetup(
        zone: BusinessZone, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DiagnosticList) -> AlertSetup {
        guard let alertsPath else { return .nobody }
        return try AlertSetup.read(path: alertsPath, environment: environment, zone: zone)
    }

    private func checkKeys(_ reading: inout ConfigurationReading) {
        let servesEveryone = reading.boolean("without_keys")
        if let keysPath {
            if servesEveryone { reading.report(.bothKeysAndNone(at: reading.location("without_keys"))) }
            if !FileManager.default.fileExists(atPath: keysPath) {
                reading.report(.missingPath(key: "keys", path: keysPath, at: reading.location("keys")))
            }
        } else if !servesEveryone {
            reading.report(.noKeys)
        } else if !address.isLoopback {
            reading.report(.openToAll(listen: "\(address)", at: reading.location("listen")))
        }
    }

    /// Every setting as it holds, and who says so.
    public static func listing(
        path: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [(key: String, value: String, saidBy: String)] {
        let reading = ConfigurationReading(path: path, environment: environment)
        return ServiceSetting.all.map { setting in
            let saidBy: String
            if let value = reading.values[setting.key] {
                saidBy = value.location.map(\.description) ?? setting.variable
            } else {
                saidBy = "usual"
            }
            return (setting.key, reading.text(setting.key) ?? "", saidBy)
        }
    }
}

/// Where a service listens.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, an IPv6 address in brackets.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.init(host: host, port: port)
    }

    public var isLoopback: Bool { host == "localhost" || host == "::1" || isLoopbackIPv4 }

    private var isLoopbackIPv4: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
