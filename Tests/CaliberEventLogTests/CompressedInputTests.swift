import CaliberCore
import CaliberEventLog
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

@Suite struct CompressedInputTests {
    private typealias Make = IntakeFixture

    private func packed(_ text: String, with tool: [String]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let input = try folder.write(text, to: "plain")
        let output = folder.path("packed")
        try folder.write("", to: "packed")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = tool
        process.standardInput = FileHandle(forReadingAtPath: input)
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(try Data(contentsOf: URL(fileURLWithPath: output)))
    }

    private let lines = (0..<5000).map { Make.event("\($0)") }

    @Test func `gzip is recognised, of one member or of several, with padding behind`() throws {
        let fixture = try IntakeFixture()
        let head = try packed(lines[..<1000].joined(separator: "\n") + "\n", with: ["gzip", "-c"])
        let tail = try packed(lines[1000...].joined(separator: "\n"), with: ["gzip", "-c"])
        let report = try fixture.ingest(.bytes(head + tail + [0, 0, 0], origin: "events.ndjson.gz"))
        #expect(report.account == account(5000, 5000, 0, 0, 0))
        #expect(report.byteCount == Int64(head.count + tail.count + 3))
    }

    @Test func `damaged and cut gzip data is refused, and what came before stays`() throws {
        let fixture = try IntakeFixture()
        let whole = try packed(lines.joined(separator: "\n"), with: ["gzip", "-c"])
        #expect(throws: InputProblem.truncatedCompression(file: "cut.gz", format: "gzip")) {
            try fixture.ingest(.bytes(Array(whole.dropLast(100)), origin: "cut.gz"))
        }
        var damaged = whole
        damaged[whole.count / 2] ^= 0xFF
        #expect {
            try fixture.ingest(.bytes(damaged, origin: "bad.gz"))
        } throws: { ($0 as? InputProblem)?.diagnostic.code == "input-damaged" }
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
        try fixture.ingest(.bytes(whole, origin: "whole.gz"))
        #expect(try fixture.log.account().accepted == 5000)
    }

    @Test func `zstd is recognised, of one frame or of several, and damage is noticed`() throws {
        let donor = try IntakeFixture()
        try donor.ingest(lines[..<20].joined(separator: "\n"))
        try donor.ingest(lines[20..<60].joined(separator: "\n"))
        // The log keeps small batches as zstd frames of lines, whose last line has no end of its own.
        let frames = try donor.store.read {
            try Data.fetchAll($0, sql: "SELECT body FROM eventBatch ORDER BY firstSequence").map { Array($0) }
        }
        let fixture = try IntakeFixture()
        #expect(
            try fixture.ingest(.bytes(frames[0], origin: "a.zst")).account == account(20, 20, 0, 0, 0))
        // The line that the two frames share is two events in one.
        #expect(
            try fixture.ingest(.bytes(frames[0] + frames[1], origin: "b.zst")).account
                == account(59, 39, 19, 1, 0))
        #expect(throws: InputProblem.truncatedCompression(file: "cut.zst", format: "zstd")) {
            try fixture.ingest(.bytes(Array(frames[1].dropLast(10)), origin: "cut.zst"))
        }
        var damaged = frames[1]
        damaged[damaged.count / 2] ^= 0xFF
        #expect {
            try fixture.ingest(.bytes(damaged, origin: "bad.zst"))
        } throws: { ($0 as? InputProblem)?.diagnostic.code == "input-damaged" }
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
    }

    @Test func `a file is read from the disk, and a missing one is named`() throws {
        let fixture = try IntakeFixture()
        let path = try fixture.folder.write(lines.joined(separator: "\n"), to: "events.ndjson")
        #expect(try fixture.ingest(.file(path)).account.accepted == 5000)
        #expect(throws: InputProblem.unreadable(path: "/no/such/file", errno: ENOENT)) {
            try fixture.ingest(.file("/no/such/file"))
        }
    }
}
