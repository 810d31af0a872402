import CaliberColumns
import CaliberTables
import Synchronization

/// The first rows of values as the last query left them, for the next to go on from: what a segment's change does to the
/// marks of others is small, and found without reading the others.
///
/// A value, but for the owners of values, which belong to the query that takes it out of the cache to bring it to
/// another state of the table.
struct KeptFirstRows: Sendable {
    /// What first rows are true of, the table's own rows apart.
    struct Basis: Sendable {
        /// Rows from here on are left out.
        let until: Int64?
        /// The state of joined tables.
        let joins: String
    }

    let basis: Basis
    /// Of the pool that values are codes of: codes mean the same as long as it is the same.
    let lineage: UInt64
    let valueCount: Int
    /// In their order.
    let segments: [KeptSegment]
    /// What settling runs of one moment over several segments moved, by the numbers of their `firsts`; segments counted
    /// from the first of the run.
    let moves: [[Int64]: [MarkMove]]
    /// Made at the first change, so that a query that is asked once does without.
    let owners: ValueOwners?

    /// - Parameter segments: with first rows before borders are settled.
    init(
        _ segments: [KeptSegment], of reading: RowReading, lineage: UInt64, valueCount: Int, owners: ValueOwners?,
        knownMoves: [[Int64]: [MarkMove]], _ basis: Basis
    ) throws {
        var segments = segments
        let ties = TieSettlement(reading, valueCount: valueCount)
        var moves: [[Int64]: [MarkMove]] = [:]
        var movesBySegment: [Int: [(row: Int, isMarked: Bool)]] = [:]
        for run in reading.momentRuns {
            let first = run.segments.lowerBound
            let key = run.segments.map { segments[$0].firstsNumber }
            let found =
                try knownMoves[key]
                ?? ties.moves(over: run) { segments[$0.segment].firsts.isMarked($0.row) }.map { $0.shifted(by: -first) }
            moves[key] = found
            for move in found {
                movesBySegment[first + move.from.segment, default: []].append((move.from.row, false))
                movesBySegment[first + move.to.segment, default: []].append((move.to.row, true))
            }
        }
        for position in segments.indices { segments[position].settle(movesBySegment[position] ?? []) }
        self.basis = basis
        self.lineage = lineage
        self.valueCount = valueCount
        self.segments = segments
        self.moves = moves
        self.owners = owners
    }

    init(_ firsts: [SegmentFirsts], of reading: RowReading, pool: StringPool, _ basis: Basis) throws {
        let segments = firsts.enumerated().map { position, firsts in
            KeptSegment(
                KeptSegment.Key(reading.segments[position], until: basis.until), firsts,
                slot: ValueOwners.firstSlot + UInt16(clamping: position))
        }
        try self.init(
            segments, of: reading, lineage: pool.lineage, valueCount: pool.count, owners: nil, knownMoves: [:], basis)
    }

    /// Whether these are the first rows of just these segments.
    func isOf(_ others: [SegmentSnapshot], _ basis: Basis) -> Bool {
        self.basis.joins == basis.joins && segments.count == others.count
            && zip(segments, others).allSatisfy { $0.key == KeptSegment.Key($1, until: basis.until) }
    }

    /// What it takes in memory, the owners of values included even before there are any.
    var byteCount: Int {
        segments.reduce(0) { $0 + $1.byteCount } + ValueOwners.byteCount(valueCount: valueCount)
            + moves.reduce(0) { $0 + 128 + $1.value.count * 32 }
    }
}

/// The first rows of one segment, as part of those of all.
struct KeptSegment: Sendable {
    /// Which rows of which segment.
    struct Key: Hashable, Sendable {
        let identity: SegmentIdentity
        /// Where rows are left out within the segment; nil where it counts whole.
        let until: Int64?

        init(_ segment: SegmentSnapshot, until: Int64?) {
            identity = segment.identity
            self.until = until.flatMap { until in (segment.anchors?.upperBound ?? until) >= until ? until : nil }
        }
    }

    let key: Key
    /// By which owners of values know it.
    let slot: UInt16
    /// Before rows of one moment in several segments are settled.
    private(set) var firsts: SegmentFirsts
    /// Another whenever the segment's rows or `firsts` change.
    private(set) var firstsNumber: Int64
    /// A bit for each row: what a scan sees.
    private(set) var marks: [UInt64] = []
    /// Another whenever the segment's rows or `marks` change; 0 as long as there are none.
    private var number: Int64 = 0

    init(_ key: Key, _ firsts: SegmentFirsts, slot: UInt16) {
        self.key = key
        self.slot = slot
        self.firsts = firsts
        firstsNumber = KeptSegment.nextNumber()
    }

    /// Which rows with which marks, for contributions that are kept. No set of tables has its epoch, so it is never taken
    /// for a segment without marks.
    var identity: SegmentIdentity { SegmentIdentity(id: key.identity.id, version: number, epoch: .max) }

    /// Of a segment with marks that are not known: nothing is kept by it.
    static func identityOfUnknown(_ identity: SegmentIdentity) -> SegmentIdentity {
        SegmentIdentity(id: identity.id, version: 0, epoch: .max)
    }

    var byteCount: Int { firsts.byteCount + marks.count * 8 + 256 }

    mutating func setFirsts(_ new: SegmentFirsts) {
        firsts = new
        firstsNumber = KeptSegment.nextNumber()
    }

    /// Takes over what settling borders moved.
    fileprivate mutating func settle(_ moves: [(row: Int, isMarked: Bool)]) {
        var new = firsts.marks
        for (row, isMarked) in moves {
            let bit: UInt64 = 1 << UInt64(row & 63)
            if isMarked { new[row >> 6] |= bit } else { new[row >> 6] &= ~bit }
        }
        if number != 0, new == marks { return }
        marks = new
        number = KeptSegment.nextNumber()
    }

    /// Of the whole process: no two states of marks ever have one number.
    private static let numbers = Atomic<Int64>(0)

    private static func nextNumber() -> Int64 { numbers.add(1, ordering: .relaxed).newValue }
}

extension MarkMove {
    fileprivate func shifted(by distance: Int) -> MarkMove {
        MarkMove(
            from: (from.segment + distance, from.row), to: (to.segment + distance, to.row))
    }
}
