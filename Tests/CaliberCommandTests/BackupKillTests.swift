import CaliberTesting
import Foundation
import Testing

/// `kill -9` while a copy is being made.
@Suite(.timeLimit(.minutes(10))) struct BackupKillTests {
    @Test func `a backup that is killed leaves no half file at its name, and the next one needs no help`() throws {
        let folder = try TemporaryFolder()
        let command = BuiltCommand(in: folder)
        let dictionary = ["--dictionary", CrashTests.dictionaryFolder]
        #expect(try command.run("simulate", "--orders", "20000", "--output", "events.ndjson").status == 0)
        #expect(try command.run(["ingest"] + dictionary + ["events.ndjson"]).status == 0)
        let clean = try command.run("backup", "clean.db")
        #expect(clean.status == 0, "\(clean.errors)")
        var generator = SeededGenerator(seed: 77)
        var (killedCount, halfCount) = (0, 0)
        for round in 0..<(isLongRun ? 100 : 12) {
            let name = "backup-\(round % 3).db"
            try? FileManager.default.removeItem(atPath: folder.path(name))
            let outcome = try command.run(
                ["backup", name], killedAfterSeconds: Double.random(in: 0...1, using: &generator) * clean.seconds)
            killedCount += outcome.wasKilled ? 1 : 0
            let isThere = FileManager.default.fileExists(atPath: folder.path(name))
            if FileManager.default.fileExists(atPath: folder.path(name + ".partial")) { halfCount += 1 }
            #expect(isThere || outcome.wasKilled, "\(outcome.errors)")
            guard isThere else { continue }
            let verified = try command.run(["verify"] + dictionary + [name])
            #expect(verified.status == 0, "\(verified.errors)")
            #expect(verified.errors.contains("The seal holds."))
        }
        #expect(killedCount > 0 && halfCount > 0, "\(killedCount) killed, \(halfCount) of them half way")
        for number in 0..<3 {
            let again = try command.run("backup", "--force", "backup-\(number).db")
            #expect(again.status == 0, "\(again.errors)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(left.allSatisfy { !$0.contains("partial") }, "\(left)")
        #expect(try command.run(["verify"] + dictionary).status == 0)
    }
}
