import CaliberColumns
import CaliberCore
import CaliberEventLog

/// Which segment rows belong to once a batch is folded.
extension BatchFold {
    /// Puts new rows, and rows whose anchor changed, where they belong.
    func settle(_ passage: MutableSegment, _ departures: [Departure]) throws {
        var departures = departures
        var waiting = Array(0..<passage.rowCount)
        if let anchorSlot = table.layout.anchorSlot, passage.rowCount > 0 {
            let isAnchored = waiting.map { passage.lane(anchorSlot, row: $0) != nil }
            waiting = waiting.filter { !isAnchored[$0] }
            let anchored = isAnchored.indices.filter { isAnchored[$0] }
            if !waiting.isEmpty { try land(waiting, of: passage) }
            if !anchored.isEmpty { departures.append(Departure(segment: passage, rows: anchored)) }
        } else if !waiting.isEmpty {
            try land(waiting, of: passage)
        }
        try table.moveRows(departures)
    }

    /// Lets rows wait for their anchor, or stand for good in a table without one.
    private func land(_ rows: [Int], of passage: MutableSegment) throws {
        var remaining = rows.map { RowPick(source: 0, row: Int32($0)) }[...]
        while !remaining.isEmpty {
            let segment = try table.landingSegment()
            let count = min(remaining.count, table.landingRowLimit - segment.rowCount)
            table.append(remaining.prefix(count), from: [passage], to: segment)
            remaining = remaining.dropFirst(count)
        }
    }

    /// Whether a row stands in order with its neighbours. Rows of one moment stand in the order of their keys, which are
    /// then brought into memory; they are few columns, and putting rows in order takes all.
    private func isInPlace(_ row: Int, of segment: MutableSegment, _ anchors: LaneBuffer) throws -> Bool {
        for (first, second) in [(row - 1, row), (row, row + 1)] where first >= 0 && second < segment.rowCount {
            if anchors.lanes[first] > anchors.lanes[second] { return false }
            guard anchors.lanes[first] == anchors.lanes[second] else { continue }
            for slot in 0..<table.layout.keyCount { try table.load(slot, of: segment) }
            if !segment.keyPrecedes(first, second) { return false }
        }
        return true
    }

    /// The anchors of the rows that events of a run reach; nil where none of them can change.
    func anchorsBefore(_ run: FoldRun, _ segment: MutableSegment) throws -> [Int64?]? {
        guard folds.movesAnchor, segment.ordinal != KeyDirectory.passageOrdinal, let slot = table.layout.anchorSlot
        else { return nil }
        try table.load(slot, of: segment)
        return (0..<run.count).map { segment.lane(slot, row: Int(run.rows[$0])) }
    }

    /// Rows whose anchor belongs to another segment, ascending.
    ///
    /// - Parameter before: their anchors before the run, by its events. Where none changed, nothing more is read.
    func leavingRows(_ run: FoldRun, _ segment: MutableSegment, before: [Int64?]) throws -> [Int] {
        guard let slot = table.layout.anchorSlot, let anchors = segment.buffers[slot] else { return [] }
        let changed = (0..<run.count).filter { segment.lane(slot, row: Int(run.rows[$0])) != before[$0] }
        if changed.isEmpty { return [] }
        let bounds = table.anchorBounds(of: segment)
        var leaving: [Int] = []
        for index in changed {
            let row = Int(run.rows[index])
            guard anchors.validity[row] != 0 else { continue }
            let anchor = anchors.lanes[row]
            if let bounds, bounds.contains(anchor) {
                if segment.isAnchored, try !isInPlace(row, of: segment, anchors) {
                    segment.sortedRowCount = min(segment.sortedRowCount, row)
                }
            } else {
                leaving.append(row)
            }
        }
        if segment.isAnchored, segment.isSorted, segment.rowCount > 0 {
            // Rows kept their order, but the first or last may have a new anchor.
            let (first, last) = (anchors.lanes[0], anchors.lanes[segment.rowCount - 1])
            if first <= last { segment.anchors = first...last } else { segment.sortedRowCount = 0 }
        }
        // A segment whose order or bounds may change is sorted before it is read, for which all columns are needed.
        if segment.isAnchored, !segment.isSorted || !leaving.isEmpty { try table.loadAll(of: segment) }
        leaving.sort()
        return leaving.enumerated().filter { $0.offset == 0 || leaving[$0.offset - 1] != $0.element }.map(\.element)
    }
}
