import CaliberColumns
import CaliberCore

/// What adds, removes and orders rows. All stored columns are in memory.
extension MutableSegment {
    /// Adds rows that no event has given a value yet, and says where they begin.
    func appendRows(_ count: Int) -> Int {
        let first = rowCount
        let newCount = first + count
        for slot in buffers.indices where buffers[slot] != nil {
            let buffer = writable(slot, rowCapacity: newCount)
            (buffer.lanes + first).update(repeating: 0, count: count)
            (buffer.validity + first).update(repeating: layout.slots[slot].startsValid ? 1 : 0, count: count)
        }
        rowCount = newCount
        markAllChanged()
        return first
    }

    /// Appends the rows `range` of another segment of the table, column by column.
    func append(_ range: Range<Int>, of source: MutableSegment) {
        let first = appendRows(range.count)
        for slot in buffers.indices {
            guard let from = source.buffers[slot] else { continue }
            let to = writable(slot)
            (to.lanes + first).update(from: from.lanes + range.lowerBound, count: range.count)
            (to.validity + first).update(from: from.validity + range.lowerBound, count: range.count)
            if layout.slots[slot].strings == .segment {
                adoptStrings(slot, rows: first..<rowCount, from: source.pools[slot])
            }
        }
    }

    /// Fills this empty segment with rows of others: row `i` is `picks[i]`.
    func gather(_ picks: [RowPick], from sources: [MutableSegment]) {
        _ = appendRows(picks.count)
        for slot in buffers.indices where sources.contains(where: { $0.buffers[slot] != nil }) {
            let to = writable(slot)
            let from = sources.map { $0.buffers[slot] }
            withExtendedLifetime(from) {
                let lanes = from.map { $0?.lanes }
                let validity = from.map { $0?.validity }
                for (row, pick) in picks.enumerated() {
                    guard let lane = lanes[Int(pick.source)], let valid = validity[Int(pick.source)] else { continue }
                    to.lanes[row] = lane[Int(pick.row)]
                    to.validity[row] = valid[Int(pick.row)]
                }
            }
            if let pool = pools[slot] { gatherStrings(picks, to: to, pool: pool, from: sources.map { $0.pools[slot] }) }
        }
    }

    /// Gives gathered rows codes of this segment's pool.
    private func gatherStrings(_ picks: [RowPick], to buffer: LaneBuffer, pool: StringPool, from sources: [StringPool?])
    {
        for (row, pick) in picks.enumerated() where buffer.validity[row] != 0 {
            guard let strings = sources[Int(pick.source)] else { continue }
            buffer.lanes[row] = Int64(pool.append(strings[UInt32(truncatingIfNeeded: buffer.lanes[row])]))
        }
    }

    /// Gives rows that were copied from another segment codes of this one's pool.
    private func adoptStrings(_ slot: Int, rows: Range<Int>, from source: StringPool?) {
        guard let pool = pools[slot], let source, let buffer = buffers[slot] else { return }
        for row in rows where buffer.validity[row] != 0 {
            buffer.lanes[row] = Int64(pool.append(source[UInt32(truncatingIfNeeded: buffer.lanes[row])]))
        }
    }

    /// Takes rows out; the last rows fill their places.
    ///
    /// - Parameter rows: ascending, distinct.
    /// - Returns: the rows that now hold another row.
    func removeRows(_ rows: [Int]) -> [Int] {
        var moves: [(to: Int, from: Int)] = []
        var remaining = rowCount
        for row in rows.reversed() {
            remaining -= 1
            if row != remaining { moves.append((row, remaining)) }
        }
        // Even the loss of the last row changes which anchors the segment spans.
        isSorted = false
        if !moves.isEmpty {
            for slot in buffers.indices where buffers[slot] != nil {
                let buffer = writable(slot)
                for move in moves {
                    buffer.lanes[move.to] = buffer.lanes[move.from]
                    buffer.validity[move.to] = buffer.validity[move.from]
                }
            }
        }
        rowCount = remaining
        if remaining == 0 {
            isSorted = true
            anchors = nil
        }
        markAllChanged()
        return moves.map(\.to).filter { $0 < remaining }
    }

    /// Puts rows in the order of anchor, then key.
    ///
    /// - Returns: whether rows changed places.
    func sort() -> Bool {
        guard isAnchored, let anchorSlot = layout.anchorSlot, rowCount > 0, let anchor = buffers[anchorSlot] else {
            isSorted = true
            return false
        }
        let lanes = anchor.lanes
        var order = (0..<Int32(rowCount)).map { $0 }
        var isOrdered = true
        for row in 1..<max(rowCount, 1) where !precedes(Int32(row - 1), Int32(row), lanes) {
            isOrdered = false
            break
        }
        if !isOrdered {
            frozen = nil
            order.sort { precedes($0, $1, lanes) }
            for slot in buffers.indices {
                guard let buffer = buffers[slot] else { continue }
                buffers[slot] = buffer.permuted(by: order, startsValid: layout.slots[slot].startsValid)
            }
            markAllChanged()
        }
        isSorted = true
        if let sorted = buffers[anchorSlot] { anchors = sorted.lanes[0]...sorted.lanes[rowCount - 1] }
        return !isOrdered
    }

    private func precedes(_ left: Int32, _ right: Int32, _ anchors: UnsafeMutablePointer<Int64>) -> Bool {
        let (first, second) = (anchors[Int(left)], anchors[Int(right)])
        return first != second ? first < second : keyPrecedes(Int(left), Int(right))
    }

    private func keyPrecedes(_ left: Int, _ right: Int) -> Bool {
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

    private func markAllChanged() {
        for slot in isChanged.indices { isChanged[slot] = true }
    }
}

/// A row of one of several segments.
struct RowPick {
    let source: Int32
    let row: Int32
}
