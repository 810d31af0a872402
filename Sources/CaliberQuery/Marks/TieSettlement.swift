import CaliberColumns
import CaliberTables

/// A mark that goes from one row to another of its value and moment.
struct MarkMove: Sendable {
    let from: (segment: Int, row: Int)
    let to: (segment: Int, row: Int)
}

/// Among rows of one moment and one value, the mark goes to the one whose key comes first.
struct TieSettlement {
    private let reading: RowReading
    private let order: RowKeyOrder
    private let valueCount: Int

    init(_ reading: RowReading, valueCount: Int) {
        self.reading = reading
        self.valueCount = valueCount
        order = RowKeyOrder(reading)
    }

    /// Settles the rows of one segment.
    ///
    /// - Parameter moved: told the row that lost its mark and the row that got it.
    func settle(
        _ codes: SegmentCodes, _ segment: Int, _ marks: UnsafeMutablePointer<UInt8>,
        moved: (Int, Int) -> Void = { _, _ in }
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
            for move in try moves(among: rows, isMarked: { marks[$0.row] != 0 }) {
                marks[move.from.row] = 0
                marks[move.to.row] = 1
                moved(move.from.row, move.to.row)
            }
        }
    }

    /// What settling a run of one moment over several segments moves.
    func moves(
        over run: MomentRun, isMarked: ((segment: Int, row: Int)) -> Bool
    ) throws -> [MarkMove] {
        var rows: [(code: UInt32, place: (segment: Int, row: Int))] = []
        for segment in run.segments {
            let held = try reading.rows(at: run.moment, in: segment)
            try reading.forEachChunk(of: segment, rows: held) { chunk in
                guard let moments = chunk.moments, let values = chunk.values.first else { return }
                for row in 0..<chunk.count
                where moments[row] == run.moment && chunk.selected[row] & values.validity[row] != 0 {
                    rows.append((UInt32(truncatingIfNeeded: values.lanes[row]), (segment, chunk.start + row)))
                }
            }
        }
        return try moves(among: rows, isMarked: isMarked)
    }

    private func moves(
        among rows: [(code: UInt32, place: (segment: Int, row: Int))], isMarked: ((segment: Int, row: Int)) -> Bool
    ) throws -> [MarkMove] {
        let none = UInt32(valueCount)
        let sorted = rows.filter { $0.code != none }.sorted {
            ($0.code, $0.place.segment, $0.place.row) < ($1.code, $1.place.segment, $1.place.row)
        }
        var moves: [MarkMove] = []
        var start = 0
        while start < sorted.count {
            var end = start + 1
            while end < sorted.count, sorted[end].code == sorted[start].code { end += 1 }
            let same = sorted[start..<end]
            start = end
            guard same.count > 1, let marked = same.first(where: { isMarked($0.place) })?.place else { continue }
            var first = same[same.startIndex].place
            for candidate in same.dropFirst() where try order.precedes(candidate.place, first) {
                first = candidate.place
            }
            if first != marked { moves.append(MarkMove(from: marked, to: first)) }
        }
        return moves
    }
}

/// Neighbouring segments, of each of which the last moment is the first of the next.
struct MomentRun {
    let segments: ClosedRange<Int>
    let moment: Int64
}

extension RowReading {
    /// Runs of one moment that go on in the next segment.
    var momentRuns: [MomentRun] {
        var runs: [MomentRun] = []
        var segment = 0
        while segment + 1 < segments.count {
            guard let moment = segments[segment].anchors?.upperBound,
                segments[segment + 1].anchors?.lowerBound == moment
            else {
                segment += 1
                continue
            }
            let first = segment
            segment += 1
            while segment + 1 < segments.count, segments[segment].anchors?.upperBound == moment,
                segments[segment + 1].anchors?.lowerBound == moment
            {
                segment += 1
            }
            runs.append(MomentRun(segments: first...segment, moment: moment))
        }
        return runs
    }
}
