import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

/// A sealed backup, by its last line.
enum BackupSealTests {
    static func isSealed(_ path: String) -> Bool {
        let bytes = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        return String(decoding: bytes.suffix(87), as: UTF8.self).hasPrefix("caliber-backup sha256:")
    }
}

/// Bits that change by themselves.
@Suite(.timeLimit(.minutes(5))) struct DamageTests {
    private static let isLong = ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1"

    /// One backup for all tests: events, refused lines, tables, written keys.
    private static let original = Result {
        let deployment = try EngineDeployment(try ShopDictionary.load())
        let shop = SimulatedShop(SimulationSettings(seed: 21, orderCount: 700, dayCount: 3))
        for start in stride(from: 0, to: shop.lines.count, by: 1500) {
            _ = try deployment.engine.ingest([
                SimulatedShop.input(shop.lines[start..<min(start + 1500, shop.lines.count)])
            ])
        }
        let path = deployment.folder.path("backup.db")
        _ = try DatabaseBackup.write(of: deployment.engine.databasePath, to: path)
        return (deployment.folder, path, try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func problems(of path: String) throws -> [Diagnostic] {
        try DatabaseVerification.verify(path, isReadOnly: true, dictionary: try ShopDictionary.load()).problems
    }

    @Test(arguments: [UInt64](1...(isLong ? 20 : 2)))
    func `whatever bit of a backup changes, and wherever it is cut, its seal says so`(seed: UInt64) throws {
        let (folder, _, whole) = try DamageTests.original.get()
        var generator = SeededGenerator(seed: seed)
        let path = folder.path("damaged-\(seed).db")
        for round in 0..<40 {
            var bytes = whole
            if round.isMultiple(of: 8) {
                // Where exactly the seal is cut off, what is left is a whole database without one.
                bytes = whole.prefix(Int.random(in: 100..<whole.count - 88, using: &generator))
            } else {
                let place = Int.random(in: 0..<whole.count, using: &generator)
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            #expect(try !problems(of: path).isEmpty, "round \(round) was not noticed")
        }
    }

    /// What the file keeps of what came in has checksums of its own, seal or no seal.
    @Test(arguments: [
        ("eventBatch", "body"), ("segmentColumn", "body"), ("stringChunk", "body"), ("quarantinedEvent", "body"),
        ("eventKeyPage", "keys"),
    ])
    func `a changed byte of what is kept is found in a database without a seal`(table: String, column: String) throws {
        let (folder, _, whole) = try DamageTests.original.get()
        var generator = SeededGenerator(seed: 5)
        let path = folder.path("damaged-\(table).db")
        for _ in 0..<12 {
            try whole.dropLast(87).write(to: URL(fileURLWithPath: path))
            let queue = try DatabaseQueue(path: path)
            try queue.write { database in
                let rowIDs = try Int64.fetchAll(
                    database, sql: "SELECT rowid FROM \(table) WHERE length(\(column)) > 0")
                let rowID = try #require(rowIDs.randomElement(using: &generator))
                var body = try #require(
                    try Data.fetchOne(
                        database, sql: "SELECT \(column) FROM \(table) WHERE rowid = ?", arguments: [rowID]))
                body[Int.random(in: 0..<body.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
                try database.execute(
                    sql: "UPDATE \(table) SET \(column) = ? WHERE rowid = ?", arguments: [body, rowID])
            }
            try queue.close()
            let found = try problems(of: path)
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.code != "unexpected" }, "\(found)")
        }
    }

    /// Without a seal not every bit is covered: a flip is found, or changes neither log nor account nor any table.
    @Test(arguments: [UInt64](1...(isLong ? 20 : 1)))
    func `a changed bit anywhere in a database without a seal is found, or changes no figure`(seed: UInt64) throws {
        let (folder, original, whole) = try DamageTests.original.get()
        let expected = try figures(of: original)
        var generator = SeededGenerator(seed: 1000 + seed)
        let path = folder.path("unsealed-\(seed).db")
        var foundCount = 0
        for _ in 0..<40 {
            var bytes = Data(whole.dropLast(87))
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try bytes.write(to: URL(fileURLWithPath: path))
            if try problems(of: path).isEmpty {
                #expect(try figures(of: path) == expected, "byte \(place) changes a figure, and nobody noticed")
            } else {
                foundCount += 1
            }
        }
        #expect(foundCount > 5, "\(foundCount)")
    }

    private struct Figures: Equatable {
        let account: IntakeAccount
        let lines: Int
        let tables: [String: String]
    }

    private func figures(of path: String) throws -> Figures {
        let engine = try Engine.open(databasePath: path, dictionary: try ShopDictionary.load(), isReadOnly: true)
        let log = try EventLog(
            store: CaliberStore.openReadOnly(at: path), dictionary: try ShopDictionary.load().dictionary)
        var hasher = Hasher()
        try log.forEachLine { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return Figures(
            account: try engine.status().account, lines: hasher.finalize(), tables: try engine.tableTexts())
    }
}
