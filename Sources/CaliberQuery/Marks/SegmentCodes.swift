import CaliberColumns
import CaliberTables

/// The values of one segment's rows as codes, and which rows count at the moment of the row before them. Reused over
/// segments; one thread's own.
final class SegmentCodes {
    /// `valueCount` where a row does not count or has no value.
    let codes: UnsafeMutablePointer<UInt32>
    let isTied: UnsafeMutablePointer<UInt8>
    /// Rows that may have the value of another row of their moment.
    private let isSuspect: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private let valueCount: Int

    init(largest: Int, valueCount: Int) {
        self.valueCount = valueCount
        codes = .allocate(capacity: max(largest, 1))
        isTied = .allocate(capacity: max(largest, 1))
        isSuspect = .allocate(capacity: max(largest, 1))
    }

    deinit {
        codes.deallocate()
        isTied.deallocate()
        isSuspect.deallocate()
    }

    func read(_ segment: Int, of reading: RowReading) throws {
        count = reading.segments[segment].rowCount
        let none = Int64(valueCount)
        var last = Int64.min
        try reading.forEachChunk(of: segment) { chunk in
            guard let moments = chunk.moments, let values = chunk.values.first else { return }
            let codes = codes + chunk.start
            for row in 0..<chunk.count {
                let counts = 0 &- Int64(chunk.selected[row] & values.validity[row])
                codes[row] = UInt32(truncatingIfNeeded: (values.lanes[row] & counts) | (none & ~counts))
            }
            let isTied = isTied + chunk.start
            isTied[0] = chunk.start > 0 && moments[0] == last ? 1 : 0
            for row in 1..<max(chunk.count, 1) { isTied[row] = moments[row] == moments[row - 1] ? 1 : 0 }
            last = moments[chunk.count - 1]
        }
    }

    /// Finds rows with the value and the moment of the row before, and those that are the third of a moment or later: no
    /// other row can have the value and the moment of an earlier one.
    func findRuns() {
        let (codes, isTied, isSuspect) = (codes, isTied, isSuspect)
        if count > 0 { isSuspect[0] = 0 }
        for row in 1..<max(count, 1) {
            isSuspect[row] = isTied[row] & ((codes[row] == codes[row - 1] ? 1 : 0) | isTied[row - 1])
        }
    }

    func nextSuspect(from start: Int) -> Int? {
        var row = start
        while row < count {
            if row + 8 <= count, UnsafeRawPointer(isSuspect + row).loadUnaligned(as: UInt64.self) == 0 {
                row += 8
            } else if isSuspect[row] == 0 {
                row += 1
            } else {
                return row
            }
        }
        return nil
    }

    /// Whether two of the rows may have one value; sure for few rows.
    func holdTwice(_ rows: Range<Int>) -> Bool {
        guard rows.count <= 16 else { return true }
        for row in rows.dropFirst() {
            for other in rows.lowerBound..<row where codes[other] == codes[row] { return true }
        }
        return false
    }
}

/// Rows that were marked, with their values as codes.
struct FoundValues: Sendable {
    private(set) var rows: [UInt32] = []
    private(set) var codes: [UInt32] = []

    init() {}

    init(_ segment: SegmentCodes, _ marks: UnsafePointer<UInt8>) {
        var count = 0
        for row in 0..<segment.count { count += Int(marks[row]) }
        let total = count
        // One place more than there are: what stands there last is a row that is not marked.
        rows = [UInt32](unsafeUninitializedCapacity: total + 1) { buffer, initialized in
            var next = 0
            for row in 0..<segment.count {
                buffer[next] = UInt32(truncatingIfNeeded: row)
                next += Int(marks[row])
            }
            initialized = total
        }
        codes = rows.map { segment.codes[Int($0)] }
    }

    /// The mark of one row goes to another of the same value.
    mutating func move(_ row: Int, to other: Int) {
        // Rows that moved are out of order, so the search is along all of them; moves are few.
        if let place = rows.firstIndex(of: UInt32(truncatingIfNeeded: row)) {
            rows[place] = UInt32(truncatingIfNeeded: other)
        }
    }
}
