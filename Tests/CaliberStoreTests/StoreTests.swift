import CaliberCore
import CaliberStore
import CaliberTesting
import GRDB
import Synchronization
import Testing

@Suite struct StoreTests {
    @Test func `a new database has every table, whole`() throws {
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        let tables = try store.read {
            try String.fetchSet($0, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        let expected: Set = [
            "writerLease", "eventBatch", "eventKeyRun", "eventKeyPage", "intakeRun", "intakeTotal",
            "quarantinedEvent", "parkedEvent",
        ]
        #expect(tables.isSuperset(of: expected))
        #expect(try store.integrityProblems().isEmpty)
    }

    @Test func `opening again changes nothing`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.db")
        let schema = { (store: CaliberStore) in
            try store.read { try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL") }
        }
        let first = try schema(CaliberStore.open(at: path))
        #expect(try schema(CaliberStore.open(at: path)) == first)
    }

    @Test func `a transaction is on the disk before it returns`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.db")
        for _ in 0..<2 {
            let store = try CaliberStore.open(at: path)
            let lease = try WriterLease.acquire(on: store, holder: "test", now: { Timestamp(microseconds: 0) })
            // 2 is FULL: the write-ahead log is synced at each commit. What turns it on says NORMAL, which is 1.
            #expect(try store.write(lease) { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
            #expect(try store.write(lease) { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        }
    }

    @Test func `snapshots look at the file's own pages, and what else reads does not`() throws {
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        #expect(try store.read { try Int64.fetchOne($0, sql: "PRAGMA mmap_size") } == 0)
        let snapshot = try store.makeSnapshot()
        #expect(try #require(try snapshot.read { try Int64.fetchOne($0, sql: "PRAGMA mmap_size") }) > 0)
    }

    @Test func `a missing file, a foreign file and a newer database are told apart`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StoreProblem.missing(path: folder.path("none.db"))) {
            try CaliberStore.open(at: folder.path("none.db"), creating: false)
        }
        let foreign = try folder.write(String(repeating: "no database", count: 1000), to: "text.db")
        #expect(throws: StoreProblem.notADatabase(path: foreign)) { try CaliberStore.open(at: foreign) }
        let path = folder.path("newer.db")
        do {
            let store = try CaliberStore.open(at: path)
            let lease = try WriterLease.acquire(on: store, holder: "test", now: { Timestamp(microseconds: 0) })
            try store.write(lease) {
                try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99-from-tomorrow')")
            }
        }
        #expect(throws: StoreProblem.newerSchema(path: path, migrations: ["99-from-tomorrow"])) {
            try CaliberStore.open(at: path)
        }
    }

    @Test func `an account that does not add up cannot be written`() throws {
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        let lease = try WriterLease.acquire(on: store, holder: "test", now: { Timestamp(microseconds: 0) })
        #expect(throws: DatabaseError.self) {
            try store.write(lease) { try $0.execute(sql: "UPDATE intakeTotal SET received = 1") }
        }
    }

    @Test func `a transaction that throws leaves nothing behind`() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        let lease = try WriterLease.acquire(on: store, holder: "test", now: { Timestamp(microseconds: 0) })
        #expect(throws: Stop.self) {
            try store.write(lease) { database in
                try database.execute(sql: "UPDATE intakeTotal SET received = 1, parked = 1")
                throw Stop()
            }
        }
        #expect(try store.read { try Int.fetchOne($0, sql: "SELECT received FROM intakeTotal") } == 0)
    }
}

@Suite struct WriterLeaseTests {
    private final class Clock: Sendable {
        private let microseconds = Mutex<Int64>(0)
        var now: Timestamp { Timestamp(microseconds: microseconds.withLock { $0 }) }
        func advance(by length: Int64) { microseconds.withLock { $0 += length } }
    }

    @Test func `a second writer is told who holds the lease`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.db")
        let store = try CaliberStore.open(at: path)
        let lease = try WriterLease.acquire(on: store, holder: "nightly", now: { Timestamp(microseconds: 0) })
        #expect(throws: StoreProblem.leaseHeld(path: path, holder: "nightly")) {
            try WriterLease.acquire(
                on: store, holder: "other", waitSeconds: 0.1, now: { Timestamp(microseconds: 0) })
        }
        try store.write(lease) { try $0.execute(sql: "UPDATE intakeTotal SET received = 0") }
    }

    @Test func `a lease that was let go passes on with a higher token`() throws {
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        var tokens: [Int64] = []
        for _ in 0..<3 {
            let lease = try WriterLease.acquire(on: store, holder: "test", now: { Timestamp(microseconds: 0) })
            tokens.append(lease.fencingToken)
        }
        #expect(tokens == [1, 2, 3])
    }

    @Test func `a holder that was paused too long can't write any more`() throws {
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        let clock = Clock()
        let paused = try WriterLease.acquire(on: store, holder: "paused", now: { clock.now })
        clock.advance(by: WriterLease.lengthMicroseconds + 1)
        let next = try WriterLease.acquire(on: store, holder: "next", waitSeconds: 0.1, now: { clock.now })
        #expect(throws: StoreProblem.leaseLost(ownToken: 1, currentToken: 2)) {
            try store.write(paused) { try $0.execute(sql: "UPDATE intakeTotal SET received = 0") }
        }
        try store.write(next) { try $0.execute(sql: "UPDATE intakeTotal SET received = 0") }
    }

    @Test func `every write prolongs the lease`() throws {
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        let clock = Clock()
        let lease = try WriterLease.acquire(on: store, holder: "busy", now: { clock.now })
        for _ in 0..<3 {
            clock.advance(by: WriterLease.lengthMicroseconds - 1)
            try store.write(lease) { try $0.execute(sql: "UPDATE intakeTotal SET received = 0") }
        }
        #expect(throws: StoreProblem.self) {
            try WriterLease.acquire(on: store, holder: "other", waitSeconds: 0.1, now: { clock.now })
        }
    }
}
