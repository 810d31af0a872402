import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberScoring
import CaliberTables
import Foundation

/// An order that was scored, with what its last score said.
public struct ScoredOrder: Sendable {
    public let key: String
    public let health: Double
    public let probability: Double?
    public let scoredAt: Timestamp
    public let model: String?
    /// nil for an order that needs no review.
    public let explanation: ScoreExplanation?
}

extension Engine {
    /// The orders whose last score is the lowest.
    ///
    /// - Parameters:
    ///   - limit: how many.
    ///   - since: only those whose anchor (their payment) lies there or later; the last day that has `limit` of them when nil.
    ///   - table: where `order.scored` is folded to `health`, `scored_at`, `explanation`.
    /// - Throws: `Diagnostic` when the table has no such columns.
    public func riskiest(_ limit: Int, since: Timestamp? = nil, table: String = "orders") throws -> [ScoredOrder] {
        let snapshot = try openTables(.readOnly).snapshot(of: table)
        let columns = try ScoreColumns(snapshot.definition)
        let from = try since ?? lastBusyDay(snapshot, columns, fewest: limit)
        guard let from = from?.microseconds else { return [] }
        var worst: [(segment: Int, row: Int, health: Double)] = []
        for (index, segment) in snapshot.segments.enumerated() {
            let moments = try SegmentValues(segment, columns.anchor)
            try SegmentValues(segment, columns.health).forEach { row, value in
                guard let health = value.number, let moment = moments.value(row).integer, moment >= from else { return }
                if worst.count == limit, let last = worst.last, health >= last.health { return }
                let place = worst.firstIndex { $0.health > health } ?? worst.count
                worst.insert((index, row, health), at: place)
                if worst.count > limit { worst.removeLast() }
            }
        }
        return try worst.map { entry in
            guard let order = try columns.order(snapshot.segments[entry.segment], entry.row) else {
                preconditionFailure("an order of health \(entry.health) has no score")
            }
            return order
        }
    }
}

extension Engine {
    /// The start of the last day that so many scored orders lie in; of all days where none has so many.
    private func lastBusyDay(_ snapshot: TableSnapshot, _ columns: ScoreColumns, fewest: Int) throws -> Timestamp? {
        let zone = dictionary.settings.timeZone
        var counts: [CivilDate: Int] = [:]
        for segment in snapshot.segments {
            let anchors = try SegmentValues(segment, columns.anchor)
            try SegmentValues(segment, columns.health).forEach { row, health in
                guard health.integer != nil, let anchor = anchors.value(row).integer else { return }
                counts[zone.date(of: Timestamp(microseconds: anchor)), default: 0] += 1
            }
        }
        let days = counts.keys.sorted { $0.dayNumber < $1.dayNumber }
        return (days.last { counts[$0, default: 0] >= fewest } ?? days.first).map { zone.timestamp($0) }
    }
}

extension FrozenTables {
    /// What the last score of an order said; nil for an order that is not there or has none.
    ///
    /// - Parameter table: where `order.scored` is folded to `health`, `scored_at`, `explanation`.
    /// - Throws: `Diagnostic` when the table has no such columns.
    public func scoredOrder(_ key: String, table: String = "orders") throws -> ScoredOrder? {
        guard let snapshot = snapshots[table] else {
            throw ScoringEngineProblem.columnsMissing(table: table).diagnostic
        }
        let columns = try ScoreColumns(snapshot.definition)
        guard snapshot.definition.key.count == 1 else { return nil }
        for segment in snapshot.segments.reversed() {
            guard let row = try SegmentValues(segment, columns.key).firstRow(of: key) else { continue }
            return try columns.order(segment, row)
        }
        return nil
    }
}

/// Where a table keeps what orders were scored.
private struct ScoreColumns {
    let key: String
    /// What orders are dated by.
    let anchor: String
    let health: String
    let scoredAt: String
    let risk: String?
    let model: String?
    let explanation: String?

    init(_ table: TableDefinition) throws {
        func column(_ field: String, _ kind: FoldDefinition.Kind = .last) -> String? {
            table.columns.first { column in
                guard case .fold(let fold) = column.content, fold.contract == ScoreLines.contract, fold.kind == kind
                else { return false }
                return column.name == field
            }?.name
        }
        guard let health = column("health"), let scoredAt = column("scored_at") else {
            throw ScoringEngineProblem.columnsMissing(table: table.name).diagnostic
        }
        key = table.key[0].name
        anchor = table.anchor ?? scoredAt
        self.health = health
        self.scoredAt = scoredAt
        risk = column("risk")
        model = column("scored_by")
        explanation = column("explanation")
    }

    /// - Returns: nil for a row without a score.
    func order(_ segment: SegmentSnapshot, _ row: Int) throws -> ScoredOrder? {
        func value(_ name: String?) throws -> SegmentValues.Value? {
            try name.map { try SegmentValues(segment, $0).value(row) }
        }
        guard let health = try value(health)?.number else { return nil }
        let explanation = try value(explanation)?.text.flatMap {
            try? JSONDecoder().decode(ScoreExplanation.self, from: Data($0.utf8))
        }
        return ScoredOrder(
            key: try value(key)?.text ?? "", health: health, probability: try value(risk)?.number,
            scoredAt: Timestamp(microseconds: try value(scoredAt)?.integer ?? 0),
            model: try value(model)?.text, explanation: explanation)
    }
}

/// One column of one segment, value by value: for few rows, not for scans.
private struct SegmentValues {
    struct Value {
        let integer: Int64?
        let number: Double?
        let text: String?
    }

    private let column: EncodedColumn
    private let rowCount: Int

    init(_ segment: SegmentSnapshot, _ name: String) throws {
        column = try segment.column(name)
        rowCount = segment.rowCount
    }

    func value(_ row: Int) -> Value {
        var lane: Int64 = 0
        var validity: UInt8 = 0
        column.read(rows: row..<row + 1, into: &lane, validity: &validity)
        guard validity != 0 else { return Value(integer: nil, number: nil, text: nil) }
        if let pool = column.pool {
            return Value(integer: nil, number: nil, text: pool.string(UInt32(truncatingIfNeeded: lane)))
        }
        return Value(integer: lane, number: Double(bitPattern: UInt64(bitPattern: lane)), text: nil)
    }

    /// The row that holds a text.
    func firstRow(of text: String) -> Int? {
        guard let pool = column.pool else { return nil }
        var lanes = [Int64](repeating: 0, count: rowCount)
        var validity = [UInt8](repeating: 0, count: rowCount)
        column.read(rows: 0..<rowCount, into: &lanes, validity: &validity)
        // A pool that was read from the file has no index of its strings.
        var copy = text
        return copy.withUTF8 { wanted in
            lanes.indices.first { row in
                guard validity[row] != 0 else { return false }
                return pool[UInt32(truncatingIfNeeded: lanes[row])].elementsEqual(wanted)
            }
        }
    }

    func forEach(_ body: (Int, Value) -> Void) throws {
        for row in 0..<rowCount { body(row, value(row)) }
    }
}
