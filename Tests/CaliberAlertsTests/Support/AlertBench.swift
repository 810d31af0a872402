import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Synchronization
import Testing

/// A database, a clock and receivers, and the delivery between them, run turn by turn on the test's own thread.
final class AlertBench {
    let folder: QuickFolder
    let clock: ManualClock
    let receivers = PlayedReceivers()
    let policy: DeliveryPolicy
    private(set) var routing: AlertRouting
    private(set) var store: CaliberStore
    private var held: WriterLease?
    private(set) var delivery: SteppedDelivery
    private let messageCount = Counter()
    var atStep: @Sendable (DeliveryStep) throws -> Void = { _ in }

    final class Counter: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    init(_ routing: AlertRouting, policy: DeliveryPolicy = DeliveryPolicy(), clock: ManualClock = ManualClock()) throws
    {
        folder = try QuickFolder()
        self.clock = clock
        self.policy = policy
        self.routing = routing
        try AlertBench.emptyDatabase.get().write(to: URL(fileURLWithPath: folder.path("a.db")))
        store = try CaliberStore.open(at: folder.path("a.db"))
        held = try WriterLease.acquire(on: store, holder: "test", now: { clock.now })
        delivery = SteppedDelivery.none
        try start()
    }

    /// Another process: the file is opened anew, under another lease.
    func restart(_ newRouting: AlertRouting? = nil) throws {
        routing = newRouting ?? routing
        // The last process is dead, and its lock free.
        delivery = SteppedDelivery.none
        held = nil
        store = try CaliberStore.open(at: folder.path("a.db"))
        let clock = clock
        held = try WriterLease.acquire(on: store, holder: "test", waitSeconds: 0, now: { clock.now })
        try start()
    }

    var lease: WriterLease {
        get throws { try #require(held) }
    }

    /// A database without a row, made once: its schema takes longer to write than most of these tests.
    private static let emptyDatabase = Result {
        let folder = try QuickFolder()
        let store = try CaliberStore.open(at: folder.path("a.db"))
        try store.foldWriteAheadLog()
        return try Data(contentsOf: URL(fileURLWithPath: folder.path("a.db")))
    }

    private func start() throws {
        delivery = SteppedDelivery(try dispatcher())
        try delivery.recover()
    }

    func dispatcher() throws -> AlertDispatcher {
        let messageCount = messageCount
        let clock = clock
        return AlertDispatcher(
            store: store, lease: try lease, routing: routing, sender: receivers, policy: policy, clock: { clock.now },
            makeMessageID: { "msg-\(messageCount.next())" }, atStep: atStep)
    }

    var outbox: AlertOutbox { AlertOutbox(routing: routing) }

    @discardableResult
    func raise(_ alert: Alert) throws -> AlertOutbox.Raised {
        try store.write(try lease) { try outbox.raise(alert, at: clock.now, in: $0) }
    }

    @discardableResult
    func resolve(_ id: String) throws -> Bool {
        try store.write(try lease) { try outbox.resolve(id, at: clock.now, in: $0) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try store.write(try lease, body)
    }

    /// Lets time pass, and everything be done that falls due on the way, at its moment.
    func pass(seconds: Double) throws {
        let end = clock.now.after(seconds: seconds)
        while true {
            let next = try delivery.settle()
            guard let next, next <= end else { break }
            clock.set(max(next, clock.now))
        }
        clock.set(max(end, clock.now))
        _ = try delivery.settle()
    }

    /// Writes what the schema would not let pass: as a fault of the disk, or of a person with a tool.
    func corrupt(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA ignore_check_constraints = ON") }
        let queue = try DatabaseQueue(path: store.path, configuration: configuration)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Lets everything be done that is due.
    func settle() throws { _ = try delivery.settle() }

    func expectSound(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
        let problems = try store.read { try AlertAccount.verify(in: $0) }
        #expect(problems == [], sourceLocation: sourceLocation)
    }

    func account(of endpoint: String? = nil) throws -> AlertAccount.Line {
        let account = try store.read { try AlertAccount.read(in: $0) }
        guard let endpoint else { return account.total }
        return account.lines.first { $0.endpoint == endpoint }?.line ?? AlertAccount.Line()
    }
}

/// The workers of a dispatcher, without their threads.
struct SteppedDelivery {
    static let none = SteppedDelivery()
    private let dispatcher: AlertDispatcher?
    private var workers: [SteppedWorker] = []

    private init() { dispatcher = nil }

    init(_ dispatcher: AlertDispatcher) {
        self.dispatcher = dispatcher
        workers = dispatcher.makeSteppedWorkers()
    }

    func recover() throws { try dispatcher?.recover() }

    /// Takes turns until nobody has anything to do now.
    ///
    /// - Returns: when somebody has.
    mutating func settle() throws -> Timestamp? {
        var next: Timestamp?
        for index in workers.indices {
            next = [next, try workers[index].settle()].compactMap { $0 }.min()
        }
        return next
    }
}

func alert(
    _ id: String, watch: String = "health", severity: AlertSeverity = .warning, channel: String = "douyin",
    labels: [String: String] = [:], facts: [Alert.Fact] = []
) -> Alert {
    Alert(
        id: id, watch: watch, severity: severity, title: "Order \(id)", summary: "Its health is low.",
        labels: labels.merging(["channel": channel]) { own, _ in own }, facts: facts,
        startsAt: Timestamp(microseconds: 1_772_323_200_000_000))
}

func seconds(_ count: Double) -> Int64 { Int64(count * 1_000_000) }

extension AlertRouting {
    /// One endpoint `hook` for everything, grouped by channel.
    static func simple(
        endpoints: [AlertEndpoint] = [AlertEndpoint(name: "hook")], wait: Double = 0, interval: Double = 300,
        repeating: Double = 4 * 3600, groupBy: [String] = ["channel"], inhibitions: [InhibitionRule] = []
    ) throws -> AlertRouting {
        try AlertRouting(
            endpoints: endpoints,
            root: AlertRoute(
                endpoints: endpoints.map(\.name), groupBy: groupBy, waitMicroseconds: seconds(wait),
                intervalMicroseconds: seconds(interval), repeatMicroseconds: seconds(repeating)),
            inhibitions: inhibitions, noticeEndpoints: endpoints.map(\.name))
    }
}
