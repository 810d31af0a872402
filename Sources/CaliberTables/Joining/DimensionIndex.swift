import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Finds the one row of a table that a key names, or, where rows hold for spans of time, a key and a moment.
///
/// Rows are numbered through all segments of the snapshot, in their order.
package final class DimensionIndex: @unchecked Sendable {
    // Safe to share: written by `init` alone.
    package let snapshot: TableSnapshot
    /// Warnings about rows that can't be told apart; empty for a sound table.
    package let problems: [TablesProblem]
    /// The first row number of each segment, and the number of all rows.
    private let segmentStarts: [Int]
    /// The row of a key; where rows hold for spans, the number of its entity.
    private let places: KeyIndex
    private let spans: ValiditySpans?

    /// - Parameters:
    ///   - keyColumns: the table's key, or with `validity` its entity.
    ///   - validity: nil when every row holds for ever.
    /// - Throws: what reading a column throws; `TablesProblem.tooManyRows` past 2³¹ rows.
    package init(snapshot: TableSnapshot, keyColumns: [String], validity: ValidityDefinition?) throws {
        self.snapshot = snapshot
        var starts = [0]
        for segment in snapshot.segments { starts.append(starts[starts.count - 1] + segment.rowCount) }
        let rowCount = starts[starts.count - 1]
        guard rowCount <= Int(Int32.max) else {
            throw TablesProblem.tooManyRows(table: snapshot.definition.name, limit: Int(Int32.max))
        }
        segmentStarts = starts
        var places = KeyIndex(rowCount: rowCount)
        var repeated = 0
        var collector = validity.map { _ in SpanCollector() }
        for (segment, first) in zip(snapshot.segments, starts) {
            let keys = try keyColumns.map { ColumnLanes(try segment.column($0)) }
            let from = try validity.map { ColumnLanes(try segment.column($0.from)) }
            let to = try validity?.to.map { ColumnLanes(try segment.column($0)) }
            let parts = keys.map(\.part)
            var hasher = KeyHasher()
            for row in 0..<segment.rowCount {
                guard let hash = hasher.hash(parts, row: row) else { continue }
                let known = places.place(hash)
                if collector != nil, let from {
                    let entity = known.map { Int($0.bits) } ?? places.count
                    if known == nil { places.set(hash, to: RowPlace(bits: UInt64(entity))) }
                    collector?.add(entity: entity, row: first + row, from: from.lane(row), to: to.map { $0.lane(row) })
                } else if known == nil {
                    places.set(hash, to: RowPlace(bits: UInt64(first + row)))
                } else {
                    repeated += 1
                }
            }
            withExtendedLifetime(keys) {}
        }
        spans = collector.map { ValiditySpans($0, endsWithNext: validity?.to == nil) }
        self.places = places
        let name = snapshot.definition.name
        let overlaps = spans?.overlappingEntityCount ?? 0
        problems =
            (repeated > 0 ? [.duplicateKey(table: name, rowCount: repeated)] : [])
            + (overlaps > 0 ? [.overlappingValidity(table: name, entityCount: overlaps)] : [])
    }

    /// What it takes in memory.
    package var byteCount: Int { places.byteCount + segmentStarts.count * 8 + (spans?.byteCount ?? 0) }

    /// Finds a row for each of `count` keys.
    ///
    /// - Parameters:
    ///   - keys: one for each of the key columns, in their order.
    ///   - times: the moments (in the unit of the validity columns) that pick the row; not looked at without validity.
    ///   - rows: gets each row's number, or -1 where there is none or a part of the key (or the moment) is null.
    /// - Complexity: one hash per key; for a single text key, one per distinct code where codes repeat.
    package func rows(
        forKeys keys: [KeyPart], times: KeyPart? = nil, count: Int, into rows: UnsafeMutablePointer<Int32>
    ) {
        guard count > 0 else { return }
        if keys.count == 1, let pool = keys[0].pool, pool.count <= count * 2 {
            findByCode(keys[0], pool, count: count, into: rows)
        } else {
            var hasher = KeyHasher()
            for index in 0..<count { rows[index] = place(hasher.hash(keys, row: index)) }
        }
        guard let spans else { return }
        guard let times else {
            rows.update(repeating: -1, count: count)
            return
        }
        for index in 0..<count where rows[index] >= 0 {
            rows[index] =
                times.validity[index] == 0 ? -1 : spans.row(entity: Int(rows[index]), at: times.lanes[index])
        }
    }

    /// The segment of a row number, by its place in the snapshot, and the row in it.
    package func locate(_ row: Int) -> (segment: Int, row: Int) {
        precondition(row >= 0 && row < segmentStarts[segmentStarts.count - 1], "there is no row \(row)")
        var low = 0
        var high = segmentStarts.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if segmentStarts[middle] <= row { low = middle } else { high = middle }
        }
        return (low, row - segmentStarts[low])
    }

    /// The key's row, or its entity where rows hold for spans.
    @inline(__always)
    private func place(_ hash: KeyHash?) -> Int32 {
        guard let hash, let place = places.place(hash) else { return -1 }
        return Int32(truncatingIfNeeded: place.bits)
    }

    private func findByCode(
        _ key: KeyPart, _ pool: StringPool, count: Int, into rows: UnsafeMutablePointer<Int32>
    ) {
        let unknown: Int32 = -2
        let found = Scratch<Int32>(pool.count, repeating: unknown)
        var hasher = KeyHasher()
        for index in 0..<count {
            guard key.validity[index] != 0 else {
                rows[index] = -1
                continue
            }
            let code = Int(key.lanes[index])
            if found.start[code] == unknown { found.start[code] = place(hasher.hash([key], row: index)) }
            rows[index] = found.start[code]
        }
    }
}

/// A whole column as lanes.
private final class ColumnLanes {
    private let buffer: LaneBuffer
    private let pool: StringPool?

    init(_ column: EncodedColumn) {
        buffer = LaneBuffer(capacity: column.rowCount, startsValid: false)
        pool = column.pool
        column.read(rows: 0..<column.rowCount, into: buffer.lanes, validity: buffer.validity)
    }

    /// Valid as long as this is.
    var part: KeyPart {
        KeyPart(lanes: UnsafePointer(buffer.lanes), validity: UnsafePointer(buffer.validity), pool: pool)
    }

    func lane(_ row: Int) -> Int64? { buffer.validity[row] == 0 ? nil : buffer.lanes[row] }
}
