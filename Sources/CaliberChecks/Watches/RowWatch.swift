import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// A watch over single rows, from one look to the next.
///
/// A look costs what changed: a segment whose rows said what they say is not read again, unless the passing of time alone
/// can change it.
package final class RowWatch {
    package let definition: WatchDefinition
    package private(set) var memory: WatchMemory
    private let zone: BusinessZone
    private let condition: RowCondition
    private let end: RowCondition?
    private let causes: [RowCondition]
    /// By how much health must have fallen since a ticket was told of it for the ticket to be told again.
    private static let worseHundredths = 100
    /// Segments that were looked at and have changed nothing since.
    private var known: Set<SegmentIdentity> = []

    /// - Parameter memory: of the looks before.
    package init(_ definition: WatchDefinition, zone: BusinessZone, memory: WatchMemory) {
        self.definition = definition
        self.memory = memory
        self.zone = zone
        condition = RowCondition(definition.condition, zone: zone)
        end = definition.end.map { RowCondition($0, zone: zone) }
        causes = definition.causes.map { RowCondition($0.condition, zone: zone) }
    }

    /// What is new since the last look, and what is over.
    package func look(at snapshot: TableSnapshot, now: Timestamp) throws -> [Finding] {
        forgetCooled(now)
        var findings: [Finding] = []
        let openKeys = memory.open.isEmpty ? nil : OpenKeys(memory.open.keys)
        var seen: Set<SegmentIdentity> = []
        for segment in snapshot.segments {
            var isSettled = !definition.dependsOnNow
            if !isSettled || !known.contains(segment.identity) {
                try look(at: segment, of: snapshot.definition, now: now, openKeys, &findings, &isSettled)
            }
            if isSettled { seen.insert(segment.identity) }
        }
        known = seen
        return findings
    }

    private func forgetCooled(_ now: Timestamp) {
        memory.cooling = memory.cooling.filter { $0.value.microseconds + definition.coolDown > now.microseconds }
    }

    private func look(
        at segment: SegmentSnapshot, of table: TableDefinition, now: Timestamp, _ openKeys: OpenKeys?,
        _ findings: inout [Finding], _ isSettled: inout Bool
    ) throws {
        let holds = try condition.mask(of: segment, now: now)
        guard openKeys != nil || holds.contains(1) else { return }
        let ends = try end?.mask(of: segment, now: now)
        let keys = try segment.column(table.key[0].name)
        let health = try definition.opensTicket ? HealthColumn(segment, table) : nil
        var masks: [[UInt8]]?
        for row in 0..<segment.rowCount {
            if holds[row] != 0 {
                guard ends?[row] != 1 else {
                    // Both at once is a slip of the declaration; what is over does not begin.
                    try close(row, keys, openKeys, segment, table, now, &findings)
                    continue
                }
                guard let key = keys.text(row) else { continue }
                if let openedAt = memory.open[key] {
                    if let health, isWorse(key, health.hundredths(row)) {
                        findings.append(
                            try finding(
                                key, row, of: segment, table, openedAt: openedAt, closedAt: nil,
                                cause: try causes.firstIndex { try $0.mask(of: segment, now: now)[row] != 0 },
                                isWorse: true))
                    }
                    continue
                }
                guard memory.cooling[key] == nil else {
                    isSettled = false
                    continue
                }
                let causeMasks = try masks ?? causes.map { try $0.mask(of: segment, now: now) }
                masks = causeMasks
                memory.open[key] = now
                memory.ticketHealth[key] = health?.hundredths(row)
                findings.append(
                    try finding(
                        key, row, of: segment, table, openedAt: now, closedAt: nil,
                        cause: causeMasks.firstIndex { $0[row] != 0 }))
            } else if end == nil || ends?[row] == 1 {
                try close(row, keys, openKeys, segment, table, now, &findings)
            }
        }
    }

    private func close(
        _ row: Int, _ keys: EncodedColumn, _ openKeys: OpenKeys?, _ segment: SegmentSnapshot,
        _ table: TableDefinition, _ now: Timestamp, _ findings: inout [Finding]
    ) throws {
        guard let openKeys, openKeys.contains(keys, row), let key = keys.text(row),
            let openedAt = memory.open.removeValue(forKey: key)
        else { return }
        memory.ticketHealth[key] = nil
        if definition.coolDown > 0 { memory.cooling[key] = now }
        findings.append(try finding(key, row, of: segment, table, openedAt: openedAt, closedAt: now, cause: nil))
    }

    /// Whether a row's ticket should hear of its health; it has when this says so.
    private func isWorse(_ key: String, _ health: Int?) -> Bool {
        guard let health else { return false }
        if let told = memory.ticketHealth[key], health > told - RowWatch.worseHundredths { return false }
        memory.ticketHealth[key] = health
        return true
    }

    private func finding(
        _ key: String, _ row: Int, of segment: SegmentSnapshot, _ table: TableDefinition, openedAt: Timestamp,
        closedAt: Timestamp?, cause: Int?, isWorse: Bool = false
    ) throws -> Finding {
        let ticket = definition.opensTicket
        let texts = RowTexts(segment: segment, table: table, zone: zone)
        let found = cause.map { definition.causes[$0] }
        var labels: [String: String] = [table.key[0].name: key]
        for name in definition.labels { labels[name] = try texts.text(name, row: row) }
        var values: [String: String] = [:]
        let named = definition.title.columns + (definition.summary?.columns ?? [])
        for name in named { values[name] = try texts.text(name, row: row) }
        let factNames = definition.facts + (found?.facts ?? []).filter { !definition.facts.contains($0) }
        return Finding(
            watch: definition, subject: key, openedAt: openedAt, closedAt: closedAt,
            title: definition.title.text { values[$0] ?? "–" },
            summary: definition.summary.map { $0.text { values[$0] ?? "–" } }, cause: found?.name,
            advice: (found?.advice ?? []) + definition.advice, labels: labels,
            facts: try factNames.compactMap { name in
                try texts.text(name, row: row).map { Finding.Fact(name: name, value: $0) }
            }, isWorse: isWorse, healthHundredths: try ticket ? HealthColumn(segment, table)?.hundredths(row) : nil,
            explanation: try ticket ? texts.text("explanation", row: row) : nil)
    }
}

/// The health of a segment's rows, where their table has one.
private struct HealthColumn {
    private let column: EncodedColumn

    init?(_ segment: SegmentSnapshot, _ table: TableDefinition) throws {
        guard let definition = table.column(named: "health"), definition.type == .number else { return nil }
        column = try segment.column("health")
    }

    /// nil for a row without a score.
    func hundredths(_ row: Int) -> Int? {
        guard let lane = column.lane(row) else { return nil }
        let health = Double(bitPattern: UInt64(bitPattern: lane))
        return health.isFinite ? Int((health * 100).rounded()) : nil
    }
}

/// The keys of what is open, to be asked for by the bytes of a segment's own strings.
private struct OpenKeys {
    private let pool = StringPool()

    init(_ keys: some Sequence<String>) {
        for key in keys { _ = pool.intern(key) }
    }

    func contains(_ keys: EncodedColumn, _ row: Int) -> Bool {
        keys.bytes(row).map { pool.code(of: $0) != nil } ?? false
    }
}

extension EncodedColumn {
    /// The string of a row of a string column; nil for null.
    func bytes(_ row: Int) -> UnsafeRawBufferPointer? {
        guard let pool, let lane = lane(row) else { return nil }
        return pool[UInt32(truncatingIfNeeded: lane)]
    }

    func text(_ row: Int) -> String? { bytes(row).map { String(decoding: $0, as: UTF8.self) } }
}
