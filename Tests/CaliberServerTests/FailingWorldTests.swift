import CaliberEventLog
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

/// Whatever the world does to the service: a clear state, nothing that was acknowledged is lost, and it goes on by itself.
@Suite(.timeLimit(.minutes(3))) struct FailingWorldTests {
    enum Fault: String, CaseIterable {
        case diskFull, readOnly, failingSync

        /// Begins to fail.
        func begin(_ world: FailingWorld) throws {
            switch self {
            case .diskFull: try world.failWrites(with: ENOSPC)
            case .readOnly: try world.failWrites(with: EROFS)
            case .failingSync: try world.failSyncs(with: EIO)
            }
        }

        var code: String { self == .diskFull ? "disk-full" : "database-failed" }
    }

    @Test(arguments: Fault.allCases)
    func `a disk that takes nothing more is told as such, and the service goes on once it does`(fault: Fault) throws {
        let folder = try TemporaryFolder()
        let world = try FailingWorld(in: folder)
        let service = try RunningService(in: folder, settings: world.settings)
        let connection = try service.connect()
        #expect(try connection.events(SentEvents.lines(0..<200)).number("accepted") == 200)
        let before = try paidCount(connection)
        #expect(before == 200)

        try fault.begin(world)
        let refused = try connection.events(SentEvents.lines(200..<300))
        #expect(refused.status == 503, "\(refused.text)")
        #expect(refused.code == fault.code, "\(refused.text)")
        #expect(refused.headers["retry-after"] != nil)
        let ready = try service.ask("GET", "/readyz")
        #expect(ready.status == 503, "\(ready.text)")
        #expect(try !#require(ready.json()["reasons"] as? [String]).isEmpty)
        // It tries to write again every second; nothing is acknowledged meanwhile, and nothing is 2xx that is not durable.
        let deadline = ContinuousClock.now + .seconds(3)
        while ContinuousClock.now < deadline {
            let answer = try connection.events(SentEvents.lines(200..<300))
            #expect(answer.status == 503, "\(answer.text)")
            usleep(200_000)
        }
        #expect(try service.ask("GET", "/healthz").status == 200)
        let status = try service.ask("GET", "/v1/status").json()
        #expect((status["service"] as? [String: Any])?["ready"] as? Bool == false)
        #expect(try service.ask("GET", "/metrics").text.contains("caliber_writing 0"))
        #expect(try world.failedCount > 0)

        try world.heal()
        #expect(try untilReady(service))
        #expect(try connection.events(SentEvents.lines(200..<300)).number("received") == 100)
        #expect(try paidCount(connection) == 300)
        #expect(service.terminate() == 0, "\(service.log)")
        let found = try StoredOrders(folder)
        #expect(found.account.accepted == 300)
        #expect(try service.caliber("verify").status == 0)
    }

    @Test func `a service that can't write as it begins says so and ends`() throws {
        let folder = try TemporaryFolder()
        let world = try FailingWorld(in: folder)
        do {
            let service = try RunningService(in: folder, settings: world.settings)
            #expect(try service.connect().events(SentEvents.lines(0..<10)).status == 200)
            #expect(service.terminate() == 0)
        }
        try world.failWrites(with: EROFS)
        let failed = Process()
        let log = folder.path("failed.log")
        try Data().write(to: URL(fileURLWithPath: log))
        failed.executableURL = RunningService.caliber
        failed.arguments = ["serve"]
        failed.environment = RunningService.environment(in: folder).merging(world.settings) { $1 }
        failed.standardError = FileHandle(forWritingAtPath: log)
        try failed.run()
        failed.waitUntilExit()
        #expect(failed.terminationStatus == 1)
        #expect(try String(contentsOfFile: log, encoding: .utf8).hasPrefix("error[database-failed]"))
        try world.heal()
        #expect(try StoredOrders(folder).account.accepted == 10)
    }

    @Test func `a clock that is set back or ahead stops nothing and loses nothing`() throws {
        let folder = try TemporaryFolder()
        let world = try FailingWorld(in: folder)
        var sent = 0
        func send(_ service: RunningService, _ moment: String) throws {
            let answer = try service.connect().events(SentEvents.lines(sent..<sent + 50))
            #expect(answer.status == 200, "\(moment): \(answer.text)")
            #expect(try answer.number("accepted") == 50, "\(moment): \(answer.text)")
            #expect(try service.ask("GET", "/readyz").status == 200, "\(moment)")
            sent += 50
        }
        do {
            let service = try RunningService(in: folder, settings: world.settings)
            for (moment, seconds) in [("now", 0), ("a day back", -86_400), ("an hour ahead", 3600), ("again", 0)] {
                try world.moveClock(seconds: Int64(seconds))
                try send(service, moment)
            }
            try world.moveClock(seconds: -2 * 86_400)
            try send(service, "two days back")
            // Another writer is kept out by the lock, whatever the lease's end says.
            #expect(try service.caliber("rebuild").status == 1)
            #expect(service.terminate() == 0, "\(service.log)")
            #expect(!service.log.contains(#""level":"error""#), "\(service.log)")
        }
        // Killed under a clock far ahead, started under one that is back: the lease of the dead keeps nobody out.
        try world.moveClock(seconds: 30 * 86_400)
        let killed = try RunningService(in: folder, settings: world.settings)
        try send(killed, "a month ahead")
        killed.kill9()
        try world.moveClock(seconds: 0)
        let start = ContinuousClock.now
        let service = try RunningService(in: folder, settings: world.settings)
        #expect(ContinuousClock.now - start < .seconds(4))
        try send(service, "back from the future")
        #expect(try paidCount(try service.connect()) == sent)
        #expect(service.terminate() == 0)
        #expect(try StoredOrders(folder).account.accepted == Int64(sent))
        #expect(try service.caliber("verify").status == 0)
    }

    @Test func `paused past its lease and overtaken, it takes nothing in on a right that it lost`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder)
        let connection = try service.connect()
        #expect(try connection.events(SentEvents.lines(0..<50)).number("accepted") == 50)
        // Not while it writes its first checkpoint: who is stopped in a transaction keeps everyone out.
        usleep(1_500_000)
        service.signal(SIGSTOP)
        // Half a minute later, as another process sees it.
        let store = try CaliberStore.open(at: folder.path("service.db"), creating: false)
        var isOver = false
        for _ in 0..<100 where !isOver {
            isOver = store.writeDerived { try $0.execute(sql: "UPDATE writerLease SET expiresAt = 0") }
        }
        #expect(isOver)
        let other = try folder.write(String(decoding: SentEvents.lines(100..<130), as: UTF8.self), to: "other.ndjson")
        #expect(try service.caliber("ingest", "--no-scores", other).status == 0)
        service.signal(SIGCONT)
        let refused = try connection.events(SentEvents.lines(50..<100))
        #expect(refused.status == 503 && refused.code == "writer-fenced-off", "\(refused.text)")
        #expect(try untilReady(service))
        #expect(try connection.events(SentEvents.lines(50..<100)).number("accepted") == 50)
        #expect(try paidCount(connection) == 130)
        #expect(service.terminate() == 0)
        #expect(try StoredOrders(folder).account.accepted == 130)
    }

    private func untilReady(_ service: RunningService) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if try service.ask("GET", "/readyz").status == 200 { return true }
            usleep(50_000)
        }
        return false
    }

    private func paidCount(_ connection: LoopbackConnection) throws -> Int {
        let answer = try connection.ask("POST", "/v1/load", body: Array(#"{"query":{"metrics":"orders_paid"}}"#.utf8))
        let data = try #require(try answer.json()["data"] as? [[String: Any]], "\(answer.text)")
        return try #require(data.first?["orders_paid"] as? Int, "\(answer.text)")
    }
}
