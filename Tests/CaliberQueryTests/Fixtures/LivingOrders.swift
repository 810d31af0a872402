import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTables
import CaliberTesting

/// A shop whose orders change as a table's do: segments keep their numbers, split and grow, strings are added to pools.
struct LivingOrders {
    var shop: TestShop
    /// In the order of their moments, those of rows that wait at the end.
    private(set) var parts: [TestTable.Part] = []
    private var pools: [String: StringPool]
    private var nextID: Int64 = 1
    private var nextVersion: Int64 = 1
    private var nextOrder = 0

    static let firstMoment: Int64 = 1_772_000_000_000_000
    static let step: Int64 = 3_600_000_000

    init(shop: TestShop) {
        self.shop = shop
        pools = shop.tables["orders"]?.sharedPools() ?? [:]
    }

    static func moment(_ row: [String: Cell]) -> Int64? {
        if case .integer(let moment)? = row["paid_at"] { moment } else { nil }
    }

    func executor(
        parallelism: Int = 1, cache: PartialCache? = nil, usesCache: Bool = true, prunes: Bool = true
    ) -> QueryExecutor {
        var snapshots = shop.tables.mapValues { $0.snapshot() }
        snapshots["orders"] = shop.tables["orders"]?.snapshot(
            of: parts, isAnchored: { $0.rows.first.flatMap(LivingOrders.moment) != nil }, pools: pools)
        let tables = snapshots
        return QueryExecutor(
            options: QueryOptions(parallelism: parallelism, usesCache: usesCache, prunes: prunes), cache: cache,
            snapshot: { name in
                guard let snapshot = tables[name] else { throw Diagnostic("no-such-table", name) }
                return snapshot
            })
    }

    /// Codes of all strings are others from now on, as after the file was opened again.
    mutating func renewPools() { pools = shop.tables["orders"]?.sharedPools() ?? [:] }

    // MARK: Changes

    /// A new order's row.
    mutating func order(at moment: Int64?, buyer: String?, _ others: [String: Cell] = [:]) -> [String: Cell] {
        nextOrder += 1
        let row: [String: Cell] = [
            "order_id": .text("o\(nextOrder * 7919 % 10_007)"), "paid_at": moment.map { .integer($0) } ?? .null,
            "buyer": buyer.map { .text($0) } ?? .null, "amount": .integer(100), "channel": .text("app"),
        ]
        return row.merging(others) { $1 }
    }

    mutating func append(_ rows: [[String: Cell]]) {
        let end = parts.firstIndex { $0.rows.first.flatMap(LivingOrders.moment) == nil } ?? parts.count
        parts.insert(newPart(rows), at: rows.first.flatMap(LivingOrders.moment) == nil ? parts.count : end)
    }

    mutating func change(_ part: Int, _ body: (inout [[String: Cell]]) -> Void) {
        body(&parts[part].rows)
        parts[part].rows.sortByMoment()
        touch(part)
        if parts[part].rows.isEmpty { parts.remove(at: part) }
    }

    /// The same rows as another state: the file got what was in memory alone.
    mutating func touch(_ part: Int) {
        nextVersion += 1
        parts[part].identity = SegmentIdentity(
            id: parts[part].identity.id, version: nextVersion, epoch: UInt64(nextVersion % 2))
    }

    mutating func split(_ part: Int, at row: Int) {
        let rows = parts[part].rows
        guard row > 0, row < rows.count else { return }
        parts[part].rows = Array(rows[..<row])
        touch(part)
        parts.insert(newPart(Array(rows[row...])), at: part + 1)
    }

    mutating func join(_ part: Int) {
        guard part + 1 < parts.count, parts[part].isAnchored == parts[part + 1].isAnchored else { return }
        parts[part].rows += parts[part + 1].rows
        touch(part)
        parts.remove(at: part + 1)
    }

    /// Puts a row where its moment belongs: at a border into one of the segments that it may stand in.
    mutating func place(_ row: [String: Cell], _ generator: inout SeededGenerator) {
        guard let moment = LivingOrders.moment(row) else {
            if let last = parts.indices.last, !parts[last].isAnchored {
                change(last) { $0.append(row) }
            } else {
                append([row])
            }
            return
        }
        let possible = parts.indices.filter { part in
            guard parts[part].isAnchored else { return false }
            let before = part == 0 ? Int64.min : parts[part - 1].rows.last.flatMap(LivingOrders.moment) ?? .min
            let isLast = part + 1 == parts.count || !parts[part + 1].isAnchored
            let after = isLast ? Int64.max : parts[part + 1].rows.first.flatMap(LivingOrders.moment) ?? .max
            return before <= moment && moment <= after
        }
        guard let part = possible.randomElement(using: &generator) else { return append([row]) }
        change(part) { $0.insert(row, at: Int.random(in: 0...$0.count, using: &generator)) }
    }

    private mutating func newPart(_ rows: [[String: Cell]]) -> TestTable.Part {
        nextID += 1
        nextVersion += 1
        return TestTable.Part(identity: SegmentIdentity(id: nextID, version: nextVersion), rows: rows)
    }
}

extension TestTable.Part {
    var isAnchored: Bool { rows.first.flatMap(LivingOrders.moment) != nil }
}

extension [[String: Cell]] {
    fileprivate mutating func sortByMoment() {
        let sorted = enumerated().sorted {
            (LivingOrders.moment($0.element) ?? .max, $0.offset) < (LivingOrders.moment($1.element) ?? .max, $1.offset)
        }
        self = sorted.map(\.element)
    }
}
