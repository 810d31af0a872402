import CaliberEventLog
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

/// The right to write is lost while the service runs.
@Suite(.timeLimit(.minutes(1))) struct LostLeaseTests {
    @Test func `it says so, acknowledges nothing, and goes on once it has the right again`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder)
        #expect(try service.ask("GET", "/readyz").status == 200)
        let connection = try service.connect()
        #expect(try connection.events(SentEvents.lines(0..<50)).number("accepted") == 50)

        // As a process does that overtakes a writer which it takes for dead.
        let store = try CaliberStore.open(at: folder.path("service.db"), creating: false)
        var isOvertaken = false
        for _ in 0..<100 where !isOvertaken {
            isOvertaken = store.writeDerived {
                try $0.execute(sql: "UPDATE writerLease SET fencingToken = fencingToken + 1")
            }
        }
        #expect(isOvertaken)
        let refused = try connection.events(SentEvents.lines(50..<100))
        #expect(refused.status == 503, "\(refused.text)")
        #expect(refused.code == "writer-fenced-off", "\(refused.text)")
        #expect(refused.headers["retry-after"] != nil)

        let deadline = ContinuousClock.now + .seconds(20)
        var answer = refused
        while answer.status == 503, ContinuousClock.now < deadline {
            usleep(100_000)
            answer = try connection.events(SentEvents.lines(50..<100))
        }
        #expect(try answer.number("accepted") == 50, "\(answer.text)")
        #expect(try service.ask("GET", "/readyz").status == 200)
        #expect(try service.ask("GET", "/metrics").text.contains("caliber_write_failures_total 1\n"))
        let paid = try connection.ask("POST", "/v1/load", body: Array(#"{"query":{"metrics":"orders_paid"}}"#.utf8))
        #expect(paid.text.contains(#""orders_paid":100"#), "\(paid.text)")
        #expect(service.terminate() == 0)
        #expect(try StoredOrders(folder).account.accepted == 100)
    }
}
