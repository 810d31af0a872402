import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// A watch over rows in a row, from one look to the next: each group's rows are gone through once, in the order of the
/// timestamp that the streak goes by. A row that is dated before what was gone through counts no more.
package final class StreakWatch {
    package let definition: WatchDefinition
    package private(set) var memory: WatchMemory
    private let streak: WatchDefinition.Streak
    private let zone: BusinessZone
    private let condition: RowCondition
    private let end: RowCondition?
    private var known: Set<SegmentIdentity> = []

    /// nil for a watch over single rows.
    package init?(_ definition: WatchDefinition, zone: BusinessZone, memory: WatchMemory) {
        guard let streak = definition.streak else { return nil }
        self.definition = definition
        self.streak = streak
        self.memory = memory
        self.zone = zone
        condition = RowCondition(definition.condition, zone: zone)
        end = definition.end.map { RowCondition($0, zone: zone) }
    }

    private struct Step {
        let time: Int64
        /// Ties in time go by it.
        let key: String
        let group: String
        let holds: Bool
        let isOver: Bool
    }

    /// What is new since the last look, and what is over. A first look goes through all of the past, and says only what
    /// is still so at its end.
    package func look(at snapshot: TableSnapshot, now: Timestamp) throws -> [Finding] {
        let isFirst = memory.streaks.isEmpty
        var steps: [Step] = []
        for segment in snapshot.segments where definition.dependsOnNow || !known.contains(segment.identity) {
            try gather(segment, of: snapshot.definition, now: now, &steps)
        }
        known = Set(snapshot.segments.map(\.identity))
        steps.sort { ($0.time, $0.key) < ($1.time, $1.key) }
        var findings: [Finding] = []
        for step in steps { findings += take(step) }
        guard isFirst else { return findings }
        return findings.filter { $0.closedAt == nil && memory.open[$0.subject] == $0.openedAt }
    }

    private func gather(
        _ segment: SegmentSnapshot, of table: TableDefinition, now: Timestamp, _ steps: inout [Step]
    ) throws {
        let order = try segment.column(streak.order)
        let earliest = memory.streaks.values.map(\.last.microseconds).min()
        if streak.group == nil, let earliest, let bounds = order.bounds, bounds.upperBound <= earliest { return }
        var lanes = [Int64](repeating: 0, count: segment.rowCount)
        var validity = [UInt8](repeating: 0, count: segment.rowCount)
        guard segment.rowCount > 0 else { return }
        order.read(rows: 0..<segment.rowCount, into: &lanes, validity: &validity)
        let keys = TextColumn(try segment.column(table.key[0].name), rowCount: segment.rowCount)
        var groups = try streak.group.map {
            GroupColumn(TextColumn(try segment.column($0), rowCount: segment.rowCount))
        }
        let holds = try condition.mask(of: segment, now: now)
        let ends = try end?.mask(of: segment, now: now)
        let streaks = memory.streaks
        let ungrouped = streaks[""]?.last.microseconds ?? .min
        for row in 0..<segment.rowCount where validity[row] != 0 {
            // Rows without a group are in nobody's streak.
            let last = streak.group == nil ? ungrouped : groups?.last(row, streaks)
            guard let last, lanes[row] > last else { continue }
            guard let key = keys.text(row) else { continue }
            steps.append(
                Step(
                    time: lanes[row], key: key, group: groups?.name(row) ?? "", holds: holds[row] != 0,
                    isOver: ends.map { $0[row] != 0 } ?? (holds[row] == 0)))
        }
    }

    private func take(_ step: Step) -> [Finding] {
        let moment = Timestamp(microseconds: step.time)
        var state = memory.streaks[step.group] ?? WatchMemory.Streak(last: moment)
        state.last = moment
        state.count = step.holds ? state.count + 1 : 0
        state.endCount = step.isOver ? state.endCount + 1 : 0
        defer { memory.streaks[step.group] = state }
        if let openedAt = memory.open[step.group] {
            guard state.endCount >= streak.endLength else { return [] }
            memory.open[step.group] = nil
            if definition.coolDown > 0 { memory.cooling[step.group] = moment }
            return [finding(step, count: state.endCount, openedAt: openedAt, closedAt: moment)]
        }
        guard state.count >= streak.length, !isCooling(step.group, at: moment) else { return [] }
        memory.open[step.group] = moment
        return [finding(step, count: state.count, openedAt: moment, closedAt: nil)]
    }

    private func isCooling(_ group: String, at moment: Timestamp) -> Bool {
        guard let over = memory.cooling[group] else { return false }
        if moment.microseconds < over.microseconds + definition.coolDown { return true }
        memory.cooling[group] = nil
        return false
    }

    private func finding(_ step: Step, count: Int, openedAt: Timestamp, closedAt: Timestamp?) -> Finding {
        func value(_ name: String) -> String { name == "streak" ? String(count) : step.group }
        return Finding(
            watch: definition, subject: step.group, openedAt: openedAt, closedAt: closedAt,
            title: definition.title.text(value), summary: definition.summary?.text(value), cause: nil,
            advice: definition.advice,
            labels: streak.group.map { [$0: step.group] } ?? [:],
            facts: [Finding.Fact(name: "streak", value: String(count))])
    }
}

/// The groups of a segment's rows, and up to where each was gone through: both are asked for once a group, not once a row.
private struct GroupColumn {
    private let column: TextColumn
    /// By code; nil for a group that no row has had yet.
    private var lasts: [Int64?]

    init(_ column: TextColumn) {
        self.column = column
        lasts = [Int64?](repeating: nil, count: column.codeCount)
    }

    /// The last row's moment that counted in the group of a row; nil for a row without a group.
    mutating func last(_ row: Int, _ streaks: [String: WatchMemory.Streak]) -> Int64? {
        guard let code = column.code(row) else { return nil }
        if let known = lasts[code] { return known }
        let last = streaks[name(row)]?.last.microseconds ?? .min
        lasts[code] = last
        return last
    }

    func name(_ row: Int) -> String { column.text(row) ?? "" }
}
