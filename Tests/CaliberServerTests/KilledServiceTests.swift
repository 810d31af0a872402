import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberStore
import CaliberTesting
import Foundation
import Testing

/// The whole service, with scores and watches, killed again and again under load.
@Suite(.serialized, .timeLimit(.minutes(60))) struct KilledServiceTests {
    /// `CALIBER_KILLS` says otherwise.
    static let killCount: Int =
        ProcessInfo.processInfo.environment["CALIBER_KILLS"].flatMap { Int($0) }
        ?? (ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1" ? 200 : 5)

    @Test func `killed at random moments, each accepted event counts once, and so does each score`() throws {
        let killCount = KilledServiceTests.killCount
        let batches = CrashUnderLoadTests.batches(orderCount: 200 + 30 * killCount, size: 40)
        let folder = try TemporaryFolder()
        let sender = CrashUnderLoadTests.Sender(batches)
        var generator = SeededGenerator(seed: 20_261_123)
        var (killed, underLoad) = (0, 0)
        let settings = ["CALIBER_SCORES_ENABLED": "true", "CALIBER_SCORES_LAG_MS": "20"]
        while killed < killCount {
            if sender.isDone { sender.repeatAll(batches) }
            let service = try RunningService(in: folder, settings: settings)
            let group = DispatchGroup()
            for _ in 0..<3 { DispatchQueue.global().async(group: group) { sender.run(service) } }
            usleep(UInt32.random(in: 1_000...250_000, using: &generator))
            underLoad += sender.isDone ? 0 : 1
            service.kill9()
            killed += 1
            group.wait()
        }
        #expect(underLoad > killCount / 2, "\(underLoad) of \(killCount) kills came under load")
        let service = try RunningService(in: folder, settings: settings)
        while !sender.isDone { sender.run(service) }
        #expect(service.terminate() == 0, "\(service.log)")
        #expect(!service.log.contains(#""level":"error""#), "\(service.log)")
        try expectAccountsHold(service)
        try expect(folder, holdsWhatWasSentOnce: batches, service)
    }

    /// Everything about the file that can be checked without knowing what was sent, the account of alerts included.
    private func expectAccountsHold(_ service: RunningService) throws {
        #expect(try service.caliber("verify").status == 0)
        let status = try service.caliber("status", "--json")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any])
        for part in ["intake", "alerts"] {
            #expect((json[part] as? [String: Any])?["adds_up"] as? Bool == true, "\(part)")
        }
    }

    private func expect(
        _ folder: TemporaryFolder, holdsWhatWasSentOnce batches: [[UInt8]], _ service: RunningService
    ) throws {
        let logged = try lines(of: folder.path("service.db"))
        let (scores, events) = (logged.filter(isScore), logged.filter { !isOwn($0) })
        // In the order of the log, without anything that happened in between.
        let clean = try TemporaryFolder()
        try (events.joined(separator: "\n") + "\n").write(
            toFile: clean.path("events.ndjson"), atomically: true, encoding: .utf8)
        try Data(batches.joined()).write(to: URL(fileURLWithPath: clean.path("sent.ndjson")))
        for (database, file) in [("sent.db", "sent.ndjson"), ("service.db", "events.ndjson")] {
            #expect(
                try service.caliber(
                    "ingest", "--no-scores", "--database", clean.path(database), clean.path(file)
                ).status == 0)
        }
        let sent = try lines(of: clean.path("sent.db"))
        let isEqual = Set(events) == Set(sent)
        #expect(events.count == sent.count && isEqual, "\(events.count) events in place of \(sent.count)")
        let (account, undisturbedAccount) = (
            try self.account(folder.path("service.db")), try self.account(clean.path("sent.db"))
        )
        #expect(account.accepted == undisturbedAccount.accepted + Int64(logged.count - events.count))
        #expect(account.quarantined == undisturbedAccount.quarantined)
        #expect(account.parked == undisturbedAccount.parked)
        for table in ["orders", "products", "prices"] {
            let isEqual = try rows(folder.path("service.db"), table) == rows(clean.path("sent.db"), table)
            #expect(isEqual, "\(table) differs from what an undisturbed ingest gives")
        }
        // A score is a function of the log: scored in one go it gets the same ones, and each once.
        #expect(try service.caliber("score", "--database", clean.path("service.db")).status == 0)
        let undisturbed = try lines(of: clean.path("service.db")).filter(isScore)
        #expect(!scores.isEmpty)
        let (found, expected) = (scores.map(figures).sorted(), undisturbed.map(figures).sorted())
        #expect(found.count == expected.count)
        let others = zip(found, expected).first { $0 != $1 }
        #expect(others == nil, "\(String(describing: others))")
    }

    private func isScore(_ line: String) -> Bool { line.contains(#""type":"order.scored""#) }

    /// What Caliber itself says: of orders, and of its models' drift.
    private func isOwn(_ line: String) -> Bool { isScore(line) || line.contains(#""type":"model.drift_measured""#) }

    /// Id and time name the moment's place in the log, which scores before it have moved.
    private func figures(_ line: String) -> String {
        line.range(of: #""data":"#).map { String(line[$0.lowerBound...]) } ?? line
    }

    private func open(_ path: String) throws -> Engine {
        try Engine.open(
            databasePath: path,
            dictionary: try MetricDictionary.load(
                from: RunningService.packageRoot.appending(path: "dictionary").path))
    }

    private func account(_ path: String) throws -> IntakeAccount { try open(path).status().account }

    private func lines(of path: String) throws -> [String] {
        let log = try EventLog(
            store: CaliberStore.open(at: path, creating: false), dictionary: try open(path).dictionary)
        var lines: [String] = []
        try log.forEachLine { lines.append(String(decoding: $0, as: UTF8.self)) }
        return lines
    }

    private static let columnsOfScores: Set = [
        "health", "health_at_payment", "risk", "needs_review", "scored_at", "scored_by", "explanation",
    ]

    /// Without what scores fold into.
    private func rows(_ path: String, _ table: String) throws -> [[String]] {
        let rows = try open(path).session().rows(of: table)
        let kept = rows.columns.indices.filter {
            !KilledServiceTests.columnsOfScores.contains(rows.columns[$0].name)
        }
        return rows.rows.map { row in kept.map { row[$0].text ?? "∅" } }
            .sorted { $0.lexicographicallyPrecedes($1) }
    }
}
