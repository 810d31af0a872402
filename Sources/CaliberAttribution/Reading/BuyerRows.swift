import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// Rows of a table by buyer and time, column by column.
struct BuyerRows {
    /// Where each buyer's rows begin; one more than buyers.
    private(set) var starts: [Int] = []
    private(set) var times: [Int64] = []
    /// The channel of a touch; of a conversion nothing.
    private(set) var channels: [UInt8] = []
    /// The value of a conversion; of a touch nothing.
    private(set) var values: [Int64] = []

    /// Rows as they are read.
    struct Gathered {
        var buyers: [Int32] = []
        var times: [Int64] = []
        var channels: [UInt8] = []
        var values: [Int64] = []
        /// Segment and row, for the keys of rows of one moment.
        var places: [Int64] = []
        var keys: [EncodedColumn] = []
        /// Of rows that name no buyer.
        var strangerTimes: [Int64] = []
        var strangerValues: [Int64] = []
    }

    init(_ gathered: Gathered, buyerCount: Int) {
        let order = BuyerRows.order(gathered, buyerCount: buyerCount, starts: &starts)
        times = order.map { gathered.times[$0] }
        channels = gathered.channels.isEmpty ? [] : order.map { gathered.channels[$0] }
        values = gathered.values.isEmpty ? [] : order.map { gathered.values[$0] }
    }

    /// By buyer, time, and the key where the moment is the same.
    private static func order(_ gathered: Gathered, buyerCount: Int, starts: inout [Int]) -> [Int] {
        starts = [Int](repeating: 0, count: buyerCount + 1)
        for buyer in gathered.buyers { starts[Int(buyer) + 1] += 1 }
        for buyer in 0..<buyerCount { starts[buyer + 1] += starts[buyer] }
        var next = starts
        var order = [Int](repeating: 0, count: gathered.buyers.count)
        for (index, buyer) in gathered.buyers.enumerated() {
            order[next[Int(buyer)]] = index
            next[Int(buyer)] += 1
        }
        for buyer in 0..<buyerCount {
            let range = starts[buyer]..<starts[buyer + 1]
            // Segments stand in the order of their anchors, so that most are sorted as they come.
            let isSorted = zip(range, range.dropFirst()).allSatisfy {
                gathered.times[order[$0]] < gathered.times[order[$1]]
            }
            if !isSorted { order[range].sort { precedes($0, $1, gathered) } }
        }
        return order
    }

    private static func precedes(_ left: Int, _ right: Int, _ gathered: Gathered) -> Bool {
        if gathered.times[left] != gathered.times[right] { return gathered.times[left] < gathered.times[right] }
        guard let first = key(left, gathered), let second = key(right, gathered) else { return left < right }
        return StringPool.precedes(first, second)
    }

    private static func key(_ index: Int, _ gathered: Gathered) -> UnsafeRawBufferPointer? {
        let place = gathered.places[index]
        let column = gathered.keys[Int(place >> 32)]
        let row = Int(place & 0xFFFF_FFFF)
        var lane: Int64 = 0
        var validity: UInt8 = 0
        column.read(rows: row..<row + 1, into: &lane, validity: &validity)
        guard validity != 0, let pool = column.pool else { return nil }
        return pool[UInt32(truncatingIfNeeded: lane)]
    }
}

/// Reads the rows of one side of an attribution out of a table's segments.
struct RowGathering {
    private let rows: AttributionDefinition.Rows
    private let buyer: RowProgram
    private let condition: RowProgram?
    private let zone: BusinessZone

    init(_ rows: AttributionDefinition.Rows, zone: BusinessZone) {
        self.rows = rows
        self.zone = zone
        buyer = RowProgram(rows.buyer, zone: zone)
        condition = rows.condition.map { RowProgram($0, zone: zone) }
    }

    /// Rows without a time are left out.
    ///
    /// - Parameter read: what else there is to know of a segment's rows: those that have a buyer, and those that have
    ///   none, in ascending order.
    func gather(
        _ snapshot: TableSnapshot, _ codes: BuyerCodes,
        _ read: (SegmentSnapshot, [Int], [Int], inout BuyerRows.Gathered) throws -> Void
    ) throws -> BuyerRows.Gathered {
        var gathered = BuyerRows.Gathered()
        for segment in snapshot.segments where segment.rowCount > 0 {
            let mask = try condition?.mask(of: segment)
            let times = try segment.column(rows.at)
            var lanes = [Int64](repeating: 0, count: segment.rowCount)
            var validity = [UInt8](repeating: 0, count: segment.rowCount)
            times.read(rows: 0..<segment.rowCount, into: &lanes, validity: &validity)
            let segmentPlace = Int64(gathered.keys.count) << 32
            var kept: [Int] = []
            kept.reserveCapacity(segment.rowCount)
            var strangers: [Int] = []
            try buyer.run(over: segment) { start, result in
                for index in 0..<result.count {
                    let row = start + index
                    guard validity[row] != 0, mask.map({ $0[row] != 0 }) ?? true else { continue }
                    guard result.validity[index] != 0, let pool = result.pool else {
                        strangers.append(row)
                        gathered.strangerTimes.append(lanes[row])
                        continue
                    }
                    kept.append(row)
                    gathered.buyers.append(codes.code(of: UInt32(truncatingIfNeeded: result.lanes[index]), in: pool))
                    gathered.times.append(lanes[row])
                    gathered.places.append(segmentPlace | Int64(row))
                }
            }
            gathered.keys.append(try segment.column(snapshot.definition.key[0].name))
            try read(segment, kept, strangers, &gathered)
        }
        return gathered
    }
}
