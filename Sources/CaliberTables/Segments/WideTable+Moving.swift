import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog

/// Rows that leave a segment: ascending and distinct; their anchors are not null.
struct Departure {
    let segment: MutableSegment
    let rows: [Int]
}

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
    func moveRows(_ departures: [Departure]) throws {
        guard let anchorSlot = layout.anchorSlot, !departures.isEmpty else { return }
        for departure in departures { try loadAll(of: departure.segment) }
        let travellers = gatherAnchored(departures)
        let waiting = departures.filter { !$0.segment.isAnchored }
        let sources = waiting.map(\.segment) + [travellers]
        var picks: [(anchor: Int64, pick: RowPick)] = []
        for (source, rows) in (waiting.map(\.rows) + [Array(0..<travellers.rowCount)]).enumerated() {
            for row in rows {
                let anchor = sources[source].lane(anchorSlot, row: row) ?? .min
                picks.append((anchor, RowPick(source: Int32(source), row: Int32(row))))
            }
        }
        picks.sort { $0.anchor < $1.anchor }
        try insert(picks.map(\.pick), anchors: picks.map(\.anchor), from: sources)
        for departure in waiting {
            departure.segment.removeRows(departure.rows)
            departure.segment.touch()
        }
    }

    /// Rows that leave anchored segments stand apart while these may be split.
    private func gatherAnchored(_ departures: [Departure]) -> MutableSegment {
        let travellers = makePassage()
        for departure in departures where departure.segment.isAnchored {
            let picks = departure.rows.map { RowPick(source: 0, row: Int32($0)) }
            let first = travellers.rowCount
            travellers.append(picks[...], from: [departure.segment])
            moveKeys(first..<travellers.rowCount, of: travellers, from: departure.segment.ordinal)
            departure.segment.removeRows(departure.rows)
            departure.segment.touch()
        }
        return travellers
    }

    /// A segment for rows on their way; no snapshot sees it.
    func makePassage() -> MutableSegment {
        MutableSegment(id: 0, ordinal: KeyDirectory.passageOrdinal, layout: layout, isAnchored: false)
    }

    /// Puts rows, sorted by anchor, into the segments of their anchors.
    private func insert(_ picks: [RowPick], anchors: [Int64], from sources: [MutableSegment]) throws {
        if anchored.isEmpty {
            anchored.append(try makeSegment(isAnchored: true))
            lowerBounds.append(.min)
        }
        var next = 0
        while next < anchors.count {
            let place = anchoredPlace(of: anchors[next])
            let target = anchored[place]
            try loadAll(of: target)
            if try beginsNext(after: place, at: anchors[next]) { continue }
            guard target.rowCount < rowLimit else {
                try makeRoom(at: place)
                continue
            }
            var end = next + 1
            let isLast = place + 1 == lowerBounds.count
            let isGrowing = isLast && target.rowCount < growthLimit
            let endLimit = min(anchors.count, next + (isGrowing ? growthLimit : rowLimit) - target.rowCount)
            let upper = isGrowing ? nil : isLast ? target.anchors?.upperBound : lowerBounds[place + 1]
            while end < endLimit, upper.map({ anchors[end] < $0 }) ?? true { end += 1 }
            append(picks[next..<end], from: sources, to: target)
            next = end
        }
    }

    /// Adds rows of others to a segment that has room.
    func append(_ picks: ArraySlice<RowPick>, from sources: [MutableSegment], to target: MutableSegment) {
        let first = target.rowCount
        let isSorted = target.isSorted
        target.append(picks, from: sources)
        for (row, pick) in zip(first..., picks) {
            moveKeys(row..<row + 1, of: target, from: sources[Int(pick.source)].ordinal)
        }
        if let anchorSlot = layout.anchorSlot, target.isAnchored, isSorted {
            // Rows arrive in the order of their anchors; equal anchors are left to the sorting, which knows the keys.
            target.sortedRowCount = ascendingEnd(target, anchorSlot, from: first)
            if target.isSorted, let low = target.lane(anchorSlot, row: 0),
                let high = target.lane(anchorSlot, row: target.rowCount - 1)
            {
                target.anchors = low...high
            }
        }
        note(target)
        target.touch()
    }

    private func ascendingEnd(_ segment: MutableSegment, _ slot: Int, from first: Int) -> Int {
        guard let anchors = segment.buffers[slot]?.lanes else { return first }
        var row = max(first, 1)
        while row < segment.rowCount, anchors[row - 1] < anchors[row] { row += 1 }
        return row
    }

    /// How far the last segment grows, anchors mostly growing: what is left is for rows that come late, so that these
    /// don't split it.
    private var growthLimit: Int { rowLimit - rowLimit / 16 }

    /// Begins another segment after the last one if that has grown enough and `anchor` is not below any of it.
    private func beginsNext(after place: Int, at anchor: Int64) throws -> Bool {
        let last = anchored[place]
        guard place == anchored.count - 1, last.rowCount >= growthLimit, anchor >= last.anchors?.upperBound ?? .min
        else { return false }
        last.sort()
        guard let high = last.anchors?.upperBound, anchor >= high else { return false }
        anchored.append(try makeSegment(isAnchored: true))
        lowerBounds.append(anchor)
        return true
    }

    /// Splits a full segment. At the right end the left part stays nearly full, since anchors mostly grow.
    private func makeRoom(at place: Int) throws {
        let full = anchored[place]
        full.sort()
        let isLast = place == anchored.count - 1
        let right = try makeSegment(isAnchored: true)
        let share = isLast ? full.rowCount / 16 * 15 : full.rowCount / 2
        let kept = min(max(share, 1), full.rowCount - 1)
        let rows = kept..<full.rowCount
        right.append(rows, of: full)
        moveKeys(0..<right.rowCount, of: right, from: full.ordinal)
        full.removeRows(Array(rows))
        right.sort()
        full.sort()
        anchored.insert(right, at: place + 1)
        lowerBounds.insert(right.anchors?.lowerBound ?? .min, at: place + 1)
        note(full)
        note(right)
        right.touch()
        full.touch()
    }

    /// Tells the key index which segment rows have come to.
    private func moveKeys(_ rows: Range<Int>, of segment: MutableSegment, from ordinal: Int) {
        guard let low = segment.buffers[layout.hashLowSlot]?.lanes else { return }
        for row in rows {
            // The segment's own keys have the other half of the hash.
            index.move(KeyHash(low: UInt64(bitPattern: low[row]), high: 0), from: ordinal, to: segment.ordinal)
        }
    }

    /// Batches that give rows their anchors come first: what follows then finds rows where they stay.
    func foldingOrder(of batches: [EventBatch]) -> [EventBatch] {
        let isFirst = batches.map { layout.folds[$0.contract.name]?.movesAnchor == true }
        return zip(batches, isFirst).filter(\.1).map(\.0) + zip(batches, isFirst).filter { !$0.1 }.map(\.0)
    }
}
