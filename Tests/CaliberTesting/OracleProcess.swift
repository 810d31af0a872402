import Foundation

/// A Python script of `Tests/Oracle` in a process of its own, which answers each line with a line.
struct OracleProcess: ~Copyable {
    private let process = Process()
    private let requests = Pipe()
    private let replies = Pipe()
    private var received = Data()

    /// Where `make setup-tests` puts the interpreter that has the oracles' libraries.
    static var python: URL { packageFolder.appending(path: ".tools/oracle/bin/python") }

    /// The folder that `Package.swift` stands in.
    static var packageFolder: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// - Parameter script: its file's name.
    init(script: String) throws {
        // A process that is gone is told by the write that fails, not by a signal that ends the tests.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = OracleProcess.python
        // Unbuffered, and no compiled files beside the sources.
        process.arguments = ["-u", "-B", OracleProcess.packageFolder.appending(path: "Tests/Oracle/\(script)").path]
        process.standardInput = requests
        process.standardOutput = replies
        try process.run()
    }

    deinit {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Sends a line and gives the line that comes back; nil when the process has ended.
    mutating func exchange(_ line: Data) throws -> Data? {
        try requests.fileHandleForWriting.write(contentsOf: line + [UInt8(ascii: "\n")])
        var searched = received.startIndex
        while true {
            if let end = received[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let reply = received[received.startIndex..<end]
                received = Data(received[(end + 1)...])
                return Data(reply)
            }
            searched = received.endIndex
            let more = replies.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            received.append(more)
        }
    }
}
