import CaliberCore
import CaliberStore
import CaliberTesting
import Testing

@Suite struct StoreProblemTests {
    @Test func `every problem of the database says what to do`() {
        let problems: [StoreProblem] = [
            .missing(path: "caliber.db"), .notADatabase(path: "orders.csv"),
            .newerSchema(path: "caliber.db", migrations: ["9-alerts"]),
            .olderSchema(path: "monday.db", migrations: ["9-alerts", "10-lease-begin"]), .replaced(path: "caliber.db"),
            .lockFile(path: "caliber.db.lock", errno: 13),
            .leaseHeld(path: "caliber.db", holder: "process 4711 on orders-1"),
            .leaseLost(ownToken: 3, currentToken: 4), .failed(path: "caliber.db", message: "disk I/O error"),
        ]
        GoldenFile.expect(
            problems.map { $0.diagnostic.description + "\n" }.joined(), matches: "store-problems.txt")
    }
}
