import CaliberTesting
import Foundation
import Testing

/// What stands in `deploy/`: the unit of systemd, and the configuration that it serves by.
@Suite struct DeploymentFileTests {
    private static let unit = BuiltCommand.packageRoot.appending(path: "deploy/caliber.service")
    private static let configuration = BuiltCommand.packageRoot.appending(path: "deploy/caliber.yaml")
    private static let analyze = "/usr/bin/systemd-analyze"

    private func settings() throws -> [String: String] {
        var settings: [String: String] = [:]
        for line in try String(contentsOf: DeploymentFileTests.unit, encoding: .utf8).split(separator: "\n")
        where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { settings[parts[0]] = parts[1] }
        }
        return settings
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: analyze), "systemd-analyze is not installed here"))
    func `systemd takes the unit, and finds it well confined`() throws {
        let folder = try TemporaryFolder()
        // It looks for the program, which is not installed where tests run.
        let unit = try String(contentsOf: DeploymentFileTests.unit, encoding: .utf8)
            .replacing("ExecStart=/usr/local/bin/caliber", with: "ExecStart=/bin/true")
        try folder.write(unit, to: "caliber.service")
        let verified = try analyzed(["verify", folder.path("caliber.service")], in: folder)
        #expect(verified.status == 0 && verified.said.isEmpty, "\(verified.said)")
        let confined = try analyzed(
            ["security", "--offline=true", "--threshold=20", folder.path("caliber.service")], in: folder)
        #expect(confined.status == 0, "\(confined.said)")
        try folder.write(unit.replacing("Restart=always", with: "Restart=perhaps"), to: "caliber.service")
        #expect(try !analyzed(["verify", folder.path("caliber.service")], in: folder).said.isEmpty)
    }

    private func analyzed(_ arguments: [String], in folder: TemporaryFolder) throws -> (status: Int32, said: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: DeploymentFileTests.analyze)
        process.arguments = arguments
        let said = folder.path("said")
        try Data().write(to: URL(fileURLWithPath: said))
        process.standardOutput = FileHandle(forWritingAtPath: said)
        process.standardError = FileHandle(forWritingAtPath: said)
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOfFile: said, encoding: .utf8))
    }

    @Test func `the service takes the unit's command line and the configuration beside it`() throws {
        let settings = try settings()
        let words = try #require(settings["ExecStart"]).split(separator: " ").map(String.init)
        #expect(words.first == "/usr/local/bin/caliber")
        let command = BuiltCommand(in: try TemporaryFolder())
        let folder = command.folder
        try FileManager.default.createDirectory(
            atPath: folder.path("etc/dictionary"), withIntermediateDirectories: true)
        try folder.write("keys: []\n", to: "etc/keys.yaml")
        try folder.write(
            try String(contentsOf: DeploymentFileTests.configuration, encoding: .utf8), to: "etc/caliber.yaml")
        let arguments = words.dropFirst().map { $0.replacing("/etc/caliber/", with: folder.path("etc") + "/") }
        let outcome = try command.run(arguments + ["--check-config"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        func value(_ key: String) -> String? {
            for line in outcome.output.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                if words.count > 1, words[0] == key { return words[1] }
            }
            return nil
        }
        // What is written lies where the unit lets it write, and ending takes less than systemd waits.
        #expect(value("database")?.hasPrefix("/var/lib/\(settings["StateDirectory"] ?? "?")/") == true)
        #expect(settings["ProtectSystem"] == "strict")
        let shutdown = try #require(value("shutdown_seconds").flatMap { Int($0) }, "\(outcome.output)")
        #expect(try #require(settings["TimeoutStopSec"].flatMap { Int($0) }) >= 2 * shutdown)
        #expect(try #require(settings["LimitNOFILE"].flatMap { Int($0) }) > 4 * 1024)
        let wrong = try command.run(arguments + ["--check-konfig"])
        #expect(wrong.status == 64)
    }
}
