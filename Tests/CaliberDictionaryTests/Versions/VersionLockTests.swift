import CaliberCore
import CaliberDictionary
import Testing

@Suite struct VersionLockTests {
    /// The shop, accepted: its lock as a file.
    private func acceptedLock(_ changes: [DictionaryFile] = []) throws -> DictionaryFile {
        let loaded = try ShopDictionary.load(changing: changes)
        return DictionaryFile(path: "versions.lock", text: loaded.lock.accepting(loaded).text)
    }

    private func problems(_ changes: [DictionaryFile]) -> [Diagnostic] {
        do {
            return try ShopDictionary.load(changing: changes).warnings
        } catch {
            return (error as? DiagnosticList)?.diagnostics ?? []
        }
    }

    @Test func `an accepted dictionary loads without a warning, and accepting it again changes nothing`() throws {
        let lock = try acceptedLock()
        let loaded = try ShopDictionary.load(changing: [lock])
        #expect(loaded.warnings == [])
        #expect(loaded.isLocked)
        #expect(loaded.lock.accepting(loaded).text == lock.text)
        DictionaryGolden.expect(lock.text, matches: "versions.lock.txt")
    }

    @Test func `a meaning that changed under its version is refused, and every part of the change told`() throws {
        let lock = try acceptedLock()
        let metrics = ShopDictionary.metrics(replacing: "filter: not is_gift", with: "filter: channel = 'douyin'")
        let told = problems([lock, metrics])
        // What is built from it means something else as well.
        #expect(told.map(\.code) == ["meaning-changed", "meaning-changed", "meaning-changed"])
        DictionaryGolden.expect(told.map { $0.description + "\n" }.joined(), matches: "meaning-changed.txt")
    }

    @Test func `a change of a fold far below is told as such`() throws {
        let lock = try acceptedLock()
        let tables = ShopDictionary.tables(
            replacing: "from: refund.settled.amount, fold: sum", with: "from: refund.settled.amount, fold: max")
        let told = problems([lock, tables])
        #expect(Set(told.map(\.code)) == ["meaning-changed"])
        #expect(told.first?.message.contains("sum of refund.settled.amount") == true)
        #expect(told.first?.message.contains("max of refund.settled.amount") == true)
    }

    /// gmv counted gifts in version 1 and does not in version 2, and what is built on it rises with it.
    private var raised: DictionaryFile {
        ShopDictionary.metrics(replacing: "version: 1\n    label: GMV", with: "version: 2\n    label: GMV")
            .replacingText("filter: not is_gift", with: "filter: channel = 'douyin'")
            .replacingText("name: refund_rate\n    version: 1", with: "name: refund_rate\n    version: 2")
            .replacingText("name: net_gmv\n    version: 1", with: "name: net_gmv\n    version: 2")
    }

    @Test func `a raised version leaves the earlier one queryable, and those built on it`() throws {
        let lock = try acceptedLock()
        let loaded = try ShopDictionary.load(changing: [lock, raised])
        #expect(Set(loaded.warnings.map(\.code)) == ["not-locked"])
        #expect(Set(loaded.dictionary.earlierMetrics.map(\.name)) == ["gmv", "refund_rate", "net_gmv"])
        let first = try #require(loaded.dictionary.metric(named: "gmv", version: 1))
        guard case .simple(let simple) = first.content else {
            Issue.record("gmv is simple")
            return
        }
        #expect(simple.filter?.displayText == "not is_gift")
        // The earlier net turnover is built on the earlier turnover.
        let net = try #require(loaded.dictionary.metric(named: "net_gmv", version: 1))
        #expect(net.inputs.map(\.version) == [1, 1])
        let accepted = DictionaryFile(path: "versions.lock", text: loaded.lock.accepting(loaded).text)
        let again = try ShopDictionary.load(changing: [accepted, raised])
        #expect(again.warnings == [])
        #expect(again.lock.accepting(again).text == accepted.text)
        #expect(again.dictionary.earlierMetrics.count == 3)
    }

    @Test func `an earlier version whose columns changed is kept with the reason`() throws {
        let lock = try acceptedLock()
        let tables = ShopDictionary.tables(
            replacing: "from: payment.callback.amount, fold: sum", with: "from: payment.callback.amount, fold: max")
        let loaded = try ShopDictionary.load(changing: [lock, raised, tables])
        #expect(loaded.dictionary.metric(named: "gmv", version: 1) == nil)
        let unreachable = try #require(loaded.dictionary.unreachableVersion(named: "gmv", version: 1))
        #expect(unreachable.diagnostic.code == "metric-version-unreachable")
        #expect(unreachable.reason.contains("sum of payment.callback.amount"))
        let gone = ShopDictionary.tables(replacing: "is_gift", with: "gift")
        let without = try ShopDictionary.load(changing: [lock, raised, gone])
        let reasons = without.dictionary.unreachableVersions.map(\.diagnostic.description)
        DictionaryGolden.expect(
            ([unreachable.diagnostic.description] + reasons).map { $0 + "\n" }.joined(), matches: "unreachable.txt")
    }

    @Test func `a version is never lowered`() throws {
        let first = try acceptedLock()
        let second = try ShopDictionary.load(changing: [first, raised])
        let lock = DictionaryFile(path: "versions.lock", text: second.lock.accepting(second).text)
        let told = problems([lock])
        #expect(Set(told.map(\.code)) == ["version-lowered"])
        DictionaryGolden.expect(told.map { $0.description + "\n" }.joined(), matches: "version-lowered.txt")
    }

    @Test func `a renamed metric keeps its id; an id that counts something else is refused`() throws {
        let lock = try acceptedLock()
        let renamed = ShopDictionary.metrics(replacing: "name: refund_rate", with: "name: refund_share")
        let loaded = try ShopDictionary.load(changing: [lock, renamed])
        #expect(loaded.warnings.map(\.code) == ["metric-renamed"])
        let accepted = loaded.lock.accepting(loaded)
        #expect(accepted.entries.first { $0.id == "M-0003" }?.name == "refund_share")
        let reused = ShopDictionary.metrics(replacing: "name: products_known", with: "name: brands_known")
            .replacingText("table: products", with: "table: brands")
        let told = loaded.warnings + problems([lock, reused])
        #expect(told.map(\.code) == ["metric-renamed", "id-reused"])
        DictionaryGolden.expect(told.map { $0.description + "\n" }.joined(), matches: "renamed.txt")
    }

    @Test func `a raised version that means the same, and a metric that is gone, are warned about`() throws {
        let lock = try acceptedLock()
        let idle = ShopDictionary.metrics(
            replacing: "name: products_known\n    version: 1", with: "name: products_known\n    version: 2")
        let gone = DictionaryFile(
            path: "metrics.yaml",
            text: String(ShopDictionary.metrics.text.split(separator: "  - id: M-0006")[0]))
        let told = problems([lock, idle]) + problems([lock, gone])
        #expect(told.map(\.code) == ["not-locked", "same-meaning", "metric-removed"])
        DictionaryGolden.expect(told.map { $0.description + "\n" }.joined(), matches: "lock-warnings.txt")
        let loaded = try ShopDictionary.load(changing: [lock, gone])
        let accepted = loaded.lock.accepting(loaded)
        #expect(accepted.entries.first { $0.id == "M-0006" }?.isRemoved == true)
        #expect(problems([DictionaryFile(path: "versions.lock", text: accepted.text), gone]) == [])
    }

    @Test(arguments: [
        "lock: 2\n", "- a\n", "lock: 1\nmetrics: {M-1: {name: a}}\n",
        "lock: 1\nmetrics: {M-1: {name: a, versions: {x: 1}}}\n",
    ])
    func `a lock that can't be read is refused`(text: String) {
        #expect(problems([DictionaryFile(path: "versions.lock", text: text)]).contains { $0.code == "lock-malformed" })
    }

    @Test func `a lock edited by hand is noticed by its hash`() throws {
        let lock = try acceptedLock().replacingText("aggregation\": \"sum\"", with: "aggregation\": \"max\"")
        let told = problems([lock]).filter { $0.code == "lock-malformed" }
        #expect(told.count == 2)
        DictionaryGolden.expect(told.map { $0.description + "\n" }.joined(), matches: "lock-malformed.txt")
    }

    @Test func `the difference of two dictionaries names what changed, and which parts`() throws {
        let old = try ShopDictionary.load()
        let metrics = raised.replacingText("name: pay_hours_p95", with: "name: pay_hours")
            .replacingText("id: M-0006", with: "id: M-0007").replacingText("table: products", with: "table: brands")
        let new = try ShopDictionary.load(changing: [metrics])
        let difference = MeaningDifference(from: old, to: new)
        #expect(difference.changed.map(\.id) == ["M-0001", "M-0003", "M-0004"])
        #expect(difference.added.map(\.id) == ["M-0007"])
        #expect(difference.removed.map(\.id) == ["M-0006"])
        #expect(difference.renamed.map(\.newName) == ["pay_hours"])
        #expect(MeaningDifference(from: old, to: old).isEmpty)
        DictionaryGolden.expect(difference.text, matches: "difference.txt")
    }
}
