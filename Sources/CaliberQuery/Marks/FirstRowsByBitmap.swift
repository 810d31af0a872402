import CaliberColumns
import CaliberCore
import CaliberTables

/// The first rows of values that are codes of one pool, over rows that are stored in the order of their moments.
///
/// Each thread goes through a stretch of neighbouring segments with a bit for each value. A first row of a later stretch
/// is none when an earlier stretch met its value: those are taken back at the end.
struct FirstRowsByBitmap {
    private let reading: RowReading
    private let valueCount: Int
    private let parallelism: Int

    init(_ reading: RowReading, valueCount: Int, parallelism: Int) {
        self.reading = reading
        self.valueCount = valueCount
        self.parallelism = parallelism
    }

    func marks() throws -> MarkBytes {
        let marks = MarkBytes(reading)
        let stretches = self.stretches()
        let bitmaps = stretches.map { _ in ValueBitmap(valueCount: valueCount) }
        _ = try ParallelSegments.map(stretches.count, parallelism: parallelism) { stretch in
            let order = RowKeyOrder(reading)
            let codes = SegmentCodes(largest: reading.segments.map(\.rowCount).max() ?? 0, valueCount: valueCount)
            for segment in stretches[stretch] {
                try codes.read(segment, of: reading)
                bitmaps[stretch].mark(codes, into: marks.bytes[segment])
                try settleTies(codes, segment, marks.bytes[segment], order)
            }
        }
        try takeBack(marks, stretches, bitmaps)
        try settleBorders(marks)
        return marks
    }

    /// Neighbouring segments for each thread, of about as many rows.
    private func stretches() -> [Range<Int>] {
        let wanted = min(max(parallelism, 1), reading.segments.count)
        var stretches: [Range<Int>] = []
        var start = 0
        for stretch in 0..<wanted {
            let rows = reading.rowCount / wanted * (stretch + 1)
            let end =
                stretch == wanted - 1
                ? reading.segments.count
                : firstIndex(in: start..<reading.segments.count) { reading.starts[$0] >= rows }
            if end > start { stretches.append(start..<end) }
            start = end
        }
        return stretches
    }

    private func takeBack(_ marks: MarkBytes, _ stretches: [Range<Int>], _ bitmaps: [ValueBitmap]) throws {
        guard stretches.count > 1 else { return }
        // From here on a bitmap holds what all earlier stretches met.
        var met = ValueBitmap(valueCount: valueCount)
        var before: [ValueBitmap] = []
        for bitmap in bitmaps {
            before.append(met)
            met = met.joined(with: bitmap)
        }
        let later = stretches.enumerated().dropFirst().flatMap { stretch, segments in segments.map { (stretch, $0) } }
        let earlier = before
        let valueCount = valueCount
        _ = try ParallelSegments.map(later.count, parallelism: parallelism) { position in
            let (stretch, segment) = later[position]
            let codes = SegmentCodes(largest: reading.segments[segment].rowCount, valueCount: valueCount)
            try codes.read(segment, of: reading)
            earlier[stretch].takeBack(codes, from: marks.bytes[segment])
        }
    }

    // MARK: Rows of one moment

    /// Among rows of one moment and one value, the mark goes to the one whose key comes first.
    private func settleTies(
        _ codes: SegmentCodes, _ segment: Int, _ marks: UnsafeMutablePointer<UInt8>, _ order: RowKeyOrder
    ) throws {
        var row = 0
        while row + 1 < codes.count {
            guard codes.isTied[row + 1] != 0 else {
                row += 1
                continue
            }
            let start = row
            while row + 1 < codes.count, codes.isTied[row + 1] != 0 { row += 1 }
            row += 1
            guard codes.holdTwice(start..<row) else { continue }
            let rows = (start..<row).map { (code: codes.codes[$0], place: (segment: segment, row: $0)) }
            try settle(rows, order) { _ in marks }
        }
    }

    /// Runs of one moment that go on in the next segment.
    private func settleBorders(_ marks: MarkBytes) throws {
        var segment = 0
        let order = RowKeyOrder(reading)
        while segment + 1 < reading.segments.count {
            guard let end = reading.segments[segment].anchors?.upperBound,
                reading.segments[segment + 1].anchors?.lowerBound == end
            else {
                segment += 1
                continue
            }
            let first = segment
            segment += 1
            while segment + 1 < reading.segments.count, reading.segments[segment].anchors?.upperBound == end,
                reading.segments[segment + 1].anchors?.lowerBound == end
            {
                segment += 1
            }
            var rows: [(code: UInt32, place: (segment: Int, row: Int))] = []
            for place in first...segment {
                let codes = SegmentCodes(largest: reading.segments[place].rowCount, valueCount: valueCount)
                try codes.read(place, of: reading)
                let moments = try codes.rows(at: end, in: place, of: reading)
                rows += moments.map { (codes.codes[$0], (place, $0)) }
            }
            try settle(rows, order) { marks.bytes[$0] }
        }
    }

    private func settle(
        _ rows: [(code: UInt32, place: (segment: Int, row: Int))], _ order: RowKeyOrder,
        _ marks: (Int) -> UnsafeMutablePointer<UInt8>
    ) throws {
        let none = UInt32(valueCount)
        let sorted = rows.filter { $0.code != none }.sorted {
            ($0.code, $0.place.segment, $0.place.row) < ($1.code, $1.place.segment, $1.place.row)
        }
        var start = 0
        while start < sorted.count {
            var end = start + 1
            while end < sorted.count, sorted[end].code == sorted[start].code { end += 1 }
            let same = sorted[start..<end]
            start = end
            guard same.count > 1, let marked = same.first(where: { marks($0.place.segment)[$0.place.row] != 0 }) else {
                continue
            }
            var first = same[same.startIndex].place
            for candidate in same.dropFirst() where try order.precedes(candidate.place, first) {
                first = candidate.place
            }
            marks(marked.place.segment)[marked.place.row] = 0
            marks(first.segment)[first.row] = 1
        }
    }
}

/// A bit for each value, and one past them for rows that have none.
struct ValueBitmap: Sendable {
    private let words: MarkedWords
    private let valueCount: Int

    init(valueCount: Int) {
        self.valueCount = valueCount
        words = MarkedWords(count: valueCount / 64 + 1)
        // Rows without a value never are the first of it.
        words.pointer[valueCount >> 6] = 1 << (UInt64(valueCount) & 63)
    }

    /// Marks rows whose value was not met, and meets them.
    func mark(_ codes: SegmentCodes, into marks: UnsafeMutablePointer<UInt8>) {
        let words = words.pointer
        let source = codes.codes
        for row in 0..<codes.count {
            let code = source[row]
            let place = Int(code >> 6)
            let bit = UInt64(code & 63)
            let word = words[place]
            marks[row] = UInt8(truncatingIfNeeded: ~(word >> bit) & 1)
            words[place] = word | 1 << bit
        }
    }

    /// Takes the mark from rows whose value was met here.
    func takeBack(_ codes: SegmentCodes, from marks: UnsafeMutablePointer<UInt8>) {
        let words = words.pointer
        let source = codes.codes
        for row in 0..<codes.count {
            let code = source[row]
            marks[row] &= UInt8(truncatingIfNeeded: ~(words[Int(code >> 6)] >> UInt64(code & 63)) & 1)
        }
    }

    func joined(with other: ValueBitmap) -> ValueBitmap {
        let joined = ValueBitmap(valueCount: valueCount)
        for word in 0..<words.count {
            joined.words.pointer[word] = words.pointer[word] | other.words.pointer[word]
        }
        return joined
    }

    private final class MarkedWords: @unchecked Sendable {
        // Safe to share: a bitmap is written by the one thread that goes through its stretch, and read by others only
        // after that thread is done.
        let pointer: UnsafeMutablePointer<UInt64>
        let count: Int

        init(count: Int) {
            self.count = count
            pointer = .allocate(capacity: count)
            pointer.initialize(repeating: 0, count: count)
        }

        deinit { pointer.deallocate() }
    }
}

/// The values of one segment's rows as codes, and which rows count at the moment of the row before them. Reused over
/// segments; one thread's own.
final class SegmentCodes {
    /// `valueCount` where a row does not count or has no value.
    let codes: UnsafeMutablePointer<UInt32>
    let isTied: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private let valueCount: Int

    init(largest: Int, valueCount: Int) {
        self.valueCount = valueCount
        codes = .allocate(capacity: max(largest, 1))
        isTied = .allocate(capacity: max(largest, 1))
    }

    deinit {
        codes.deallocate()
        isTied.deallocate()
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

    /// Whether two of the rows may have one value; sure for few rows.
    func holdTwice(_ rows: Range<Int>) -> Bool {
        guard rows.count <= 16 else { return true }
        for row in rows.dropFirst() {
            for other in rows.lowerBound..<row where codes[other] == codes[row] { return true }
        }
        return false
    }

    /// The rows of a segment that count at one moment.
    func rows(at moment: Int64, in segment: Int, of reading: RowReading) throws -> [Int] {
        var rows: [Int] = []
        try reading.forEachChunk(of: segment) { chunk in
            guard let moments = chunk.moments else { return }
            for row in 0..<chunk.count where moments[row] == moment { rows.append(chunk.start + row) }
        }
        return rows
    }
}
