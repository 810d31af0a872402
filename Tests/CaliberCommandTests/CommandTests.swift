import CaliberCore
import CaliberStore
import CaliberTesting
import Foundation
import Testing

/// The command line as its users meet it.
@Suite struct CommandTests {
    @Test func `the first steps lead from nothing to a figure, its lineage and a verified file`() throws {
        var transcript = try Transcript()
        try transcript.run("status")
        try transcript.run("init")
        try transcript.run("status")
        try transcript.run("dictionary", "test")
        try transcript.run("ingest", "--dry-run", "sample.ndjson")
        try transcript.run("ingest", "sample.ndjson")
        try transcript.run("query", "--metrics", "gmv,orders_paid", "--group-by", "metric_time__day,channel")
        for format in ["csv", "json", "ndjson", "plot"] {
            try transcript.run("query", "--metrics", "gmv", "--group-by", "metric_time__day", "--format", format)
        }
        try transcript.run("query", "--metrics", "gmv", "--where", "channel = 'web'", "--explain")
        try transcript.run("lineage", "gmv")
        try transcript.run("lineage", "--downstream", "payment.callback.amount")
        try transcript.run("rebuild")
        try transcript.run("status", "--verify")
        GoldenFile.expect(transcript.text, matches: "first-steps.txt")
    }

    @Test func `a refused event is seen, explained, and taken in once its contract is mended`() throws {
        var transcript = try Transcript(initialised: true)
        try transcript.run("ingest", "--strict", "sample.ndjson")
        try transcript.run("quarantine", "list")
        try transcript.run("quarantine", "list", "--events")
        try transcript.run("quarantine", "show", "1")
        try transcript.run("quarantine", "replay")
        try transcript.edit("dictionary/contracts/orders.yaml", "[success, failed]", "[success, failed, sucess]")
        try transcript.run("quarantine", "replay")
        try transcript.run("quarantine", "list")
        try transcript.run("quarantine", "replay")
        try transcript.run("status")
        GoldenFile.expect(transcript.text, matches: "quarantine.txt")
    }

    @Test func `a backup is made, verified, and put back over what was lost`() throws {
        var transcript = try Transcript(initialised: true)
        try transcript.run("ingest", "sample.ndjson")
        try transcript.run("backup", "monday.db")
        try transcript.run("backup", "monday.db")
        try transcript.run("backup", "--force", "caliber.db")
        try transcript.run("backup", "nowhere/monday.db")
        try transcript.run("backup", "--database", "nothing.db", "monday.db")
        try transcript.run("verify", "monday.db")
        try transcript.run("verify")
        try transcript.run("quarantine", "dismiss", "1")
        try transcript.run("restore", "monday.db")
        try transcript.run("status")
        try transcript.damage("monday.db", byte: 20_000)
        try transcript.run("verify", "monday.db")
        try transcript.run("restore", "monday.db")
        try transcript.run("restore", "caliber.db")
        try transcript.run("verify", "sample.ndjson")
        try transcript.run("verify", "nothing.db")
        GoldenFile.expect(transcript.text, matches: "backup.txt")
    }

    @Test func `what the dictionary holds can be listed and described`() throws {
        var transcript = try Transcript(initialised: true)
        try transcript.run("list", "dimension-values", "--metrics", "gmv", "--dimension", "channel")
        try transcript.run("ingest", "sample.ndjson")
        for kind in ["metrics", "tables", "contracts", "sources"] { try transcript.run("list", kind) }
        try transcript.run("list", "dimensions", "--metrics", "gmv")
        try transcript.run("list", "dimension-values", "--metrics", "gmv", "--dimension", "channel")
        for name in ["gmv", "average_order_value", "orders", "payment.callback"] {
            try transcript.run("describe", name)
        }
        GoldenFile.expect(transcript.text, matches: "definitions.txt")
    }

    @Test func `a changed meaning is refused, compared and accepted`() throws {
        var transcript = try Transcript(initialised: true)
        try transcript.run("ingest", "sample.ndjson")
        try transcript.run("dictionary", "check")
        try transcript.run("dictionary", "diff")
        try transcript.edit("dictionary/metrics/orders.yaml", "expr: paid", "expr: amount")
        try transcript.run("dictionary", "check")
        try transcript.edit("dictionary/metrics/orders.yaml", "expr: amount", "expr: paid")
        try transcript.edit("dictionary/metrics/orders.yaml", "agg: count", "agg: count\n    filter: channel = 'web'")
        try transcript.edit(
            "dictionary/metrics/orders.yaml", "orders_paid\n    version: 1", "orders_paid\n    version: 2")
        try transcript.edit(
            "dictionary/metrics/orders.yaml", "average_order_value\n    version: 1",
            "average_order_value\n    version: 2")
        try transcript.run("dictionary", "check")
        try transcript.run("query", "--metrics", "orders_paid")
        try transcript.run("query", "--metrics", "orders_paid@1")
        try transcript.run("dictionary", "diff")
        try transcript.run("dictionary", "check", "--accept")
        try transcript.run("dictionary", "check", "--strict")
        GoldenFile.expect(transcript.text, matches: "changed-meaning.txt")
    }

    @Test func `every command explains itself`() throws {
        var transcript = try Transcript()
        let commands = [
            [], ["init"], ["ingest"], ["query"], ["list"], ["list", "metrics"], ["list", "dimensions"],
            ["list", "dimension-values"], ["list", "tables"], ["list", "contracts"], ["list", "sources"], ["describe"],
            ["lineage"], ["dictionary"], ["dictionary", "check"], ["dictionary", "test"], ["dictionary", "diff"],
            ["dictionary", "schema"], ["quarantine"], ["quarantine", "list"], ["quarantine", "show"],
            ["quarantine", "replay"], ["quarantine", "dismiss"], ["status"], ["rebuild"], ["simulate"],
            ["serve"], ["keys"], ["keys", "create"], ["keys", "list"], ["keys", "revoke"], ["backup"], ["restore"],
            ["verify"],
        ]
        for command in commands { try transcript.run(command + ["--help"]) }
        GoldenFile.expect(transcript.text, matches: "help.txt")
    }

    @Test(
        arguments: [
            (["query", "--metrics", "gmw"], 1, "unknown-metric"), (["describe", "ordes"], 1, "unknown-name"),
            (["ingest", "nothing.ndjson"], 1, "nothing.ndjson"),
            (["ingest", "--source", "erp", "sample.ndjson"], 1, "unknown-source"),
            (["lineage", "gmw"], 1, "gmv"), (["quarantine", "show", "99"], 1, "unknown-quarantined-event"),
            (["quarantine", "dismiss"], 1, "nothing-selected"), (["rebuild", "order"], 1, "orders"),
            (["init"], 1, "already-initialised"), (["status", "--dictionary", "nowhere"], 1, "caliber init"),
            (["query", "--metrics", "gmv", "--database", "nowhere.db"], 1, "database-missing"),
            (["query", "--metrics", "gmv", "--database", "sample.ndjson"], 1, "database-malformed"),
            (["status", "--verify", "--json"], 64, "--json"), (["query"], 64, "--metrics"), (["qury"], 64, "Usage"),
            (["ingest"], 64, "files"),
            (["query", "--metrics", "gmv", "--format", "xml"], 64, "ndjson"),
        ] as [([String], Int32, String)])
    func `what can't be done exits with 1 and says why, a wrong command line with 64`(
        arguments: [String], status: Int32, mentions: String
    ) throws {
        let command = try initialised()
        let outcome = try command.run(arguments)
        #expect(outcome.status == status)
        #expect(outcome.output.isEmpty, "said on standard output: \(outcome.output)")
        #expect(outcome.errors.contains(mentions), "\(outcome.errors)")
    }

    @Test func `what needs a person exits with 3`() throws {
        let command = try initialised()
        #expect(try command.run("ingest", "--strict", "sample.ndjson").status == 3)
        let path = command.folder.path("dictionary/tests/orders.yaml")
        let tests = try String(contentsOfFile: path, encoding: .utf8)
        try tests.replacing("gmv: \"20\"", with: "gmv: \"21\"").write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try command.run("dictionary", "test")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("21"), "\(outcome.errors)")
    }

    @Test func `data alone goes to standard output, in forms that programs read`() throws {
        let command = try initialised()
        let ingested = try command.run("ingest", "sample.ndjson")
        #expect(ingested.output.isEmpty)
        func answer(_ format: String) throws -> String {
            try command.run("query", "--metrics", "gmv", "--group-by", "channel", "--format", format).output
        }
        #expect(try Array(answer("csv").utf8) == Array("channel,gmv\r\napp,80.00\r\nweb,120.00\r\n".utf8))
        #expect(
            try answer("ndjson")
                == "{\"channel\":\"app\",\"gmv\":\"80.00\"}\n{\"channel\":\"web\",\"gmv\":\"120.00\"}\n")
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(try answer("json").utf8)) as? [String: Any])
        #expect((json["data"] as? [[String: String]])?.map { $0["gmv"] } == ["80.00", "120.00"])
        for arguments in [["dictionary", "schema"], ["lineage", "gmv", "--format", "json"]] {
            let outcome = try command.run(arguments)
            #expect(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) is [String: Any])
            #expect(outcome.errors.isEmpty)
        }
    }

    @Test func `events come in through a pipe`() throws {
        let command = try initialised()
        let sample = try String(contentsOfFile: command.folder.path("sample.ndjson"), encoding: .utf8)
        let outcome = try command.run("ingest", "-", input: sample)
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("<stdin>:6"), "\(outcome.errors)")
        let figures = try command.run("query", "--metrics", "gmv", "--format", "ndjson")
        #expect(figures.output == "{\"gmv\":\"200.00\"}\n")
    }

    @Test func `a second writer says who holds the lease, and readers go on`() throws {
        let command = try initialised()
        let store = try CaliberStore.open(at: command.folder.path("caliber.db"))
        let lease = try WriterLease.acquire(on: store, holder: "the nightly load") {
            Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        }
        let refused = try command.run("ingest", "sample.ndjson")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("writer-busy"), "\(refused.errors)")
        #expect(refused.errors.contains("the nightly load"), "\(refused.errors)")
        #expect(try command.run("query", "--metrics", "gmv").status == 0)
        withExtendedLifetime(lease) {}
    }

    @Test func `a version that is not in the lock is a matter of the check alone`() throws {
        let command = try initialised()
        try FileManager.default.removeItem(atPath: command.folder.path("dictionary/versions.lock"))
        #expect(try command.run("dictionary", "check").errors.contains("not-locked"))
        for arguments in [
            ["ingest", "sample.ndjson"], ["query", "--metrics", "gmv"], ["describe", "gmv"], ["status"],
        ] {
            let outcome = try command.run(arguments)
            #expect(outcome.status == 0)
            #expect(!outcome.errors.contains("not-locked"), "\(arguments): \(outcome.errors)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `the shell completes commands`(shell: String) throws {
        let outcome = try BuiltCommand(in: TemporaryFolder()).run("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        for word in ["query", "quarantine", "replay", "rebuild", "group-by"] {
            #expect(outcome.output.contains(word), "\(word)")
        }
    }

    private func initialised() throws -> BuiltCommand {
        let command = BuiltCommand(in: try TemporaryFolder())
        let outcome = try command.run("init")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return command
    }
}
