import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CaliberSimulator
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Synchronization
import Testing

/// Copies of a database that is in use, and what puts them back.
@Suite(.timeLimit(.minutes(3))) struct BackupTests {
    /// What an intake that goes on all the while has acknowledged so far.
    private final class Progress: Sendable {
        private let state = Mutex((acknowledged: Int64(0), isDone: false, failure: String?.none))
        var acknowledged: Int64 { state.withLock { $0.acknowledged } }
        var isDone: Bool { state.withLock { $0.isDone } }
        var failure: String? { state.withLock { $0.failure } }
        func note(_ position: Int64) { state.withLock { $0.acknowledged = position } }
        func end(_ failure: String? = nil) { state.withLock { ($0.isDone, $0.failure) = (true, failure) } }
    }

    @Test func `a copy taken while events come in is a moment of the log, with everything acknowledged before`() throws
    {
        let shop = SimulatedShop(SimulationSettings(seed: 11, orderCount: 4000, dayCount: 5))
        let deployment = try EngineDeployment(try ShopDictionary.load())
        let (engine, folder) = (deployment.engine, deployment.folder)
        let progress = Progress()
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            do {
                let intake = try engine.openIntake()
                for start in stride(from: 0, to: shop.lines.count, by: 200) {
                    let lines = shop.lines[start..<min(start + 200, shop.lines.count)]
                    _ = try intake.ingest([SimulatedShop.input(lines)])
                    progress.note(try engine.position.sequence)
                }
                try intake.checkpoint()
                progress.end()
            } catch {
                progress.end("\(error)")
            }
            done.signal()
        }
        var backups: [(backup: DatabaseBackup, acknowledgedBefore: Int64)] = []
        while !progress.isDone {
            let acknowledged = progress.acknowledged
            guard acknowledged > Int64(backups.count * 3000) else {
                usleep(1000)
                continue
            }
            backups.append(
                (
                    try DatabaseBackup.write(of: engine.databasePath, to: folder.path("copy-\(backups.count).db")),
                    acknowledged
                ))
        }
        done.wait()
        #expect(progress.failure == nil)
        #expect(backups.count >= 3, "the intake was over before there were copies")
        let logged = try logLines(of: engine)
        for (backup, acknowledged) in backups {
            #expect(backup.position.sequence >= acknowledged)
            #expect(backup.account.isBalanced)
            #expect(
                try names(in: folder, beginningWith: URL(fileURLWithPath: backup.path).lastPathComponent).count == 1)
            let before = try Data(contentsOf: URL(fileURLWithPath: backup.path))
            let found = try DatabaseVerification.verify(
                backup.path, isReadOnly: true, dictionary: try ShopDictionary.load())
            #expect(found.problems.isEmpty && found.isSealed, "\(found.problems)")
            let isUnchanged = try Data(contentsOf: URL(fileURLWithPath: backup.path)) == before
            #expect(isUnchanged, "looking at it changed it")
            #expect(
                try names(in: folder, beginningWith: URL(fileURLWithPath: backup.path).lastPathComponent).count == 1)
            let restored = folder.path("restored-\(backup.position).db")
            let restoring = try DatabaseRestoring.restore(
                backup.path, to: restored, dictionary: try ShopDictionary.load(), now: EngineDeployment.now)
            #expect(restoring.position == backup.position && restoring.account == backup.account)
            #expect(restoring.keptAside == nil)
            try expect(restored, holds: logged.prefix(Int(backup.position.sequence)))
        }
    }

    /// The same as a database into which these events, and no others, were taken.
    private func expect(_ path: String, holds lines: some Sequence<[UInt8]>) throws {
        let deployment = try EngineDeployment(try ShopDictionary.load())
        let model = deployment.engine
        _ = try model.ingest([SimulatedShop.input(lines)])
        let engine = try Engine.open(databasePath: path, dictionary: try ShopDictionary.load())
        let (found, expected) = (try engine.tableTexts(), try model.tableTexts())
        for (table, text) in expected {
            let isEqual = found[table] == text
            #expect(isEqual, "\(table) differs from the model's")
        }
        let query = MetricQuery(
            metrics: [MetricReference(text: "gmv"), MetricReference(text: "orders_paid")], groupBy: ["channel"])
        #expect(try engine.answer(query).render(as: .csv) == model.answer(query).render(as: .csv))
    }

    private func logLines(of engine: Engine) throws -> [[UInt8]] {
        let log = try EventLog(
            store: CaliberStore.open(at: engine.databasePath, creating: false), dictionary: engine.dictionary)
        var lines: [[UInt8]] = []
        try log.forEachLine { lines.append(Array($0)) }
        return lines
    }

    private func names(in folder: TemporaryFolder, beginningWith name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).filter { $0.hasPrefix(name) }
    }

    // MARK: - Putting back

    private func small(_ seed: UInt64 = 3) throws -> EngineDeployment {
        let deployment = try EngineDeployment(try ShopDictionary.load())
        _ = try deployment.engine.ingest([
            SimulatedShop(SimulationSettings(seed: seed, orderCount: 150, dayCount: 2)).input
        ])
        return deployment
    }

    @Test func `restoring keeps what was there, and nobody goes on writing to it`() throws {
        let deployment = try small()
        let (folder, path) = (deployment.folder, deployment.engine.databasePath)
        let backup = try DatabaseBackup.write(of: path, to: folder.path("monday.db"))
        let more = SimulatedShop(SimulationSettings(seed: 4, orderCount: 50, dayCount: 2))
        _ = try deployment.engine.ingest([more.input])
        let after = try deployment.engine.position
        let early = try CaliberStore.open(at: path)
        let restoring = try DatabaseRestoring.restore(
            backup.path, to: path, dictionary: try ShopDictionary.load(), now: EngineDeployment.now)
        #expect(try deployment.reopened(try ShopDictionary.load()).position == backup.position)
        #expect(backup.position < after)
        let aside = try #require(restoring.keptAside)
        let kept = try Engine.open(databasePath: aside, dictionary: try ShopDictionary.load())
        #expect(try kept.position == after)
        #expect(try kept.verify().isEmpty)
        #expect(throws: StoreProblem.replaced(path: path)) {
            try WriterLease.acquire(on: early, holder: "who came early", now: { EngineDeployment.now })
        }
        // Twice at one moment: neither takes the other's place.
        let again = try DatabaseRestoring.restore(
            backup.path, to: path, dictionary: try ShopDictionary.load(), now: EngineDeployment.now)
        #expect(again.keptAside != nil && again.keptAside != aside)
        #expect(!BackupSealTests.isSealed(path))
    }

    @Test func `nothing is restored while someone has the right to write, nor from what is damaged`() throws {
        let deployment = try small()
        let (folder, path) = (deployment.folder, deployment.engine.databasePath)
        let backup = try DatabaseBackup.write(of: path, to: folder.path("monday.db"))
        let before = try deployment.engine.position
        func restore() throws -> DatabaseRestoring {
            try DatabaseRestoring.restore(
                backup.path, to: path, dictionary: try ShopDictionary.load(), now: EngineDeployment.now)
        }
        do {
            let store = try CaliberStore.open(at: path)
            let lease = try WriterLease.acquire(on: store, holder: "the shop's service", now: Engine.wallClock)
            let error = #expect(throws: BackupProblem.self) { try restore() }
            #expect(error?.diagnostics.first?.message.contains("the shop's service") == true)
            withExtendedLifetime(lease) {}
        }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: backup.path))
        bytes[bytes.count / 2] ^= 4
        try bytes.write(to: URL(fileURLWithPath: backup.path))
        let error = #expect(throws: BackupProblem.self) { try restore() }
        #expect(error?.diagnostics.map(\.code) == ["backup-damaged", "seal-broken"])
        // What is wrong inside is found without a seal, too.
        try damage(backup.path, "UPDATE segmentColumn SET body = CAST(body || x'00' AS BLOB)")
        let inside = #expect(throws: BackupProblem.self) { try restore() }
        #expect(inside?.diagnostics.contains { $0.code == "segment-corrupt" } == true, "\(inside?.diagnostics ?? [])")
        #expect(try deployment.reopened(try ShopDictionary.load()).position == before)
        #expect(try names(in: folder, beginningWith: "caliber.db.").filter { !$0.hasSuffix(".lock") }.isEmpty)
    }

    /// Changes a backup by SQL, which takes its seal away.
    private func damage(_ path: String, _ sql: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let end = try file.seekToEnd()
        try file.truncate(atOffset: end - end % 512)
        try file.close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test func `a backup by an earlier version is told as such, and brought up to date as it is restored`() throws {
        let deployment = try small()
        let (folder, path) = (deployment.folder, deployment.engine.databasePath)
        let backup = try DatabaseBackup.write(of: path, to: folder.path("monday.db"))
        try damage(
            backup.path,
            """
            ALTER TABLE writerLease DROP COLUMN acquiredAt;
            DELETE FROM grdb_migrations WHERE identifier = '10-lease-begin';
            """)
        #expect(throws: StoreProblem.olderSchema(path: backup.path, migrations: ["10-lease-begin"])) {
            try DatabaseVerification.verify(backup.path, isReadOnly: true, dictionary: try ShopDictionary.load())
        }
        #expect(
            try DatabaseBackup.write(of: backup.path, to: folder.path("copy of it.db")).position == backup.position)
        let restored = try DatabaseRestoring.restore(
            backup.path, to: folder.path("restored.db"), dictionary: try ShopDictionary.load(),
            now: EngineDeployment.now)
        #expect(restored.position == backup.position)
    }

    @Test func `a copy takes no other file's place, and leaves nothing where it fails`() throws {
        let deployment = try small()
        let (folder, path) = (deployment.folder, deployment.engine.databasePath)
        try folder.write("precious", to: "notes.txt")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("other-name.db"), withDestinationPath: path)
        for (target, isReplacing) in [
            ("notes.txt", false), ("caliber.db", true), ("caliber.db-wal", true), ("caliber.db.lock", true),
            ("other-name.db", true), ("nowhere/monday.db", true),
        ] {
            #expect(throws: BackupProblem.self, "\(target)") {
                try DatabaseBackup.write(of: path, to: folder.path(target), isReplacing: isReplacing)
            }
        }
        #expect(try String(contentsOfFile: folder.path("notes.txt"), encoding: .utf8) == "precious")
        #expect(throws: StoreProblem.missing(path: folder.path("none.db"))) {
            try DatabaseBackup.write(of: folder.path("none.db"), to: folder.path("monday.db"))
        }
        #expect(throws: StoreProblem.notADatabase(path: folder.path("notes.txt"))) {
            try folder.write(String(repeating: "no database", count: 1000), to: "notes.txt")
            _ = try DatabaseBackup.write(of: folder.path("notes.txt"), to: folder.path("monday.db"))
        }
        _ = try DatabaseBackup.write(of: path, to: folder.path("notes.txt"), isReplacing: true)
        #expect(try names(in: folder, beginningWith: "monday").isEmpty)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.url.path).allSatisfy { !$0.contains("partial") })
        #expect(try deployment.engine.verify().isEmpty)
    }
}
