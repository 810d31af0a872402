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
        let marks = try marksBeforeBorders(collecting: false).marks
        let ties = TieSettlement(reading, valueCount: valueCount)
        for run in reading.momentRuns {
            for move in try ties.moves(over: run, isMarked: { marks.bytes[$0.segment][$0.row] != 0 }) {
                marks.bytes[move.from.segment][move.from.row] = 0
                marks.bytes[move.to.segment][move.to.row] = 1
            }
        }
        return marks
    }

    /// By segment, first rows with their values, before rows of one moment in several segments are settled.
    func firstsBeforeBorders() throws -> [SegmentFirsts] {
        let (marks, found) = try marksBeforeBorders(collecting: true)
        let reading = reading
        return try ParallelSegments.map(found.count, parallelism: parallelism) { segment in
            SegmentFirsts(found[segment], marks.bytes[segment], rowCount: reading.segments[segment].rowCount)
        }
    }

    private func marksBeforeBorders(collecting: Bool) throws -> (marks: MarkBytes, found: [FoundValues]) {
        let (reading, valueCount) = (reading, valueCount)
        let marks = MarkBytes(reading)
        let stretches = self.stretches()
        let bitmaps = stretches.map { _ in ValueBitmap(valueCount: valueCount) }
        let found = try ParallelSegments.map(stretches.count, parallelism: parallelism) { stretch in
            let ties = TieSettlement(reading, valueCount: valueCount)
            let codes = SegmentCodes(largest: reading.segments.map(\.rowCount).max() ?? 0, valueCount: valueCount)
            return try stretches[stretch].map { segment in
                try codes.read(segment, of: reading)
                var found = bitmaps[stretch].mark(
                    codes, into: marks.bytes[segment], collecting: collecting || stretch > 0)
                try ties.settle(codes, segment, marks.bytes[segment]) { found.move($0, to: $1) }
                return found
            }
        }
        try takeBack(marks, stretches, bitmaps, found)
        return (marks, Array(found.joined()))
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
