import CaliberTesting
import Foundation
import Testing

/// Findings, tickets and alerts as people at a terminal meet them.
@Suite struct ReviewTests {
    private static let explanation =
        #"{\"basePoints\":8000,\"health\":2075,\"limitPoints\":0,\"needsReview\":true,\"otherPoints\":-1025,"#
        + #"\"probability\":0.91,\"rawLogOdds\":2.3,\"reasons\":[{\"advice\":{\"chinese\":\"补货\","#
        + #"\"english\":\"Move stock to the order.\"},\"columns\":[{\"baseline\":0.0152,\"id\":\"is_oversold\","#
        + #"\"logOdds\":1.5,\"value\":1}],\"description\":\"d\",\"id\":\"stock\",\"points\":-3350},"#
        + #"{\"columns\":[{\"baseline\":5612.4,\"id\":\"channel_orders_30d\",\"logOdds\":0.4,\"value\":288}],"#
        + #"\"description\":\"d\",\"id\":\"channel\",\"points\":-1550}],\"supports\":[]}"#

    private func score(_ order: String, _ health: String, explained: Bool = false) -> String {
        #"{"specversion":"1.0","id":"s-\#(order)-\#(health)","source":"tests","type":"order.scored","#
            + #""time":"2026-03-01T10:00:0\#(health.first ?? "0")Z","data":{"order_id":"\#(order)","health":\#(health),"#
            + #""probability":0.5,"needs_review":true,"moment":"payment","model":"m@1""#
            + (explained ? #","explanation":"\#(ReviewTests.explanation)""# : "") + "}}"
    }

    @Test func `a finding is seen, given to someone, judged, and over`() throws {
        let folder = try TemporaryFolder()
        var command = BuiltCommand(in: folder)
        command.environment = [
            "CALIBER_DICTIONARY": BuiltCommand.packageRoot.appending(path: "dictionary").path,
            "CALIBER_ALERTS": folder.path("alerts.yaml"),
        ]
        // Nothing listens on the port of this endpoint.
        _ = try folder.write(
            """
            endpoints: [{name: ops, webhook: {url: 'http://127.0.0.1:1/alerts'}, timeout: 1s}]
            route: {endpoints: [ops]}
            allow: {networks: [127.0.0.1]}
            """, to: "alerts.yaml")
        _ = try folder.write(
            [score("A-1", "20.75", explained: true), score("A-2", "35.5"), score("A-3", "58"), score("A-4", "90")]
                .joined(separator: "\n"), to: "scores.ndjson")
        _ = try folder.write(score("A-2", "70"), to: "better.ndjson")
        #expect(try command.run("ingest", "scores.ndjson").status == 0)
        var text = ""
        func run(_ arguments: String...) throws {
            let outcome = try command.run(arguments)
            text += "$ caliber " + arguments.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ") + "\n"
            text += outcome.output
            text += outcome.errors.split(separator: "\n").map { "! \($0)\n" }.joined()
            text += (outcome.status == 0 ? "" : "[\(outcome.status)]\n") + "\n"
        }
        try run("watch", "look")
        try run("review", "list")
        try run("review", "show", "1")
        try run("review", "assign", "1", "--to", "wang", "--by", "li")
        try run("review", "note", "1", "asked the warehouse", "--by", "wang")
        try run("review", "judge", "1", "bad", "--note", "no stock for weeks", "--by", "wang")
        try run("review", "judge", "1", "good", "--by", "li")
        try run("review", "judge", "2", "god", "--by", "li")
        try run("review", "show", "1")
        #expect(try command.run("ingest", "better.ndjson").status == 0)
        try run("watch", "look")
        try run("review", "list", "--all")
        try run("alerts", "list", "--all")
        try run("alerts", "show", "unhealthy_order-A-2")
        try run("alerts", "show", "unhealthy_order-A-9")
        try run("alerts", "account")
        try run("alerts", "endpoints")
        try run("alerts", "test", "ops", "--by", "li")
        try run("alerts", "test", "opps", "--by", "li")
        try run("alerts", "silence", "add", "channel = douyin", "--for", "2h", "--comment", "maintenance", "--by", "li")
        try run("alerts", "silence", "add", "channel", "--for", "2h", "--comment", "maintenance", "--by", "li")
        try run("alerts", "silence", "list")
        try run("alerts", "silence", "end", "1")
        try run("alerts", "disable", "ops", "--because", "moves house", "--by", "li")
        try run("alerts", "endpoints")
        try run("alerts", "enable", "ops")
        try run("alerts", "replay")
        try run("alerts", "replay", "--all")
        GoldenFile.expect(
            text.replacing(#/20\d\d-\d\d-\d\dT[\d:.]+Z/#, with: "MOMENT")
                .replacing(#/20\d\d-\d\d-\d\d \d\d:\d\d/#, with: "YYYY-MM-DD HH:MM")
                .replacing(#/after \d+ ms/#, with: "after N ms"), matches: "reviews.txt")
    }
}
