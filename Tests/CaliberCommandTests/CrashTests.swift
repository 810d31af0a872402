import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberTesting
import Foundation
import Testing

/// `kill -9` at random moments of ingest: nothing lost, nothing doubled.
@Suite struct CrashTests {
    static let killsPerDatabase = 4
    static let databaseCount = isLongRun ? 13 : 2

    @Test(.timeLimit(.minutes(20)))
    func `killed at random moments and started again, it ends as a clean pass ends`() throws {
        let folder = try TemporaryFolder()
        let (files, truth) = try simulatedFiles(in: folder, orderCount: 12_000)
        let command = BuiltCommand(in: folder)
        let clean = try command.run(["ingest"] + deployment("clean.db") + files)
        #expect(clean.status == 0, "\(clean.errors)")
        let expected = try Finding(folder.path("clean.db"))
        #expect(expected.acceptedCount == Int64(truth.acceptedCount))
        #expect(expected.quarantinedCount == Int64(truth.malformedCount))

        var generator = SeededGenerator(seed: 20_260_301)
        var landedCount = 0
        for database in 1...CrashTests.databaseCount {
            let arguments = ["ingest"] + deployment("killed-\(database).db") + files
            for _ in 1...CrashTests.killsPerDatabase {
                let delay = Double.random(in: 0.02...0.9, using: &generator) * clean.seconds
                let outcome = try command.run(arguments, killedAfterSeconds: delay)
                #expect(outcome.wasKilled || outcome.status == 0, "\(outcome.errors)")
                landedCount += outcome.wasKilled ? 1 : 0
            }
            let last = try command.run(arguments)
            #expect(last.status == 0, "\(last.errors)")
            let verified = try command.run(["status", "--verify"] + deployment("killed-\(database).db"))
            #expect(verified.status == 0, "\(verified.errors)")
            let finding = try Finding(folder.path("killed-\(database).db"))
            #expect(finding.acceptedCount == expected.acceptedCount)
            #expect(finding.quarantinedCount == expected.quarantinedCount)
            #expect(finding.parkedCount == expected.parkedCount)
            for (table, text) in expected.tables {
                #expect(finding.tables[table] == text, "\(table) differs from the clean pass's")
            }
        }
        let killCount = CrashTests.killsPerDatabase * CrashTests.databaseCount
        #expect(landedCount * 2 > killCount, "only \(landedCount) of \(killCount) kills met a running process")
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
