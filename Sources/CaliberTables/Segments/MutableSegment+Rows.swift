import CaliberColumns
import CaliberCore

/// What adds, removes and orders rows. All stored columns are in memory.
extension MutableSegment {
    /// Appends the rows `range` of another segment of the table, column by column.
    func append(_ range: Range<Int>, of source: MutableSegment) {
        append(range.map { RowPick(source: 0, row: Int32($0)) }[...], from: [source])
    }

    /// Appends rows of others, column by column, in the order of `picks`.
    func append(_ picks: ArraySlice<RowPick>, from sources: [MutableSegment]) {
        let first = appendRows(picks.count)
        for slot in buffers.indices where sources.contains(where: { $0.buffers[slot] != nil }) {
            let to = appended(slot, from: first)
            let from = sources.map { $0.buffers[slot] }
            withExtendedLifetime(from) {
                let columns = from.map { ($0?.lanes, $0?.validity) }
                gather(picks, columns, to: to, at: first)
            }
            if let pool = pools[slot] {
                adoptStrings(picks, to: to, at: first, pool: pool, from: sources.map { $0.pools[slot] })
            }
        }
        reindex(first..<rowCount)
    }

    private func gather(
        _ picks: ArraySlice<RowPick>, _ columns: [(UnsafeMutablePointer<Int64>?, UnsafeMutablePointer<UInt8>?)],
        to buffer: LaneBuffer, at first: Int
    ) {
        let (toLanes, toValidity) = (buffer.lanes + first, buffer.validity + first)
        columns.withUnsafeBufferPointer { columns in
            picks.withUnsafeBufferPointer { picks in
                for row in 0..<picks.count {
                    let pick = picks[row]
                    guard case (let lanes?, let validity?) = columns[Int(pick.source)] else { continue }
                    toLanes[row] = lanes[Int(pick.row)]
                    toValidity[row] = validity[Int(pick.row)]
                }
            }
        }
    }

    /// Gives rows that were copied from others codes of this segment's pool.
    private func adoptStrings(
        _ picks: ArraySlice<RowPick>, to buffer: LaneBuffer, at first: Int, pool: StringPool,
        from sources: [StringPool?]
    ) {
        for (row, pick) in zip(first..., picks) where buffer.validity[row] != 0 {
            guard let strings = sources[Int(pick.source)] else { continue }
            buffer.lanes[row] = Int64(pool.append(strings[UInt32(truncatingIfNeeded: buffer.lanes[row])]))
        }
    }

    /// Takes rows out; the last rows fill their places.
    ///
    /// - Parameter rows: ascending, distinct.
    func removeRows(_ rows: [Int]) {
        guard let firstRemoved = rows.first else { return }
        requireAllColumns()
        var moves: [(to: Int, from: Int)] = []
        var remaining = rowCount
        for row in rows.reversed() {
            remaining -= 1
            if row != remaining { moves.append((row, remaining)) }
        }
        for slot in buffers.indices where buffers[slot] != nil {
            let buffer = writable(slot)
            for move in moves {
                buffer.lanes[move.to] = buffer.lanes[move.from]
                buffer.validity[move.to] = buffer.validity[move.from]
            }
            // Rows to come begin as all rows do.
            (buffer.lanes + remaining).update(repeating: 0, count: rows.count)
            (buffer.validity + remaining).update(
                repeating: layout.slots[slot].startsValid ? 1 : 0, count: rows.count)
        }
        rowCount = remaining
        // Even the loss of the last row changes which anchors the segment spans.
        sortedRowCount = min(sortedRowCount, firstRemoved, max(remaining - 1, 0))
        for move in moves where move.to < remaining { reindex(move.to..<move.to + 1) }
        if remaining == 0 { anchors = nil }
        for slot in isChanged.indices { isChanged[slot] = true }
    }

    /// Puts rows in the order of anchor, then key.
    ///
    /// Costs what is out of order and what stands after its place: rows that come late by a little cost little.
    func sort() {
        guard isAnchored, let anchorSlot = layout.anchorSlot, rowCount > 0, let anchor = buffers[anchorSlot] else {
            sortedRowCount = rowCount
            return
        }
        let lanes = anchor.lanes
        var ordered = max(sortedRowCount, 1)
        while ordered < rowCount, precedes(Int32(ordered - 1), Int32(ordered), lanes) { ordered += 1 }
        if ordered < rowCount {
            frozen = nil
            let late = (Int32(ordered)..<Int32(rowCount)).sorted { precedes($0, $1, lanes) }
            let first = place(of: late[0], before: ordered, lanes)
            permute(from: first, order: merged(first..<ordered, late, lanes))
            reindex(first..<rowCount)
            for slot in isChanged.indices { isChanged[slot] = true }
        }
        sortedRowCount = rowCount
        if let sorted = buffers[anchorSlot] { anchors = sorted.lanes[0]...sorted.lanes[rowCount - 1] }
    }

    /// The first of some ordered rows that a row belongs before.
    private func place(of row: Int32, before end: Int, _ anchors: UnsafeMutablePointer<Int64>) -> Int {
        var (low, high) = (0, end)
        while low < high {
            let middle = (low + high) / 2
            if precedes(row, Int32(middle), anchors) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func merged(_ rows: Range<Int>, _ late: [Int32], _ anchors: UnsafeMutablePointer<Int64>) -> [Int32] {
        var order: [Int32] = []
        order.reserveCapacity(rows.count + late.count)
        var next = 0
        for row in rows.lowerBound..<rows.upperBound {
            while next < late.count, precedes(late[next], Int32(row), anchors) {
                order.append(late[next])
                next += 1
            }
            order.append(Int32(row))
        }
        return order + late[next...]
    }

    /// Gives row `first + i` what row `order[i]` has.
    private func permute(from first: Int, order: [Int32]) {
        requireAllColumns()
        let lanes = UnsafeMutablePointer<Int64>.allocate(capacity: order.count)
        let validity = UnsafeMutablePointer<UInt8>.allocate(capacity: order.count)
        defer {
            lanes.deallocate()
            validity.deallocate()
        }
        order.withUnsafeBufferPointer { order in
            for slot in buffers.indices where buffers[slot] != nil {
                let buffer = writable(slot)
                for index in 0..<order.count {
                    lanes[index] = buffer.lanes[Int(order[index])]
                    validity[index] = buffer.validity[Int(order[index])]
                }
                (buffer.lanes + first).update(from: lanes, count: order.count)
                (buffer.validity + first).update(from: validity, count: order.count)
            }
        }
    }

    private func precedes(_ left: Int32, _ right: Int32, _ anchors: UnsafeMutablePointer<Int64>) -> Bool {
        let (first, second) = (anchors[Int(left)], anchors[Int(right)])
        return first != second ? first < second : keyPrecedes(Int(left), Int(right))
    }

    /// Whether a row's key sorts before another's. Keys are in memory.
    func keyPrecedes(_ left: Int, _ right: Int) -> Bool {
        for slot in 0..<layout.keyCount {
            guard let buffer = buffers[slot] else { continue }
            let (first, second) = (buffer.lanes[left], buffer.lanes[right])
            if let pool = pools[slot] {
                let (firstCode, secondCode) = (UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: second))
                if pool.precedes(firstCode, secondCode) { return true }
                if pool.precedes(secondCode, firstCode) { return false }
            } else if first != second {
                return first < second
            }
        }
        return false
    }
}

/// A row of one of several segments.
struct RowPick {
    let source: Int32
    let row: Int32
}
