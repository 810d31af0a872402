import CaliberCore
import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct ModelRegistryTests {
    private let folder: TemporaryFolder
    private let registry: ModelRegistry

    init() throws {
        folder = try TemporaryFolder()
        registry = ModelRegistry(folder: folder.url.appending(path: "models"))
    }

    private func day(_ day: Int) -> Timestamp { FixedModelFile.moment(2026, 4, day) }

    private func save(_ versions: String...) throws {
        for version in versions { try registry.save(FixedModelFile.make(version: version)) }
    }

    @Test func `a saved version stands with its card and can be loaded`() throws {
        let file = try FixedModelFile.make()
        let paths = try registry.save(file, schema: FixedModelFile.schema)
        #expect(paths.model.hasSuffix("models/order_bad/3.json") && paths.card.hasSuffix("models/order_bad/3.md"))
        #expect(try registry.load(name: "order_bad", version: "3") == file)
        #expect(try registry.load("order_bad") == file)
        #expect(try Data(contentsOf: URL(fileURLWithPath: paths.model)) == (try file.encoded()))
        #expect(try String(contentsOfFile: paths.card, encoding: .utf8).hasPrefix("# Model order_bad, version 3"))
        // No draft is left behind.
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("models/order_bad"))
        #expect(left.sorted() == ["3.json", "3.md"])
    }

    @Test func `a version is never written twice`() throws {
        try save("1")
        var other = try FixedModelFile.make(version: "1")
        other.seed = 99
        #expect(throws: ModelProblem.versionExists(name: "order_bad", version: "1")) { try registry.save(other) }
        #expect(try registry.load("order_bad@1").seed == 17)
    }

    @Test func `of many who save one version in the same moment one succeeds`() async throws {
        let registry = registry
        let successes = await withTaskGroup(of: Bool.self) { group in
            for seed in 0..<16 as Range<UInt64> {
                group.addTask {
                    guard var file = try? FixedModelFile.make(version: "1") else { return false }
                    file.seed = seed
                    return (try? registry.save(file)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(successes == 1)
        #expect(throws: Never.self) { try registry.load("order_bad@1") }
    }

    @Test func `a file that may not be replaced stays, whoever wrote it`() throws {
        let path = folder.path("file")
        try AtomicFile.write(Data("one".utf8), to: path, replacing: false)
        let failure = #expect(throws: AtomicFile.Failure.self) {
            try AtomicFile.write(Data("two".utf8), to: path, replacing: false)
        }
        #expect(failure?.alreadyExists == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one")
        try AtomicFile.write(Data("three".utf8), to: path, replacing: true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "three")
        #expect(throws: AtomicFile.Failure.self) {
            try AtomicFile.write(Data(), to: folder.path("no/such/folder"), replacing: true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["file"])
    }

    @Test func `the list shows versions in order, aliases, and what can't be read`() throws {
        #expect(try registry.list().isEmpty)
        try save("2", "10", "1", "beta")
        try registry.promote("order_bad", version: "2", at: day(1), by: "mei", why: "first")
        try registry.promote("order_bad", version: "10", to: .challenger, at: day(2), by: "mei", why: "try")
        try folder.write("{", to: "models/order_bad/11.json")
        try folder.write("not ours", to: "models/README.md")
        let list = try registry.list()
        #expect(list.map(\.version) == ["1", "2", "10", "11", "beta"])
        #expect(list.map(\.aliases) == [[], [.champion], [.challenger], [], []])
        #expect(list[3].problem?.contains("is not JSON") == true && list[0].problem == nil)
        #expect(list[0].rowCount == 1_200_345 && list[0].areaUnderCurve != nil)
        #expect(registry.nextVersion(of: "order_bad") == "12")
        #expect(registry.nextVersion(of: "other") == "1")
        #expect(registry.names == ["order_bad"])
    }

    @Test func `references name champions, versions and aliases`() throws {
        try save("1", "2")
        #expect(throws: ModelProblem.noChampion(name: "order_bad", versions: ["1", "2"])) {
            try registry.load("order_bad")
        }
        try registry.promote("order_bad", version: "1", at: day(1), by: "mei", why: "first")
        #expect(try registry.load("order_bad").version == "1")
        #expect(try registry.load("order_bad@2").version == "2")
        #expect(try registry.load("order_bad@champion").version == "1")
        #expect(
            throws: ModelProblem.unknownVersion(name: "order_bad", version: "challenger", nearest: ["challenger"])
        ) { try registry.load("order_bad@challenger") }
        let problem = #expect(throws: ModelProblem.self) { try registry.load("order_bat") }
        #expect(problem?.diagnostic.suggestions == ["order_bad"])
        for name in ["", "../order_bad", "a/b", ".hidden", "aliases", "a@../1"] {
            #expect(throws: ModelProblem.self) { try registry.load(name) }
        }
    }

    @Test func `history tells who promoted what, when and why, and roll-backs go back step by step`() throws {
        try save("1", "2", "3")
        try registry.promote("order_bad", version: "1", at: day(1), by: "mei", why: "first")
        try registry.promote("order_bad", version: "2", to: .challenger, at: day(2), by: "li", why: "try")
        var aliases = try registry.promote("order_bad", version: "2", at: day(3), by: "mei", why: "better")
        #expect(aliases.champion == "2" && aliases.challenger == nil)
        try registry.promote("order_bad", version: "3", at: day(4), by: "mei", why: "newer")
        aliases = try registry.rollback("order_bad", at: day(5), by: "li", why: "too many reviews")
        #expect(aliases.champion == "2")
        aliases = try registry.rollback("order_bad", at: day(6), by: "li", why: "still")
        #expect(aliases.champion == "1")
        #expect(throws: ModelProblem.nothingToRollBack(name: "order_bad")) {
            try registry.rollback("order_bad", at: day(7), by: "li", why: "more")
        }
        try registry.promote("order_bad", version: "3", at: day(8), by: "mei", why: "fixed")
        #expect(try registry.rollback("order_bad", at: day(9), by: "li", why: "no").champion == "1")
        let read = try registry.aliases(of: "order_bad")
        #expect(read.history.count == 9)
        #expect(read.history[4].by == "mei" && read.history[4].why == "newer" && read.history[4].at == day(4))
        #expect(read.history[5].action == .rollback && read.history[5].from == "3" && read.history[5].to == "2")
        GoldenFile.expect(
            try String(contentsOfFile: folder.path("models/order_bad/aliases.json"), encoding: .utf8),
            matches: "aliases.json")
    }

    @Test func `what can't be read can't be promoted`() throws {
        try save("1")
        try registry.promote("order_bad", version: "1", at: day(1), by: "mei", why: "first")
        #expect(throws: ModelProblem.alreadyAlias(name: "order_bad", version: "1", alias: "champion")) {
            try registry.promote("order_bad", version: "1", at: day(1), by: "mei", why: "again")
        }
        try folder.write("{}", to: "models/order_bad/2.json")
        #expect(throws: ModelProblem.self) {
            try registry.promote("order_bad", version: "2", at: day(1), by: "mei", why: "broken")
        }
        #expect(throws: ModelProblem.self) {
            try registry.promote("order_bad", version: "7", at: day(1), by: "mei", why: "not there")
        }
        let moved = try String(contentsOfFile: folder.path("models/order_bad/1.json"), encoding: .utf8)
        try folder.write(moved, to: "models/order_bad/4.json")
        #expect(throws: ModelProblem.self) { try registry.load("order_bad@4") }
        try folder.write(#"{"history": [{"at": 3}]}"#, to: "models/order_bad/aliases.json")
        let problem = #expect(throws: ModelProblem.self) { try registry.aliases(of: "order_bad") }
        #expect(problem?.diagnostic.message.contains("$.history[0]") == true)
    }

    @Test func `two models are held side by side`() throws {
        let left = try FixedModelFile.make()
        var right = try FixedModelFile.make(version: "4")
        right.columns[0].weight = 0.5
        right.columns[1].hash = "0000000000000000"
        right.columns[2].weight = -0.25
        right.columns[3].id = "other"
        right.evaluations[1].evaluation.areaUnderCurve = 0.75
        let comparison = ModelComparison(left, right)
        #expect(comparison.left == "order_bad@3" && comparison.right == "order_bad@4")
        #expect(comparison.span == .heldOut && comparison.spansAgree)
        #expect(comparison.weightChanges.map(\.id) == ["carrier_delay_p95_24h", "channel_douyin"])
        #expect(comparison.onlyLeft == ["idle"] && comparison.onlyRight == ["other"])
        #expect(comparison.redefined == ["buyer_refund_rate_30d"])
        let area = try #require(comparison.figures.first { $0.name == "auc" })
        #expect(area.right == 0.75 && area.better == .more)
        #expect(area.difference == 0.75 - (try #require(left.evaluations[1].evaluation.areaUnderCurve)))
        right.training.heldOutWindow = nil
        #expect(!ModelComparison(left, right).spansAgree)
        right.evaluations = []
        #expect(ModelComparison(left, right).span == nil)
    }
}
