import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import GRDB
import Testing

@Suite struct AlertAccountTests {
    /// One word in each state, at two endpoints.
    private func bench() throws -> AlertBench {
        let rule = InhibitionRule(
            source: [try LabelMatcher(parsing: "watch = pause")], target: [try LabelMatcher(parsing: "watch = health")],
            equal: ["channel"])
        let bench = try AlertBench(
            .simple(
                endpoints: [AlertEndpoint(name: "风控群"), AlertEndpoint(name: "mail")], groupBy: ["channel", "watch"],
                inhibitions: [rule]))
        bench.receivers.answer { message, _ in
            switch (message.endpoint, message.groupLabels["channel"]) {
            case ("mail", "refused"): .refused(reason: "no such user")
            case ("mail", "down"): .failed(reason: "timeout")
            default: .delivered(answer: "ok")
            }
        }
        _ = try bench.write {
            try AlertSilences.add(
                [try LabelMatcher(parsing: "channel = quiet")], from: bench.clock.now,
                until: bench.clock.now.after(seconds: 864_000), author: "li", comment: "", at: bench.clock.now, in: $0)
        }
        try bench.raise(alert("pause-douyin", watch: "pause"))
        for channel in ["refused", "down", "quiet", "douyin"] {
            try bench.raise(alert("a-\(channel)", channel: channel))
            try bench.resolve("a-\(channel)")
            try bench.raise(alert("a-\(channel)", channel: channel))
        }
        try bench.pass(seconds: 2)
        try bench.raise(alert("later", channel: "refused"))
        return bench
    }

    @Test func `the account has every state, adds up, and can be read`() throws {
        let bench = try bench()
        let account = try bench.store.read { try AlertAccount.read(in: $0) }
        let total = account.total
        #expect(total.missing == 0)
        let states = [total.delivered, total.merged, total.silenced, total.inhibited, total.dead, total.waiting]
        #expect(states.allSatisfy { $0 > 0 })
        GoldenFile.expect(account.table, matches: "account.txt")
        try bench.expectSound()
    }

    @Test(arguments: [
        "DELETE FROM alertDelivery WHERE alertDeliveryID = (SELECT min(alertDeliveryID) FROM alertDelivery)",
        "UPDATE alertDelivery SET state = 'dead' WHERE state = 'delivered'",
        "UPDATE alertDelivery SET state = 'delivered', isMerged = 0 WHERE state = 'merged'",
        "UPDATE alertDelivery SET isMerged = 1 WHERE state = 'delivered'",
        "UPDATE alertDelivery SET endpoint = 'nowhere' WHERE state = 'silenced' AND endpoint = 'mail'",
        "UPDATE alertDelivery SET messageID = 'msg-none' WHERE state = 'delivered'",
        "UPDATE alertDelivery SET messageID = NULL WHERE messageID IS NOT NULL AND state = 'waiting'",
        "UPDATE alertDelivery SET alertID = 'later' WHERE alertID = 'a-quiet'",
        "UPDATE alertDelivery SET silenceID = 99 WHERE state = 'silenced'",
        "UPDATE alertDelivery SET inhibitorID = 'nobody' WHERE state = 'inhibited'",
        "UPDATE alertTotal SET owed = owed + 1, waiting = waiting + 1",
        "UPDATE alertTotal SET delivered = delivered - 1, merged = merged + 1",
        "UPDATE alertTotal SET delivered = delivered - 1",
        "DELETE FROM alertTotal WHERE endpoint = 'mail'",
        "UPDATE alertMessage SET state = 'pending' WHERE state = 'dead'",
        "UPDATE alertMessage SET state = 'delivered' WHERE state = 'dead'",
        "DELETE FROM alertMessage WHERE state = 'pending'",
        "UPDATE alertMessage SET endpoint = 'elsewhere'",
        "UPDATE alertAttempt SET outcome = 'failed' WHERE outcome = 'delivered'",
        "UPDATE alertGroup SET dueAt = NULL",
        "UPDATE alertGroup SET pendingMessageID = 'msg-none'",
        "UPDATE alertEvent SET owedCount = 1",
        "DELETE FROM alertEvent WHERE alertID = 'later'",
        "UPDATE alert SET status = 'resolved' WHERE alertID = 'later'",
        // Two words change places, so that every sum stays.
        """
        UPDATE alertDelivery SET state = CASE state WHEN 'dead' THEN 'waiting' ELSE 'dead' END
        WHERE alertDeliveryID IN (
            (SELECT min(alertDeliveryID) FROM alertDelivery WHERE state = 'dead' AND NOT isMerged),
            (SELECT min(alertDeliveryID) FROM alertDelivery
                WHERE state = 'waiting' AND messageID IS NOT NULL AND NOT isMerged))
        """,
    ])
    func `a row that is not what it was is found`(corruption: String) throws {
        let bench = try bench()
        try bench.expectSound()
        try bench.corrupt(corruption)
        #expect(try bench.store.read { try AlertAccount.verify(in: $0) } != [])
    }

    @Test func `what is long over is let go of, and still counted`() throws {
        let bench = try bench()
        let before = try bench.store.read { try AlertAccount.read(in: $0) }
        for id in ["a-refused", "a-down", "a-quiet", "a-douyin", "pause-douyin", "later"] { try bench.resolve(id) }
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.pass(seconds: 86_400)
        let end = bench.clock.now
        let kept = try bench.store.read { try AlertAccount.read(in: $0) }
        var forgotten: AlertRetention.Forgotten?
        for _ in 0..<4 {
            let found = try bench.write { try AlertRetention.forget(before: end, in: $0) }
            if found.alertCount > 0 { forgotten = found }
            try bench.expectSound()
        }
        let largest = try #require(forgotten)
        #expect(largest.alertCount > 0 && largest.wordCount > 0 && largest.messageCount > 0)
        #expect(try bench.store.read { try AlertAccount.read(in: $0) } == kept)
        #expect(kept.total.owed > before.total.owed)
        // Dead letters stay until someone has seen to them.
        #expect(try bench.store.read { try AlertListing.alert("a-refused", in: $0) } != nil)
        #expect(try bench.store.read { try AlertListing.alert("a-down", in: $0) } == nil)
        try bench.raise(alert("a-down", channel: "down"))
        try bench.pass(seconds: 60)
        try bench.expectSound()
    }
}
