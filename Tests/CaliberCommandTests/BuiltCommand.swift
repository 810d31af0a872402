import CaliberTesting
import Foundation

/// An executable of the package, run as people run it: a process with arguments, a folder, pipes and an exit code.
struct BuiltCommand {
    struct Outcome {
        let status: Int32
        let wasKilled: Bool
        let output: String
        let errors: String
        let seconds: Double
    }

    let name: String
    let folder: TemporaryFolder
    var environment: [String: String] = [:]

    static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static var binaries: URL { packageRoot.appending(path: ".build/release") }

    init(_ name: String = "caliber", in folder: TemporaryFolder) {
        self.name = name
        self.folder = folder
    }

    func run(_ arguments: String..., input: String? = nil) throws -> Outcome {
        try run(arguments, input: input)
    }

    /// - Parameters:
    ///   - input: what is piped into standard input.
    ///   - killedAfterSeconds: sends SIGKILL then, if it still runs.
    func run(_ arguments: [String], input: String? = nil, killedAfterSeconds: Double? = nil) throws -> Outcome {
        let process = Process()
        process.executableURL = BuiltCommand.binaries.appending(path: name)
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.environment = ["PATH": "/usr/bin:/bin", "TMPDIR": folder.url.path].merging(environment) { $1 }
        // Files, not pipes: however much a process says, it never waits for its reader.
        let label = UUID().uuidString
        let (output, errors) = (folder.path("\(label).out"), folder.path("\(label).err"))
        for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        let pipe = Pipe()
        if input == nil { process.standardInput = FileHandle.nullDevice } else { process.standardInput = pipe }
        let start = ContinuousClock.now
        try process.run()
        if let input {
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        }
        if let killedAfterSeconds {
            usleep(UInt32(killedAfterSeconds * 1_000_000))
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
        process.waitUntilExit()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        defer { for path in [output, errors] { try? FileManager.default.removeItem(atPath: path) } }
        return Outcome(
            status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8), seconds: seconds)
    }
}

/// The long run: more kills, every fault.
let isLongRun = ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1"
