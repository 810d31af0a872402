import CaliberTesting
import Foundation
import Testing

/// `caliber model` as its users meet it.
@Suite struct ModelTests {
    private var deployment: ModelDeployment {
        get throws { try ModelDeployment.shared.get() }
    }

    @Test func `each command explains itself`() throws {
        let commands = [
            "train", "list", "show", "compare", "evaluate", "threshold", "drift", "replay", "promote", "rollback",
            "export", "import",
        ]
        let command = BuiltCommand(in: try TemporaryFolder())
        var text = try command.run("model", "--help").output
        for name in commands { text += "\n" + (try command.run("model", name, "--help").output) }
        GoldenFile.expect(text, matches: "model-help.txt")
    }

    @Test func `what a model says of orders can be read`() throws {
        let text = try deployment.transcript([
            ["model", "evaluate", "order_health", "--by", "channel"],
            ["model", "evaluate", "order_health@2", "--from", "2025-06-01", "--until", "2025-06-20"],
            ["model", "threshold", "order_health", "--review-cost", "8", "--loss", "120", "--prevented", "0.5"],
            ["model", "threshold", "order_health", "--capacity", "5"],
        ])
        GoldenFile.expect(text, matches: "model-figures.txt")
    }

    @Test func `an evaluation of the held-out span is what training found`() throws {
        let file = try deployment.json("model", "show", "order_health@2")
        let spans = try #require(file["evaluations"] as? [[String: Any]])
        let trained = try #require(spans.first { $0["span"] as? String == "held-out" })
        let evaluated = try deployment.json("model", "evaluate", "order_health@2", "--by", "channel")
        for part in ["evaluation", "groups"] {
            let (ours, theirs) = (evaluated[part] as? NSObject, trained[part] as? NSObject)
            #expect(ours != nil && ours == theirs, "\(part)")
        }
        #expect(evaluated["learnedFromCount"] as? Int == 0)
        let all = try deployment.json("model", "evaluate", "order_health@2", "--from", "2025-01-01")
        let figures = try #require(all["evaluation"] as? [String: Any])
        let counts = spans.compactMap { ($0["evaluation"] as? [String: Any])?["rowCount"] as? Int }
        #expect(counts.count == 3 && figures["rowCount"] as? Int == counts.reduce(0, +))
        #expect(all["learnedFromCount"] as? Int == counts[0] + counts[1])
    }

    @Test func `a line that is saved is a new version that flags what was foretold`() throws {
        let models = try deployment.copyOfModels()
        let foretold = try deployment.json(
            "model", "threshold", "order_health@1", "--capacity", "0.2", "--save", "--why", "a trial", models: models)
        let chosen = try #require(foretold["chosen"] as? [String: Any])
        let now = try deployment.json("model", "threshold", "order_health@3", models: models)
        #expect(now["chosen"] as? NSDictionary == chosen as NSDictionary)
        let before = try deployment.json("model", "show", "order_health@1", models: models)
        let after = try deployment.json("model", "show", "order_health@3", models: models)
        #expect(before["columns"] as? NSArray == after["columns"] as? NSArray)
        #expect((after["notes"] as? [String])?.last?.contains("a trial") == true)
        // The figures at the line, in the file and taken anew.
        let spans = try #require(after["evaluations"] as? [[String: Any]])
        let heldOut = try #require(spans.first { $0["span"] as? String == "held-out" }?["evaluation"] as? NSDictionary)
        let evaluated = try deployment.json("model", "evaluate", "order_health@3", models: models)
        #expect(heldOut == evaluated["evaluation"] as? NSDictionary)
        #expect(try deployment.done("model", "list", models: models).contains("order_health@3"))
    }

    @Test(
        arguments: [
            (["evaluate", "order_helth"], "unknown-model"), (["evaluate", "order_health@9"], "unknown-model-version"),
            (["evaluate", "order_health", "--by", "chanel"], "group-not-text"),
            (["evaluate", "order_health", "--by", "paid_at"], "group-not-text"),
            (["evaluate", "order_health", "--from", "June"], "bad-day"),
            (["evaluate", "order_health", "--from", "2025-06-02", "--until", "2025-06-01"], "empty-span"),
            (["threshold", "order_health", "--from", "2031-01-01"], "no-orders"),
            (["threshold", "order_health", "--capacity", "0"], "invalid-capacity"),
            (["threshold", "order_health", "--review-cost", "8", "--loss", "4"], "review-never-pays"),
        ] as [([String], String)])
    func `what can't be done says why`(arguments: [String], code: String) throws {
        let outcome = try deployment.command.run(["model"] + arguments)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("[\(code)]"), "\(outcome.errors)")
    }

    @Test(arguments: [["threshold", "order_health", "--review-cost", "8"], ["threshold", "order_health", "--save"]])
    func `options that need others say so`(arguments: [String]) throws {
        #expect(try deployment.command.run(["model"] + arguments).status == 64)
    }

    @Test func `a dictionary with other features is refused before anything is computed`() throws {
        let models = try deployment.copyOfModels()
        let folder = try deployment.command.folder.url
        let changed = folder.appending(path: "dictionary-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: folder.appending(path: "dictionary"), to: changed)
        let path = changed.appending(path: "features/orders.yaml")
        let text = try String(contentsOf: path, encoding: .utf8)
        try text.replacing("{name: is_gift, expr: is_gift}", with: "{name: is_a_gift, expr: is_gift}")
            .write(to: path, atomically: true, encoding: .utf8)
        let outcome = try deployment.command.run(
            "model", "evaluate", "order_health", "--models", models, "--dictionary", changed.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("1 added (is_a_gift), 1 removed (is_gift)"), "\(outcome.errors)")
    }

}
