import CaliberColumns
import CaliberCore

/// How rows find the segment of their anchor.
extension WideTable {
    /// The last segment whose lower bound is not above an anchor.
    func anchoredPlace(of anchor: Int64) -> Int {
        var low = 0
        var high = lowerBounds.count
        while low < high {
            let middle = (low + high) / 2
            if lowerBounds[middle] <= anchor { low = middle + 1 } else { high = middle }
        }
        return max(low - 1, 0)
    }

    /// The anchors that may stay in a segment. Equal anchors may stand on both sides of a bound.
    func anchorBounds(of segment: MutableSegment) -> ClosedRange<Int64>? {
        guard segment.isAnchored, let place = anchored.firstIndex(where: { $0 === segment }) else { return nil }
        return lowerBounds[place]...(place + 1 < lowerBounds.count ? lowerBounds[place + 1] : .max)
    }

    /// Takes rows out of their segments and puts each where its anchor belongs.
    ///
    /// - Parameter departures: rows by segment, each list ascending and distinct; their anchors are not null.
    func moveRows(_ departures: [(segment: MutableSegment, rows: [Int])]) throws {
        guard let anchorSlot = layout.anchorSlot, !departures.isEmpty else { return }
        var picks: [(anchor: Int64, pick: RowPick)] = []
        for (source, departure) in departures.enumerated() {
            try loadAll(of: departure.segment)
            for row in departure.rows {
                let anchor = departure.segment.lane(anchorSlot, row: row) ?? .min
                picks.append((anchor, RowPick(source: Int32(source), row: Int32(row))))
            }
        }
        picks.sort { $0.anchor < $1.anchor }
        let travellers = MutableSegment(id: 0, ordinal: 0, layout: layout, isAnchored: true)
        travellers.gather(picks.map(\.pick), from: departures.map(\.segment))
        for departure in departures {
            let changedRows = departure.segment.removeRows(departure.rows)
            reindex(departure.segment, rows: changedRows)
            departure.segment.touch()
        }
        try insert(travellers, anchors: picks.map(\.anchor))
    }

    /// Puts rows, sorted by anchor, into the segments of their anchors.
    private func insert(_ travellers: MutableSegment, anchors: [Int64]) throws {
        if anchored.isEmpty {
            anchored.append(try makeSegment(isAnchored: true))
            lowerBounds.append(.min)
        }
        var next = 0
        while next < anchors.count {
            let place = anchoredPlace(of: anchors[next])
            let target = anchored[place]
            try loadAll(of: target)
            guard target.rowCount < rowLimit else {
                try makeRoom(at: place, for: anchors[next])
                continue
            }
            var end = next + 1
            let endLimit = min(anchors.count, next + rowLimit - target.rowCount)
            let upper = place + 1 < lowerBounds.count ? lowerBounds[place + 1] : nil
            while end < endLimit, upper.map({ anchors[end] < $0 }) ?? true { end += 1 }
            append(next..<end, of: travellers, to: target)
            next = end
        }
    }

    private func append(_ rows: Range<Int>, of travellers: MutableSegment, to target: MutableSegment) {
        let first = target.rowCount
        target.append(rows, of: travellers)
        if let anchorSlot = layout.anchorSlot, target.isSorted {
            // Rows arrive in the order of their anchors; equal anchors are left to the sorting, which knows the keys.
            target.isSorted = isAscending(target, anchorSlot, rows: max(first - 1, 0)..<target.rowCount)
            if target.isSorted, let low = target.lane(anchorSlot, row: 0),
                let high = target.lane(anchorSlot, row: target.rowCount - 1)
            {
                target.anchors = low...high
            }
        }
        reindex(target, rows: first..<target.rowCount)
        target.lastUse = useClock
        target.touch()
    }

    private func isAscending(_ segment: MutableSegment, _ slot: Int, rows: Range<Int>) -> Bool {
        guard let anchors = segment.buffers[slot] else { return false }
        for row in rows.dropFirst() where anchors.lanes[row - 1] >= anchors.lanes[row] { return false }
        return true
    }

    /// Splits a full segment. At the right end the left part stays full, since anchors mostly grow.
    private func makeRoom(at place: Int, for anchor: Int64) throws {
        let full = anchored[place]
        settle(full)
        let isLast = place == anchored.count - 1
        let right = try makeSegment(isAnchored: true)
        if isLast, let high = full.anchors?.upperBound, anchor >= high {
            anchored.append(right)
            lowerBounds.append(anchor)
            return
        }
        let share = isLast ? full.rowCount / 16 * 15 : full.rowCount / 2
        let kept = min(max(share, 1), full.rowCount - 1)
        let rows = kept..<full.rowCount
        right.append(rows, of: full)
        _ = full.removeRows(Array(rows))
        _ = right.sort()
        _ = full.sort()
        anchored.insert(right, at: place + 1)
        lowerBounds.insert(right.anchors?.lowerBound ?? .min, at: place + 1)
        reindex(right, rows: 0..<right.rowCount)
        right.touch()
        full.touch()
    }

    /// Puts a segment's rows in order. All of its columns are in memory, or it is in order already.
    func settle(_ segment: MutableSegment) {
        guard !segment.isSorted else { return }
        if segment.sort() { reindex(segment, rows: 0..<segment.rowCount) }
    }

    /// Tells the key index where rows stand now.
    func reindex(_ segment: MutableSegment, rows: some Sequence<Int>) {
        guard let low = segment.buffers[layout.hashLowSlot], let high = segment.buffers[layout.hashHighSlot] else {
            return
        }
        for row in rows {
            let hash = KeyHash(
                low: UInt64(bitPattern: low.lanes[row]), high: UInt64(bitPattern: high.lanes[row]))
            index.set(hash, to: RowPlace(segment: segment.ordinal, row: row))
        }
    }

    /// Reads where every key's row is, once, before the first fold.
    func buildIndexIfNeeded() throws {
        guard !hasIndex else { return }
        var new = KeyIndex(rowCount: rowCount)
        for segment in liveSegments {
            let low = try hashes(layout.hashLowSlot, of: segment)
            let high = try hashes(layout.hashHighSlot, of: segment)
            for row in 0..<segment.rowCount {
                new.set(
                    KeyHash(low: UInt64(bitPattern: low.lanes[row]), high: UInt64(bitPattern: high.lanes[row])),
                    to: RowPlace(segment: segment.ordinal, row: row))
            }
        }
        index = new
        hasIndex = true
    }

    private func hashes(_ slot: Int, of segment: MutableSegment) throws -> LaneBuffer {
        if let loaded = segment.buffers[slot] { return loaded }
        guard let loader, let read = try loader.buffer(slot, of: segment.storedLine).buffer else {
            throw TablesProblem.corruptSegment(table: name, column: layout.slots[slot].name, segment: segment.id)
        }
        return read
    }
}
