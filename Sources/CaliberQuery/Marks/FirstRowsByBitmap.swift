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
        let (reading, valueCount) = (reading, valueCount)
        let marks = MarkBytes(reading)
        let stretches = self.stretches()
        let bitmaps = stretches.map { _ in ValueBitmap(valueCount: valueCount) }
        let found = try ParallelSegments.map(stretches.count, parallelism: parallelism) { stretch in
            let order = RowKeyOrder(reading)
            let codes = SegmentCodes(largest: reading.segments.map(\.rowCount).max() ?? 0, valueCount: valueCount)
            return try stretches[stretch].map { segment in
                try codes.read(segment, of: reading)
                var found = bitmaps[stretch].mark(codes, into: marks.bytes[segment], collecting: stretch > 0)
                try settleTies(codes, segment, marks.bytes[segment], order) { found.move($0, to: $1) }
                return found
            }
        }
        try takeBack(marks, stretches, bitmaps, found)
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

    private func takeBack(
        _ marks: MarkBytes, _ stretches: [Range<Int>], _ bitmaps: [ValueBitmap], _ found: [[FoundValues]]
    ) throws {
        guard var met = bitmaps.first else { return }
        for stretch in stretches.indices.dropFirst() {
            let earlier = met
            let segments = stretches[stretch]
            _ = try ParallelSegments.map(segments.count, parallelism: parallelism) { position in
                earlier.takeBack(
                    found[stretch][position], from: marks.bytes[segments.lowerBound + position])
            }
            met = met.joined(with: bitmaps[stretch])
        }
    }

    // MARK: Rows of one moment

    /// Among rows of one moment and one value, the mark goes to the one whose key comes first.
    private func settleTies(
        _ codes: SegmentCodes, _ segment: Int, _ marks: UnsafeMutablePointer<UInt8>, _ order: RowKeyOrder,
        moved: (Int, Int) -> Void
    ) throws {
        codes.findRuns()
        var row = 0
        while let suspect = codes.nextSuspect(from: row) {
            var start = suspect
            while start > 0, codes.isTied[start] != 0 { start -= 1 }
            row = suspect + 1
            while row < codes.count, codes.isTied[row] != 0 { row += 1 }
            guard codes.holdTwice(start..<row) else { continue }
            let rows = (start..<row).map { (code: codes.codes[$0], place: (segment: segment, row: $0)) }
            try settle(rows, order, moved: { moved($0.row, $1.row) }) { _ in marks }
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
            try settle(rows, order, moved: { _, _ in }) { marks.bytes[$0] }
        }
    }

    private func settle(
        _ rows: [(code: UInt32, place: (segment: Int, row: Int))], _ order: RowKeyOrder,
        moved: ((segment: Int, row: Int), (segment: Int, row: Int)) -> Void,
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
            guard first != marked.place else { continue }
            marks(marked.place.segment)[marked.place.row] = 0
            marks(first.segment)[first.row] = 1
            moved(marked.place, first)
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
    ///
    /// - Parameter collecting: the marked rows are also listed.
    func mark(_ codes: SegmentCodes, into marks: UnsafeMutablePointer<UInt8>, collecting: Bool) -> FoundValues {
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
        return collecting ? FoundValues(codes, marks) : FoundValues()
    }

    /// Takes the mark from rows whose value was met here.
    func takeBack(_ found: FoundValues, from marks: UnsafeMutablePointer<UInt8>) {
        let words = words.pointer
        for (row, code) in zip(found.rows, found.codes) {
            marks[Int(row)] &= UInt8(truncatingIfNeeded: ~(words[Int(code >> 6)] >> UInt64(code & 63)) & 1)
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
