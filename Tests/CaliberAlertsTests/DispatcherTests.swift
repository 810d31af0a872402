import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Synchronization
import Testing

/// Real threads and a real clock; everything about time itself is tested without.
@Suite struct DispatcherTests {
    private static func now() -> Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    private func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = Date(timeIntervalSinceNow: 20)
        while Date() < deadline {
            if try condition() { return true }
            usleep(2_000)
        }
        return try condition()
    }

    private final class Gate: Sendable {
        private let isOpen = Mutex(false)
        func open() { isOpen.withLock { $0 = true } }
        func wait() { while !isOpen.withLock({ $0 }) { usleep(1_000) } }
    }

    private struct Setting {
        let folder: TemporaryFolder
        let store: CaliberStore
        let lease: WriterLease
        let routing: AlertRouting
        let receivers = PlayedReceivers()

        init() throws {
            folder = try TemporaryFolder()
            store = try CaliberStore.open(at: folder.path("a.db"))
            lease = try WriterLease.acquire(on: store, holder: "test", now: DispatcherTests.now)
            routing = try .simple(endpoints: [AlertEndpoint(name: "hangs"), AlertEndpoint(name: "works")], interval: 0)
        }

        func dispatcher(report: @escaping @Sendable (Diagnostic) -> Void = { _ in }) -> AlertDispatcher {
            AlertDispatcher(
                store: store, lease: lease, routing: routing, sender: receivers, clock: DispatcherTests.now,
                report: report)
        }

        func raise(_ id: String) throws {
            _ = try store.write(lease) {
                try AlertOutbox(routing: routing).raise(
                    alert(id, channel: id), at: DispatcherTests.now(), in: $0)
            }
        }
    }

    @Test func `an endpoint that hangs keeps nobody waiting`() throws {
        let setting = try Setting()
        let gate = Gate()
        setting.receivers.answer { message, _ in
            if message.endpoint == "hangs" { gate.wait() }
            return .delivered(answer: "ok")
        }
        let dispatcher = setting.dispatcher()
        try dispatcher.start()
        let start = ContinuousClock.now
        for index in 0..<20 {
            try setting.raise("a\(index)")
            dispatcher.wake()
        }
        #expect(eventually { setting.receivers.arrivals(at: "works").flatMap(\.message.alerts).count == 20 })
        #expect(ContinuousClock.now - start < .seconds(15))
        #expect(setting.receivers.arrivals(at: "hangs").isEmpty)
        #expect(!dispatcher.stop(waitingSeconds: 0.05))
        gate.open()
        #expect(dispatcher.stop(waitingSeconds: 20))
        #expect(dispatcher.workerCount == 0)
        // The one that hung was let finish, and is recorded.
        #expect(setting.receivers.arrivals(at: "hangs").count == 1)
        #expect(try setting.store.read { try AlertAccount.verify(in: $0) } == [])
        let next = setting.dispatcher()
        try next.start()
        #expect(eventually { setting.receivers.arrivals(at: "hangs").flatMap(\.message.alerts).count == 20 })
        #expect(next.stop(waitingSeconds: 20))
    }

    @Test func `who loses the right to write stops, and says so`() throws {
        let setting = try Setting()
        let reports = Mutex<[String]>([])
        let dispatcher = setting.dispatcher { report in reports.withLock { $0.append(report.code) } }
        try dispatcher.start()
        try setting.raise("a")
        try setting.store.write(setting.lease) { try $0.execute(sql: "UPDATE writerLease SET fencingToken = 99") }
        dispatcher.wake()
        #expect(eventually { dispatcher.workerCount == 0 })
        #expect(reports.withLock { $0 } == ["writer-fenced-off", "writer-fenced-off"])
        #expect(setting.receivers.arrivals.isEmpty)
        #expect(dispatcher.stop(waitingSeconds: 1))
    }

    @Test func `a database that refuses for a while loses nothing and doubles nothing`() throws {
        let setting = try Setting()
        let codes = Mutex<[String]>([])
        let dispatcher = setting.dispatcher { report in codes.withLock { $0.append(report.code) } }
        try setting.raise("a")
        // From the first try on, nothing about it can be recorded.
        try setting.store.write(setting.lease) {
            try $0.execute(
                sql: """
                    CREATE TRIGGER full BEFORE UPDATE ON alertAttempt
                    BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
                    """)
        }
        try dispatcher.start()
        #expect(eventually { codes.withLock { $0.count } >= 3 })
        #expect(setting.receivers.arrivals.count == 2)
        try setting.store.write(setting.lease) { try $0.execute(sql: "DROP TRIGGER full") }
        #expect(try eventually { try setting.store.read { try AlertAccount.read(in: $0) }.total.delivered == 2 })
        #expect(setting.receivers.arrivals.count == 2)
        #expect(dispatcher.stop(waitingSeconds: 20))
    }
}
