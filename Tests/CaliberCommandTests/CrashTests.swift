import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberTesting
import Foundation
import Testing

/// `kill -9` at random moments of ingest: nothing lost, nothing doubled.
@Suite struct CrashTests {
    static let killCount = isLongRun ? 50 : 8
    static let killsPerDatabase = 4

    /// In large steps, and as input that comes live, whose tables are written while it comes.
    @Test(.timeLimit(.minutes(20)), arguments: [[], ["--commit-every", "500"]])
    func `killed at random moments and started again, it ends as a clean pass ends`(options: [String]) throws {
        let folder = try TemporaryFolder()
        let (files, truth) = try simulatedFiles(in: folder, orderCount: 16_000)
        let command = BuiltCommand(in: folder)
        let clean = try command.run(["ingest"] + options + deployment("clean.db") + files)
        #expect(clean.status == 0, "\(clean.errors)")
        let expected = try Finding(folder.path("clean.db"))
        #expect(expected.acceptedCount == Int64(truth.acceptedCount))
        #expect(expected.quarantinedCount == Int64(truth.malformedCount))

        var timing = KillTiming(generator: SeededGenerator(seed: 20_260_301), cleanSeconds: clean.seconds)
        var (landedCount, attemptCount, databaseCount, resumedCount) = (0, 0, 0, 0)
        while landedCount < CrashTests.killCount, attemptCount < 2 * CrashTests.killCount {
            databaseCount += 1
            let database = "killed-\(databaseCount).db"
            let arguments = ["ingest"] + options + deployment(database) + files
            for attempt in 1...CrashTests.killsPerDatabase {
                attemptCount += 1
                let outcome = try command.run(arguments, killedAfterSeconds: timing.nextDelaySeconds())
                #expect(outcome.wasKilled || outcome.status == 0, "\(outcome.errors)")
                guard outcome.wasKilled else {
                    if attempt == 1 { timing.cleanSeconds = outcome.seconds }
                    break
                }
                landedCount += 1
            }
            let last = try command.run(arguments)
            #expect(last.status == 0, "\(last.errors)")
            if !last.errors.contains(#/= accepted +0 /#) { resumedCount += 1 }
            let verified = try command.run(["status", "--verify"] + deployment(database))
            #expect(verified.status == 0, "\(verified.errors)")
            expect(try Finding(folder.path(database)), equals: expected)
        }
        #expect(landedCount >= CrashTests.killCount, "\(landedCount) of \(attemptCount) kills met a running process")
        #expect(resumedCount > 0, "no kill left anything to do: all came after the last event was durable")
    }

    private func expect(_ finding: Finding, equals expected: Finding) {
        #expect(finding.acceptedCount == expected.acceptedCount)
        #expect(finding.quarantinedCount == expected.quarantinedCount)
        #expect(finding.parkedCount == expected.parkedCount)
        for (table, text) in expected.tables {
            // Compared by itself: two texts of thousands of rows are no message.
            let isEqual = finding.tables[table] == text
            #expect(isEqual, "\(table) differs from the clean pass's")
        }
    }

    private func deployment(_ database: String) -> [String] {
        ["--database", database, "--dictionary", CrashTests.dictionaryFolder]
    }

    static let dictionaryFolder = BuiltCommand.packageRoot.appending(path: "dictionary").path

    /// The stream's mebibytes dealt out to three files, so that a run is in one while events wait in another.
    private func simulatedFiles(
        in folder: TemporaryFolder, orderCount: Int
    ) throws -> (paths: [String], truth: SimulationTruth) {
        let paths = (1...3).map { folder.path("events-\($0).ndjson") }
        let handles = try paths.map { path in
            try Data().write(to: URL(fileURLWithPath: path))
            return try #require(FileHandle(forWritingAtPath: path))
        }
        var turn = 0
        let simulation = Simulation(SimulationSettings(seed: 5, orderCount: orderCount, dayCount: 7))
        let truth = try simulation.write {
            try handles[turn % handles.count].write(contentsOf: $0); turn += 1
        }
        for handle in handles { try handle.close() }
        return (paths, truth)
    }
}

/// When to kill: early enough that several kills come before a run that continues the last one is through.
private struct KillTiming {
    var generator: SeededGenerator
    /// What a run takes that nothing disturbs.
    var cleanSeconds: Double

    mutating func nextDelaySeconds() -> Double { Double.random(in: 0.04...0.5, using: &generator) * cleanSeconds }
}

/// What a database says about the stream.
private struct Finding {
    let acceptedCount: Int64
    let quarantinedCount: Int64
    let parkedCount: Int64
    let tables: [String: String]

    init(_ path: String) throws {
        let loaded = try MetricDictionary.load(from: CrashTests.dictionaryFolder)
        let engine = try Engine.open(databasePath: path, dictionary: loaded)
        let status = try engine.status()
        let session = try engine.session()
        acceptedCount = status.account.accepted
        quarantinedCount = status.account.quarantined
        parkedCount = status.account.parked
        var tables: [String: String] = [:]
        for table in status.tables { tables[table.name] = try session.rows(of: table.name).sortedText }
        self.tables = tables
        #expect(status.account.isBalanced)
        #expect(status.position.sequence == status.account.accepted)
    }
}
