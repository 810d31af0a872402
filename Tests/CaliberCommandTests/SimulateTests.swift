import CaliberTesting
import Foundation
import Testing

/// `caliber simulate` as its users meet it.
@Suite struct SimulateTests {
    private func command() throws -> BuiltCommand { BuiltCommand(in: try TemporaryFolder()) }

    private func summary(_ command: BuiltCommand) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: command.folder.path("summary.json")))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func `the sample data is what the command makes`() throws {
        let command = try command()
        let sample = BuiltCommand.packageRoot.appending(path: "notebooks-data")
        let outcome = try command.run(
            "simulate", "--orders", "1200", "--days", "30", "--seed", "20260301", "--output", "orders.ndjson",
            "--ledger", "erp_ledger.csv", "--truth", "truth.ndjson", "--summary", "summary.json")
        #expect(outcome.status == 0 && outcome.output.isEmpty)
        for name in ["erp_ledger.csv", "summary.json"] {
            let made = try Data(contentsOf: URL(fileURLWithPath: command.folder.path(name)))
            #expect(made == (try Data(contentsOf: sample.appending(path: name))), "\(name)")
        }
    }

    @Test func `a file of faults sets those and leaves the others out`() throws {
        let command = try command()
        try #"{"stuck_share": 0.5, "oversold_skus": 3}"#
            .write(toFile: command.folder.path("faults.json"), atomically: true, encoding: .utf8)
        let outcome = try command.run(
            "simulate", "--orders", "2000", "--start", "2025-11-01", "--faults", "faults.json", "--output",
            "orders.ndjson", "--summary", "summary.json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let summary = try summary(command)
        let faults = try #require(summary["faults"] as? [String: Int])
        #expect(Set(faults.keys) == ["stuck", "oversold"])
        #expect(summary["start_day"] as? String == "2025-11-01")
        let periods = try #require(summary["periods"] as? [[String: Any]])
        #expect(Set(periods.compactMap { $0["kind"] as? String }) == ["oversold"])
    }

    @Test(
        arguments: [
            (#"{"stuk_share": 1}"#, "stuck_share"), (#"{"stuck_share": -1}"#, "fault-share"), ("[1]", "fault-file"),
        ])
    func `a file of faults that is wrong is refused`(text: String, mentions: String) throws {
        let command = try command()
        try text.write(toFile: command.folder.path("faults.json"), atomically: true, encoding: .utf8)
        let outcome = try command.run("simulate", "--orders", "10", "--faults", "faults.json")
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(mentions), "\(outcome.errors)")
    }

    @Test func `what stands at the path of the output stays what it is`() throws {
        let command = try command()
        let (link, target) = (command.folder.path("link.ndjson"), command.folder.path("target.ndjson"))
        try "before".write(toFile: target, atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(try command.run("simulate", "--orders", "5", "--output", "link.ndjson").status == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        #expect(try String(contentsOfFile: target, encoding: .utf8).hasPrefix("{\"specversion\""))
        #expect(try command.run("simulate", "--orders", "5", "--output", "nowhere/x.ndjson").status == 1)
    }
}
