import CaliberCore
import CaliberTesting
import Foundation
import Testing

/// `caliber serve` as a process of its own, on a free port of the loopback.
final class RunningService: @unchecked Sendable {
    // Safe to share: what clients use, the port and the process's number, never changes once it listens; one thread ends it.
    let folder: TemporaryFolder
    private let process = Process()
    private let logPath: String
    private let settings: [String: String]
    let port: Int

    static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static var caliber: URL { packageRoot.appending(path: ".build/release/caliber") }

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - folder: where its database is; started again there it goes on.
    ///   - settings: variables of the environment, over those that serve everyone without scores.
    init(in folder: TemporaryFolder, settings: [String: String] = [:]) throws {
        self.folder = folder
        self.settings = settings
        logPath = folder.path("service-\(UUID().uuidString).log")
        try Data().write(to: URL(fileURLWithPath: logPath))
        process.executableURL = RunningService.caliber
        process.arguments = ["serve"]
        process.currentDirectoryURL = folder.url
        process.environment = RunningService.environment(in: folder).merging(settings) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: logPath)
        try process.run()
        var port: Int?
        let deadline = ContinuousClock.now + .seconds(60)
        while port == nil, process.isRunning, ContinuousClock.now < deadline {
            usleep(5000)
            let log = try String(contentsOfFile: logPath, encoding: .utf8)
            port = log.firstMatch(of: #/caliber listens on .*, port (\d+)\n/#).flatMap { Int($0.1) }
        }
        let log = try String(contentsOfFile: logPath, encoding: .utf8)
        self.port = try #require(port, "it does not listen: \(log)")
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    static func environment(in folder: TemporaryFolder) -> [String: String] {
        [
            "PATH": "/usr/bin:/bin", "TMPDIR": folder.url.path, "CALIBER_LISTEN": "127.0.0.1:0",
            "CALIBER_DICTIONARY": packageRoot.appending(path: "dictionary").path,
            "CALIBER_DATABASE": folder.path("service.db"), "CALIBER_MODELS": packageRoot.appending(path: "models").path,
            "CALIBER_WITHOUT_KEYS": "true", "CALIBER_SCORES_ENABLED": "false",
        ]
    }

    /// Its number among processes.
    var processIdentifier: Int32 { process.processIdentifier }

    /// The clock of tests that make keys.
    static let now = Timestamp(microseconds: 1_772_000_000_000_000)

    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// Resident memory, bytes.
    var memoryByteCount: Int {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8)) ?? ""
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Ends it at once.
    func kill9() {
        signal(SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to end and waits; gives its exit code.
    func terminate() -> Int32 {
        signal(SIGTERM)
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -1
    }

    func connect() throws -> LoopbackConnection { try LoopbackConnection(port: port) }

    /// One request on a connection of its own.
    func ask(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
    ) throws -> LoopbackConnection.Answer {
        try connect().ask(method, path, headers: headers.merging(["Connection": "close"]) { $1 }, body: body)
    }

    /// Runs `caliber` beside it, on the same database and with the same settings.
    func caliber(_ arguments: String...) throws -> (status: Int32, output: String) {
        let other = Process()
        other.executableURL = RunningService.caliber
        other.arguments = arguments
        other.environment = RunningService.environment(in: folder).merging(settings) { $1 }
        other.currentDirectoryURL = folder.url
        let output = folder.path("\(UUID().uuidString).out")
        try Data().write(to: URL(fileURLWithPath: output))
        other.standardInput = FileHandle.nullDevice
        other.standardOutput = FileHandle(forWritingAtPath: output)
        other.standardError = FileHandle.nullDevice
        try other.run()
        other.waitUntilExit()
        return (other.terminationStatus, try String(contentsOfFile: output, encoding: .utf8))
    }
}
