import CaliberTesting
import Foundation
import Testing

/// A model's way into use and out of it: replayed, watched, exported, imported, promoted, rolled back.
@Suite struct ModelLifeTests {
    private var deployment: ModelDeployment {
        get throws { try ModelDeployment.shared.get() }
    }

    private func counts(_ outcomes: Any?) throws -> (bad: Int, good: Int, unknown: Int) {
        let outcomes = try #require(outcomes as? [String: Any])
        return (
            try #require(outcomes["bad"] as? Int), try #require(outcomes["good"] as? Int),
            try #require(outcomes["unknown"] as? Int)
        )
    }

    @Test func `a replay counts every order once, and agrees with the evaluation of both sides`() throws {
        let replay = try deployment.json("model", "replay", "order_health@2")
        let (both, none) = (try counts(replay["flaggedInBoth"]), try counts(replay["flaggedInNone"]))
        let (new, released) = (try counts(replay["newlyFlagged"]), try counts(replay["released"]))
        let all = [both, none, new, released]
        #expect(all.reduce(0) { $0 + $1.bad + $1.good + $1.unknown } == replay["orderCount"] as? Int)
        #expect(new.bad + new.good > 10, "the second line is far below the first")
        for (model, side, flagged) in [("order_health@1", "before", released), ("order_health@2", "after", new)] {
            let evaluated = try deployment.json("model", "evaluate", model, "--from", "2025-01-01")
            let figures = try #require(evaluated["evaluation"] as? [String: Any])
            let line = try #require(figures["atReview"] as? [String: Any])
            #expect(figures["rowCount"] as? Int == all.reduce(0) { $0 + $1.bad + $1.good })
            #expect(line["flaggedCount"] as? Int == both.bad + both.good + flagged.bad + flagged.good)
            let replayed = try #require(replay[side] as? [String: Any])
            #expect(replayed["recall"] as? Double == line["recall"] as? Double)
            #expect(replayed["precision"] as? Double == line["precision"] as? Double)
        }
        let mirrored = try deployment.json("model", "replay", "order_health@1", "--against", "order_health@2")
        #expect(mirrored["newlyFlagged"] as? NSDictionary == replay["released"] as? NSDictionary)
        #expect(mirrored["before"] as? NSDictionary == replay["after"] as? NSDictionary)
    }

    @Test func `the change of an order that changes sides is told by reasons`() throws {
        let replay = try deployment.json("model", "replay", "order_health@2")
        let changes = try #require(replay["changes"] as? [[String: Any]])
        #expect(!changes.isEmpty)
        for change in changes {
            let before = try #require(change["before"] as? Int)
            let after = try #require(change["after"] as? Int)
            #expect((before < 6000) != (after < 6000) && change["isFlagged"] as? Bool == (after < 6000))
            #expect((change["moves"] as? [[String: Any]])?.isEmpty == false)
        }
        #expect((replay["reasonMoves"] as? [[String: Any]])?.isEmpty == false)
    }

    @Test func `drift looks at orders whose outcome is not known yet, and an evaluation says how many they are`() throws
    {
        let deployment = try deployment
        // The log as it was on a day on which the last orders' labels had not matured.
        let lines = try String(contentsOfFile: deployment.command.folder.path("orders.ndjson"), encoding: .utf8)
            .split(separator: "\n")
        let early = lines.filter { line in
            line.firstRange(of: #/"recordedtime":"(2025-0[1-6]|2025-07-0)/#) != nil
        }
        #expect(early.count > 1000 && early.count < lines.count)
        try early.joined(separator: "\n")
            .write(toFile: deployment.command.folder.path("early.ndjson"), atomically: true, encoding: .utf8)
        try deployment.done("ingest", "early.ndjson", "--database", "early.db")
        let arguments = ["--from", "2025-06-21", "--database", "early.db"]
        func run(_ command: String) throws -> [String: Any] {
            let outcome = try deployment.command.run(["model", command, "order_health", "--json"] + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        }
        let evaluated = try run("evaluate")
        let immature = try #require(evaluated["immatureCount"] as? Int)
        let known = try #require((evaluated["evaluation"] as? [String: Any])?["rowCount"] as? Int)
        let unknown = try #require(evaluated["unknownCount"] as? Int)
        #expect(known == 0 && immature > 200)
        let drift = try run("drift")
        #expect(drift["rowCount"] as? Int == immature + unknown)
        #expect(drift["baseRate"] == nil && drift["score"] != nil)
        #expect((drift["features"] as? [[String: Any]])?.count ?? 0 > 150)
        // Once they have matured, the same days have a rate.
        let whole = try deployment.json(
            "model", "drift", "order_health", "--from", "2025-06-21", "--until", "2025-07-09")
        #expect(whole["baseRate"] != nil && whole["calibration"] != nil)
    }

    @Test func `a model is exported in each form`() throws {
        let deployment = try deployment
        #expect(try deployment.done("model", "export", "order_health", "--format", "pmml").contains("<PMML"))
        let sql = try deployment.done(
            "model", "export", "order_health@2", "--format", "sql", "--table", "t", "--keep", "k")
        #expect(sql.contains("order_health, version 2") && sql.contains("FROM \"t\"") && sql.contains("SELECT \"k\""))
        try deployment.done("model", "export", "order_health", "--format", "onnx", "--output", "model.onnx")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: deployment.command.folder.path("model.onnx")))
        #expect(bytes.count > 10_000 && bytes.range(of: Data("order_health@1".utf8)) != nil)
        #expect(try deployment.command.run("model", "export", "order_health", "--format", "onnx").status == 64)
        let nowhere = try deployment.command.run(
            "model", "export", "order_health", "--format", "sql", "--output", "nowhere/model.sql")
        #expect(nowhere.status == 1 && nowhere.errors.contains("nowhere/model.sql"))
    }

    /// A model's weights as scikit-learn would write them.
    private func coefficients(_ file: [String: Any], renaming: [String: String] = [:]) throws -> String {
        let columns = try #require(file["columns"] as? [[String: Any]])
        func numbers(_ key: String) -> [Double] { columns.compactMap { $0[key] as? Double } }
        let form: [String: Any] = [
            "coef_": [numbers("weight")], "intercept_": [try #require(file["intercept"] as? Double)],
            "feature_names_in_": columns.compactMap { $0["id"] as? String }.map { renaming[$0] ?? $0 },
            "mean_": numbers("mean"), "scale_": numbers("deviation"),
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: form), as: UTF8.self)
    }

    @Test func `coefficients that come from elsewhere score as their model does`() throws {
        let deployment = try deployment
        let models = try deployment.copyOfModels()
        let file = try deployment.json("model", "show", "order_health")
        let path = deployment.command.folder.path("coefficients.json")
        try coefficients(file).write(toFile: path, atomically: true, encoding: .utf8)
        try deployment.done(
            "model", "import", "coefficients.json", "--name", "elsewhere", "--why", "the team's own", models: models)
        let own = try deployment.json("model", "evaluate", "order_health", models: models)
        let imported = try deployment.json("model", "evaluate", "elsewhere", models: models)
        func curve(_ evaluated: [String: Any]) throws -> Double {
            try #require((evaluated["evaluation"] as? [String: Any])?["areaUnderCurve"] as? Double)
        }
        // Weights of missing values are all that scikit-learn has no place for.
        #expect(try abs(curve(own) - curve(imported)) < 0.02)
        let shown = try deployment.json("model", "show", "elsewhere", models: models)
        #expect((shown["notes"] as? [String])?.first?.contains("the team's own") == true)
        let shownColumns = try #require(shown["columns"] as? [[String: Any]])
        let columns = try #require(file["columns"] as? [[String: Any]])
        for (column, original) in zip(shownColumns, columns) {
            let (weight, expected) = (column["weight"] as? Double ?? 0, original["weight"] as? Double ?? 0)
            let (scale, before) = (column["deviation"] as? Double ?? 1, original["deviation"] as? Double ?? 1)
            #expect(abs(weight / scale - expected / before) <= 1e-12 * max(1, abs(expected / before)))
        }
    }

    @Test func `a name that does not match is refused with the nearest that would`() throws {
        let deployment = try deployment
        let file = try deployment.json("model", "show", "order_health")
        for (renaming, hint) in [
            (["quantity": "quantitty"], "Did you mean \"quantity\"?"),
            (["quantity": "quantitty", "amount": "amont"], "\"amont\" (did you mean \"amount\"?)"),
        ] {
            let path = deployment.command.folder.path("misnamed.json")
            try coefficients(file, renaming: renaming).write(toFile: path, atomically: true, encoding: .utf8)
            let outcome = try deployment.command.run("model", "import", "misnamed.json", "--why", "a trial")
            #expect(outcome.status == 1 && outcome.errors.contains(hint), "\(outcome.errors)")
        }
        let missing = try deployment.command.run("model", "import", "none.json", "--why", "a trial")
        #expect(missing.status == 1 && missing.errors.contains("none.json"))
    }

    @Test func `a version is promoted, decides, and gives its place back`() throws {
        let deployment = try deployment
        let models = try deployment.copyOfModels()
        func champion() throws -> String? {
            try deployment.done("model", "list", models: models).split(separator: "\n")
                .first { $0.contains("champion") }.map { String($0.prefix { $0 != " " }) }
        }
        #expect(try champion() == "order_health@1")
        try deployment.done(
            "model", "promote", "order_health@2", "--challenger", "--by", "ann", "--why", "a look", models: models)
        let replay = try deployment.json("model", "replay", "order_health@challenger", models: models)
        #expect(replay["orderCount"] as? Int ?? 0 > 1000)
        try deployment.done(
            "model", "promote", "order_health@2", "--by", "ann", "--why", "it sees more", models: models)
        #expect(try champion() == "order_health@2")
        let shown = try deployment.json("model", "evaluate", "order_health", models: models)
        #expect(shown["model"] as? String == "order_health@2")
        try deployment.done("model", "rollback", "order_health", "--why", "too many reviews", models: models)
        #expect(try champion() == "order_health@1")
        let same = try deployment.command.run("model", "replay", "order_health@1", "--models", models)
        #expect(same.status == 1 && same.errors.contains("same-model"))
        #expect(
            try deployment.done("model", "compare", "order_health@1", "order_health@2", models: models)
                .contains("auc"))
    }
}
