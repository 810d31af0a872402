import CaliberTesting
import Foundation
import Testing

/// Attribution as people at a terminal meet it.
@Suite struct AttributionTests {
    @Test func `simulated touches are reported, compared and laid open`() throws {
        let folder = try TemporaryFolder()
        var command = BuiltCommand(in: folder)
        command.environment = ["CALIBER_DICTIONARY": BuiltCommand.packageRoot.appending(path: "dictionary").path]
        var text = ""
        let page = try String(
            contentsOf: BuiltCommand.packageRoot.appending(path: "docs/attribution.md"), encoding: .utf8)
        func run(_ arguments: String..., isPublished: Bool = false) throws {
            let outcome = try command.run(arguments)
            if isPublished { #expect(page.contains(outcome.output), "docs/attribution.md shows another output") }
            text += "$ caliber " + arguments.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ") + "\n"
            text += outcome.output.replacing("\r\n", with: "\n")
            text += outcome.errors.split(separator: "\n").map { "! \($0)\n" }.joined()
            text += (outcome.status == 0 ? "" : "[\(outcome.status)]\n") + "\n"
        }
        try run(
            "simulate", "--orders", "3000", "--seed", "7", "--faults", "none", "--output", "orders.ndjson", "--touches",
            "touches.ndjson")
        #expect(try command.run("ingest", "orders.ndjson").status == 0)
        #expect(try command.run("ingest", "touches.ndjson").status == 0)
        try run("attribution", "report", isPublished: true)
        try run("attribution", "report", "--model", "last", "--start-time", "2025-06-01", "--end-time", "2025-06-07")
        try run("attribution", "compare", isPublished: true)
        try run("attribution", "compare", "--models", "first,last,markov", "--conversions", "--format", "plot")
        try run("attribution", "paths", "--limit", "6", isPublished: true)
        try run("attribution", "report", "--model", "linear", "--metric", "orders_paid", "--format", "csv")
        try run("attribution", "compare", "--models", "last,markov_2", "--format", "json")
        try run("attribution", "paths", "--limit", "3", "--format", "csv")
        try run("attribution", "report", "--model", "shaply")
        try run("attribution", "report", "--attribution", "order")
        try run("attribution", "report", "--metric", "average_order_value")
        try run("attribution", "report", "--metric", "gvm")
        try run("attribution", "report", "--start-time", "2025-06-09", "--end-time", "2025-06-07")
        try run("attribution", "report", "--start-time", "2031-01-01")
        GoldenFile.expect(text, matches: "attribution.txt")
    }
}
