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
    private var open: OpenRows
    private var cooling: CoolingRows
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
        open = OpenRows(memory)
        cooling = CoolingRows(memory.cooling, for: definition.coolDown)
        self.zone = zone
        condition = RowCondition(definition.condition, zone: zone)
        end = definition.end.map { RowCondition($0, zone: zone) }
        causes = definition.causes.map { RowCondition($0.condition, zone: zone) }
    }

    /// What is new since the last look, and what is over.
    package func look(at snapshot: TableSnapshot, now: Timestamp) throws -> [Finding] {
        cooling.forget(until: now)
        // A look has it for itself: row by row, an access that is shared would be checked each time.
        var open = OpenRows()
        swap(&open, &self.open)
        defer { swap(&open, &self.open) }
        open.forgetClosed()
        var findings: [Finding] = []
        var seen: Set<SegmentIdentity> = []
        for segment in snapshot.segments {
            var isSettled = !definition.dependsOnNow
            if !isSettled || !known.contains(segment.identity) {
                try look(at: segment, of: snapshot.definition, now: now, &open, &findings, &isSettled)
            }
            if isSettled { seen.insert(segment.identity) }
        }
        known = seen
        return findings
    }

    private func look(
        at segment: SegmentSnapshot, of table: TableDefinition, now: Timestamp, _ open: inout OpenRows,
        _ findings: inout [Finding], _ isSettled: inout Bool
    ) throws {
        let holds = try condition.mask(of: segment, now: now)
        guard !open.isEmpty || holds.contains(1) else { return }
        let ends = try end?.mask(of: segment, now: now)
        let keys = TextColumn(try segment.column(table.key[0].name), rowCount: segment.rowCount)
        let health = try definition.opensTicket ? HealthColumn(segment, table) : nil
        var texts = RowTexts(segment: segment, table: table, zone: zone)
        var masks: [[UInt8]]?
        /// The first cause that holds for a row.
        func cause(_ row: Int) throws -> Int? {
            let known = try masks ?? causes.map { try $0.mask(of: segment, now: now) }
            masks = known
            return known.firstIndex { $0[row] != 0 }
        }
        for row in 0..<segment.rowCount {
            // Both at once is a slip of the declaration; what is over does not begin.
            let isOver = ends.map { $0[row] != 0 } ?? (holds[row] == 0)
            guard holds[row] != 0 || isOver, let bytes = keys.bytes(row) else { continue }
            if let known = open.row(bytes) {
                if isOver {
                    if definition.coolDown > 0 { cooling.add(String(decoding: bytes, as: UTF8.self), at: now) }
                    findings.append(
                        try finding(row, of: &texts, health, openedAt: open.close(known), closedAt: now, cause: nil))
                } else if let hundredths = health?.hundredths(row),
                    RowWatch.isWorse(hundredths, than: open.ticketHealth(of: known))
                {
                    open.setTicketHealth(hundredths, of: known)
                    findings.append(
                        try finding(
                            row, of: &texts, health, openedAt: open.openedAt(known), closedAt: nil,
                            cause: try cause(row), isWorse: true))
                }
            } else if !isOver {
                guard !cooling.contains(bytes) else {
                    isSettled = false
                    continue
                }
                open.add(bytes, at: now, ticketHealth: health?.hundredths(row))
                findings.append(
                    try finding(row, of: &texts, health, openedAt: now, closedAt: nil, cause: try cause(row)))
            }
        }
    }

    /// Whether an open row's ticket should hear of its health.
    private static func isWorse(_ health: Int, than told: Int?) -> Bool {
        told.map { health <= $0 - worseHundredths } ?? true
    }

    private func finding(
        _ row: Int, of texts: inout RowTexts, _ health: HealthColumn?, openedAt: Timestamp, closedAt: Timestamp?,
        cause: Int?, isWorse: Bool = false
    ) throws -> Finding {
        let keyName = texts.table.key[0].name
        let key = try texts.text(keyName, row: row) ?? ""
        let found = cause.map { definition.causes[$0] }
        var labels: [String: String] = [keyName: key]
        for name in definition.labels { labels[name] = try texts.text(name, row: row) }
        var values: [String: String] = [:]
        let named = definition.title.columns + (definition.summary?.columns ?? [])
        for name in named { values[name] = try texts.text(name, row: row) }
        var facts: [Finding.Fact] = []
        for name in definition.facts + (found?.facts ?? []).filter({ !definition.facts.contains($0) }) {
            if let value = try texts.text(name, row: row) { facts.append(Finding.Fact(name: name, value: value)) }
        }
        // A ticket that is closed needs no reasons any more.
        let needsReasons = definition.opensTicket && closedAt == nil
        return Finding(
            watch: definition, subject: key, openedAt: openedAt, closedAt: closedAt,
            title: definition.title.text { values[$0] ?? "–" },
            summary: definition.summary.map { $0.text { values[$0] ?? "–" } }, cause: found?.name,
            advice: (found?.advice ?? []) + definition.advice, labels: labels, facts: facts, isWorse: isWorse,
            healthHundredths: health?.hundredths(row),
            explanation: needsReasons ? try texts.text("explanation", row: row) : nil)
    }
}

/// The health of a segment's rows, where their table has one.
private struct HealthColumn {
    private let lanes: [Int64]
    private let validity: [UInt8]

    init?(_ segment: SegmentSnapshot, _ table: TableDefinition) throws {
        guard let definition = table.column(named: "health"), definition.type == .number else { return nil }
        var lanes = [Int64](repeating: 0, count: segment.rowCount)
        var validity = [UInt8](repeating: 0, count: segment.rowCount)
        if segment.rowCount > 0 {
            try segment.column("health").read(rows: 0..<segment.rowCount, into: &lanes, validity: &validity)
        }
        self.lanes = lanes
        self.validity = validity
    }

    /// nil for a row without a score.
    func hundredths(_ row: Int) -> Int? {
        guard validity[row] != 0 else { return nil }
        let health = Double(bitPattern: UInt64(bitPattern: lanes[row]))
        return health.isFinite ? Int((health * 100).rounded()) : nil
    }
}
