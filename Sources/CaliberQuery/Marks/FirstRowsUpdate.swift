import CaliberColumns
import CaliberTables

/// Brings kept first rows to another state of the table.
///
/// Values whose first row was in a segment that is gone or changed are nobody's for a moment. Changed segments are then
/// read in their order: each takes the values that no segment before it has, from nobody or from later segments, which
/// lose a mark. What is left are values that a segment had and no longer has, where a segment that did not change, and
/// comes before the next that has them now, may hold the first row: those segments are searched.
///
/// One thread's own.
struct FirstRowsUpdate {
    private let old: KeptFirstRows
    private let reading: RowReading
    private let basis: KeptFirstRows.Basis
    /// For each segment of the reading its place among the old ones; nil for those that are new or changed.
    private let sources: [Int?]
    /// Places in the reading of segments that are as they were.
    private let unchanged: [Int]
    /// By slot, the segment's place in the reading.
    private let positions: [Int32]
    /// By slot, how many unchanged segments come before the segment.
    private let ranks: [Int32]
    private let valueCount: Int
    private let owners: ValueOwners
    private let ties: TieSettlement
    private let codes: SegmentCodes
    private let marks: ScratchBuffer<UInt8>
    private var segments: [KeptSegment]
    /// By slot, whether values went from the segment to another.
    private var hasLost: [Bool]

    /// With more changed segments than this and a quarter of all, starting anew is faster.
    private static let fewChanges = 4

    /// nil where first rows have to be found anew: values are no longer codes of the same pool, too much changed, or
    /// segments stand in another order.
    ///
    /// - Parameter old: this update's own; of no use after it.
    init?(_ old: KeptFirstRows, to reading: RowReading, _ basis: KeptFirstRows.Basis) throws {
        guard old.basis.joins == basis.joins, reading.standsInOrder,
            ValueOwners.canNumber(segmentCount: reading.segments.count)
        else { return nil }
        let keys = reading.segments.map { KeptSegment.Key($0, until: basis.until) }
        let places = Dictionary(old.segments.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        let sources = keys.map { places[$0] }
        let changed = sources.indices.filter { sources[$0] == nil }
        let known = sources.compactMap { $0 }
        guard changed.count <= max(FirstRowsUpdate.fewChanges, keys.count / 4),
            zip(known, known.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        var valueCount = old.valueCount
        for position in changed {
            guard let pool = try reading.valueColumn(of: position)?.pool, pool.isInterned, pool.lineage == old.lineage
            else { return nil }
            valueCount = max(valueCount, pool.count)
        }
        self.old = old
        self.reading = reading
        self.basis = basis
        self.sources = sources
        unchanged = sources.indices.filter { sources[$0] != nil }
        self.valueCount = valueCount
        segments = FirstRowsUpdate.segments(keys, sources, old)
        (positions, ranks) = FirstRowsUpdate.places(of: segments, sources)
        hasLost = .init(repeating: false, count: positions.count)
        owners = FirstRowsUpdate.owners(of: old, valueCount: valueCount)
        ties = TieSettlement(reading, valueCount: valueCount)
        let largest = reading.segments.map(\.rowCount).max() ?? 0
        codes = SegmentCodes(largest: largest, valueCount: valueCount)
        marks = ScratchBuffer(uninitializedCount: largest + 8)
    }

    /// The old segments that are still there, and empty ones in place of those that changed, in slots that are free.
    private static func segments(_ keys: [KeptSegment.Key], _ sources: [Int?], _ old: KeptFirstRows) -> [KeptSegment] {
        let taken = Set(sources.compactMap { $0.map { old.segments[$0].slot } })
        var slot = ValueOwners.firstSlot
        return zip(keys, sources).map { key, source in
            if let source { return old.segments[source] }
            while taken.contains(slot) { slot += 1 }
            defer { slot += 1 }
            return KeptSegment(key, SegmentFirsts(), slot: slot)
        }
    }

    private static func places(
        of segments: [KeptSegment], _ sources: [Int?]
    ) -> (positions: [Int32], ranks: [Int32]) {
        let slotCount = Int(max(segments.map(\.slot).max() ?? 0, ValueOwners.firstSlot)) + 1
        var positions = [Int32](repeating: .max, count: slotCount)
        var ranks = positions
        positions[Int(ValueOwners.absent)] = -1
        ranks[Int(ValueOwners.absent)] = -1
        var rank: Int32 = 0
        for (position, segment) in segments.enumerated() {
            positions[Int(segment.slot)] = Int32(clamping: position)
            ranks[Int(segment.slot)] = rank
            if sources[position] != nil { rank += 1 }
        }
        return (positions, ranks)
    }

    private static func owners(of old: KeptFirstRows, valueCount: Int) -> ValueOwners {
        if let known = old.owners {
            known.grow(to: valueCount)
            return known
        }
        let owners = ValueOwners(valueCount: valueCount)
        for segment in old.segments { owners.setOwner(of: segment.firsts.codes, to: segment.slot) }
        return owners
    }

    /// nil where first rows have to be found anew.
    mutating func run() throws -> KeptFirstRows? {
        let gone = self.gone
        for (segment, _) in gone { owners.setOwner(of: segment.firsts.codes, to: ValueOwners.nobody) }
        for position in sources.indices where sources[position] == nil { try readChanged(position) }
        dropLostValues()
        var lost: [UInt32] = []
        var firstRank = Int32.max
        for (segment, rank) in gone {
            let missing = segment.firsts.codes.filter { self.rank(ofOwnerOf: $0) > rank }
            if !missing.isEmpty { firstRank = min(firstRank, rank) }
            lost += missing
        }
        guard try search(for: lost, from: firstRank) else { return nil }
        dropLostValues()
        return try KeptFirstRows(
            segments, of: reading, lineage: old.lineage, valueCount: valueCount, owners: owners,
            knownMoves: old.moves, basis)
    }

    /// Segments that are no more as they were, each with the number of unchanged ones before it.
    private var gone: [(segment: KeptSegment, rank: Int32)] {
        let known = Set(sources.compactMap { $0 })
        var rank: Int32 = 0
        var gone: [(segment: KeptSegment, rank: Int32)] = []
        for (place, segment) in old.segments.enumerated() {
            if known.contains(place) { rank += 1 } else { gone.append((segment, rank)) }
        }
        return gone
    }

    private func rank(ofOwnerOf code: UInt32) -> Int32 { ranks[Int(owners.slots[Int(code)])] }

    /// Gives a changed segment the values that no segment before it has.
    private mutating func readChanged(_ position: Int) throws {
        try codes.read(position, of: reading)
        let slot = segments[position].slot
        let here = Int32(clamping: position)
        let (count, source, owned, marks) = (codes.count, codes.codes, owners.slots, marks.pointer)
        positions.withUnsafeBufferPointer { positions in
            hasLost.withUnsafeMutableBufferPointer { hasLost in
                for row in 0..<count {
                    let code = Int(source[row])
                    let owner = Int(owned[code])
                    let isFirst = positions[owner] > here
                    marks[row] = isFirst ? 1 : 0
                    if isFirst {
                        hasLost[owner] = true
                        owned[code] = slot
                    }
                }
            }
        }
        try ties.settle(codes, position, marks)
        segments[position].setFirsts(SegmentFirsts(codes, marks))
    }

    private mutating func dropLostValues() {
        for position in segments.indices where hasLost[Int(segments[position].slot)] {
            var firsts = segments[position].firsts
            firsts.dropValues(notOf: segments[position].slot, owners)
            segments[position].setFirsts(firsts)
            hasLost[Int(segments[position].slot)] = false
        }
    }

    // MARK: Values that a segment had and no longer has

    /// Looks in unchanged segments for the first rows of values.
    ///
    /// - Parameters:
    ///   - first: the number of unchanged segments that can't hold any of them.
    /// - Returns: false where a segment's codes mean something else.
    private mutating func search(for values: [UInt32], from first: Int32) throws -> Bool {
        if values.isEmpty { return true }
        var left = values
        var isWanted = [Bool](repeating: false, count: valueCount + 1)
        for value in values { isWanted[Int(value)] = true }
        for rank in Int(first)..<max(unchanged.count, Int(first)) {
            left.removeAll { value in
                let isDone = self.rank(ofOwnerOf: value) <= rank
                if isDone { isWanted[Int(value)] = false }
                return isDone
            }
            if left.isEmpty { return true }
            let position = unchanged[rank]
            guard let column = try reading.valueColumn(of: position), let pool = column.pool,
                pool.lineage == old.lineage, pool.count <= valueCount
            else { return false }
            if codes.mayHold(left, in: column) { try take(isWanted, rank: rank, at: position) }
        }
        return true
    }

    /// Gives an unchanged segment the wanted values that it holds and no segment before it has.
    private mutating func take(_ isWanted: [Bool], rank: Int, at position: Int) throws {
        try codes.read(position, of: reading)
        let slot = segments[position].slot
        var rows: [Int] = []
        for row in 0..<codes.count where isWanted[Int(codes.codes[row])] {
            let code = Int(codes.codes[row])
            guard ranks[Int(owners.slots[code])] > Int32(clamping: rank) else { continue }
            hasLost[Int(owners.slots[code])] = true
            owners.slots[code] = slot
            rows.append(row)
        }
        if rows.isEmpty { return }
        segments[position].firsts.marks.expandBits(count: codes.count, into: marks.pointer)
        for row in rows { marks[row] = 1 }
        try ties.settle(codes, position, marks.pointer)
        segments[position].setFirsts(SegmentFirsts(codes, marks.pointer))
    }
}

extension SegmentCodes {
    /// Whether a column may hold one of some values; sure for few of them. What was read before is gone.
    fileprivate func mayHold(_ values: [UInt32], in column: EncodedColumn) -> Bool {
        guard let bounds = column.bounds, values.contains(where: { bounds.contains(Int64($0)) }) else { return false }
        guard values.count <= 4, column.scale == 1, let base = UInt32(exactly: column.base) else { return true }
        StoredValues(column: column, rows: 0..<column.rowCount).codes(offset: base, into: codes)
        var isHeld = false
        for value in values {
            var found: UInt32 = 0
            for row in 0..<column.rowCount { found |= codes[row] == value ? 1 : 0 }
            isHeld = isHeld || found != 0
        }
        return isHeld
    }
}
