import CaliberEventLog
import CaliberStore
import CaliberTesting
import Foundation
import Testing

/// A client that is faster than the disk, and clients that are slower than anyone should be.
@Suite(.serialized, .timeLimit(.minutes(3))) struct PressureTests {
    /// Another process keeps the database's write lock for a while: to the service, a disk that hangs.
    private func whileTheDiskHangs(
        _ service: RunningService, seconds: Double, _ body: () throws -> Void
    ) throws {
        let store = try CaliberStore.open(at: service.folder.path("service.db"), creating: false)
        let isHeld = DispatchSemaphore(value: 0)
        let isDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            var tries = 0
            while tries < 500,
                !store.writeDerived({ _ in
                    isHeld.signal()
                    usleep(UInt32(seconds * 1_000_000))
                })
            {
                tries += 1
                usleep(2000)
            }
            isDone.signal()
        }
        isHeld.wait()
        defer { isDone.wait() }
        try body()
    }

    @Test func `a client faster than the disk gets 429, memory stays bounded, and what was acknowledged is there`()
        throws
    {
        let folder = try TemporaryFolder()
        let service = try RunningService(
            in: folder, settings: ["CALIBER_INTAKE_QUEUE_MB": "4", "CALIBER_INTAKE_BODY_MB": "1"])
        let clients = 24
        let accounts = Accounts()
        _ = try service.connect().events(SentEvents.lines(0..<100))
        let memoryBefore = service.memoryByteCount
        var greatestMemory = 0
        try whileTheDiskHangs(service, seconds: 1.5) {
            let isWatched = DispatchSemaphore(value: 0)
            let peak = Peak()
            Thread.detachNewThread {
                for _ in 0..<50 {
                    peak.note(service.memoryByteCount)
                    usleep(20_000)
                }
                isWatched.signal()
            }
            atOnce(clients) { client in
                do {
                    for round in 0..<4 {
                        let first = 1_000 + (client * 4 + round) * 2000
                        accounts.add(
                            try service.ask(
                                "POST", "/v1/events", headers: ["Content-Type": "application/x-ndjson"],
                                body: SentEvents.lines(first..<first + 2000)))
                    }
                } catch {
                    accounts.fail(error)
                }
            }
            isWatched.wait()
            greatestMemory = peak.value
        }
        let answers = accounts.answers
        let refused = answers.filter { $0.status == 429 }
        #expect(!refused.isEmpty, "nobody was refused")
        #expect(refused.allSatisfy { $0.headers["retry-after"] == "1" && $0.code == "intake-busy" })
        let taken = answers.filter { $0.status == 200 }
        #expect(!taken.isEmpty)
        #expect(taken.count + refused.count == answers.count, "\(Set(answers.map(\.status)))")
        let growth = greatestMemory - memoryBefore
        #expect(growth < 160 << 20, "memory grew by \(growth >> 20) MiB")
        // It is as before: everything that was refused can come now.
        #expect(try service.connect().events(SentEvents.lines(0..<100)).number("duplicate") == 100)
        #expect(service.terminate() == 0)
        let acknowledged = try taken.reduce(100) { $0 + (try $1.number("accepted")) }
        #expect(try StoredOrders(folder).account.accepted == Int64(acknowledged))
    }

    @Test func `slow, half-open and giant requests harm nobody else`() throws {
        let service = try RunningService(
            in: TemporaryFolder(),
            settings: [
                "CALIBER_HEADER_SECONDS": "1", "CALIBER_BODY_SECONDS": "2", "CALIBER_INTAKE_BODY_MB": "1",
                "CALIBER_CONNECTIONS": "64",
            ])
        let head = LoopbackConnection.head(
            "POST", "/v1/events", headers: ["Content-Type": "application/x-ndjson", "Content-Length": "10000"])

        let silent = try service.connect()
        let slowHead = try service.connect()
        try slowHead.send("POST /v1/events HTTP/1.1\r\nHost: x\r\nX-")
        let slowBody = try service.connect()
        try slowBody.send(head)
        let halfOpen = try service.connect()
        try halfOpen.send(head + "{")
        halfOpen.halfClose()
        let giant = try service.connect()
        try giant.send(
            LoopbackConnection.head(
                "POST", "/v1/events",
                headers: ["Content-Type": "application/x-ndjson", "Content-Length": "99999999999"]))
        #expect(try giant.answer().status == 413)
        let endless = try service.connect()
        try endless.send(
            LoopbackConnection.head(
                "POST", "/v1/events",
                headers: ["Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"]))
        let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x10000) + Array("\r\n".utf8)
        let begun = ContinuousClock.now
        while ContinuousClock.now - begun < .seconds(20), (try? endless.send(chunk)) != nil {}
        #expect(ContinuousClock.now - begun < .seconds(15), "a body without end was read on and on")
        let nonsense = try service.connect()
        try nonsense.send("\u{16}\u{3}\u{1} this is no HTTP\r\n\r\n")
        let longHead = try service.connect()
        try? longHead.send("GET /healthz HTTP/1.1\r\nX-Long: " + String(repeating: "x", count: 200_000) + "\r\n\r\n")

        // Meanwhile others are served, quickly.
        let start = ContinuousClock.now
        let other = try service.connect()
        for round in 0..<20 {
            #expect(try other.events(SentEvents.lines(round * 10..<round * 10 + 10)).number("accepted") == 10)
            for _ in 0..<3 where round < 15 { try? slowBody.send(" ") }
            usleep(20_000)
        }
        #expect(ContinuousClock.now - start < .seconds(10))

        for (what, connection) in [
            ("silent", silent), ("slow head", slowHead), ("slow body", slowBody), ("half open", halfOpen),
            ("giant", giant), ("endless", endless), ("nonsense", nonsense), ("long head", longHead),
        ] {
            #expect(connection.isClosedByPeer(), "\(what) is still open")
        }
        #expect(try service.ask("GET", "/readyz").status == 200)
        #expect(service.terminate() == 0)
    }
}

/// The largest of many numbers, which one thread notes and another reads.
final class Peak: @unchecked Sendable {
    // Safe to share: the number is touched only while the lock is held.
    private let lock = NSLock()
    private var greatest = 0

    func note(_ number: Int) { lock.withLock { greatest = max(greatest, number) } }
    var value: Int { lock.withLock { greatest } }
}
