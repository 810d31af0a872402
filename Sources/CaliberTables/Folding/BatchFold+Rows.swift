import CaliberColumns
import CaliberCore
import CaliberEventLog

/// Which row each event goes to.
extension BatchFold {
    /// Looks up every event's key; keys that are not known get rows in the passage.
    func findRows(_ events: Range<Int>, _ passage: MutableSegment) throws {
        let parts = folds.key.map { KeyPart($0.column(of: batch)) }
        let hashes = EventHashes(parts, events)
        let low = passage.writable(table.layout.hashLowSlot, rowCapacity: events.count)
        let high = passage.writable(table.layout.hashHighSlot, rowCapacity: events.count)
        let newKeys = RowIndex(rowCapacity: events.count)
        let newRows = newKeys.lookup(low: UnsafePointer(low.lanes), rowCount: .max)
        let lookups = Scratch<RowLookup?>(table.segments.count, repeating: nil)
        let directory = table.index
        var newEvents: [Int32] = []
        for first in stride(from: events.lowerBound, to: events.upperBound, by: BatchFold.readAheadCount) {
            let block = first..<min(first + BatchFold.readAheadCount, events.upperBound)
            try readAhead(block, hashes, directory, lookups)
            for event in block {
                guard let hash = hashes[event] else {
                    account.keyMissing += 1
                    continue
                }
                account.folded += 1
                var place = BatchFold.noPlace
                let isKnown = try directory.firstSegment(hash) { ordinal in
                    let row =
                        ordinal == KeyDirectory.passageOrdinal
                        ? newRows.row(hash) : try lookup(ordinal, lookups).row(hash)
                    place = RowPlace(segment: ordinal, row: row).bits
                    return row >= 0
                }
                if !isKnown {
                    let row = newEvents.count
                    low.lanes[row] = Int64(bitPattern: hash.low)
                    high.lanes[row] = Int64(bitPattern: hash.high)
                    newKeys.add(row..<row + 1, low: UnsafePointer(low.lanes), high: UnsafePointer(high.lanes))
                    directory.insert(hash, segment: KeyDirectory.passageOrdinal)
                    place = RowPlace(segment: KeyDirectory.passageOrdinal, row: row).bits
                    newEvents.append(Int32(truncatingIfNeeded: event))
                }
                places.start[event] = place
            }
        }
        add(newEvents, parts, to: passage, low, high)
    }

    /// Look-ups whose memory is asked for together.
    static let readAheadCount = 128

    /// Reads where look-ups will begin, many at a time: memory answers several requests as fast as one.
    private func readAhead(
        _ events: Range<Int>, _ hashes: EventHashes, _ directory: KeyDirectory, _ lookups: Scratch<RowLookup?>
    ) throws {
        for event in events {
            guard let hash = hashes[event] else { continue }
            places.start[event] = directory.firstSlot(hash)
        }
        let slots = readAheadSlots.start
        for event in events {
            let index = event - events.lowerBound
            slots[index] = 0
            guard let hash = hashes[event], let ordinal = KeyDirectory.segment(places.start[event], of: hash),
                ordinal != KeyDirectory.passageOrdinal
            else { continue }
            slots[index] = UInt64(ordinal) << 32 | UInt64(try lookup(ordinal, lookups).firstSlot(hash))
        }
        for event in events {
            places.start[event] = BatchFold.noPlace
            let slot = slots[event - events.lowerBound]
            guard slot & 0xFFFF_FFFF != 0, let lookup = lookups.start[Int(slot >> 32)] else { continue }
            slots[event - events.lowerBound] = UInt64(bitPattern: lookup.hash(in: UInt32(truncatingIfNeeded: slot)))
        }
    }

    @inline(__always)
    private func lookup(_ ordinal: Int, _ lookups: Scratch<RowLookup?>) throws -> RowLookup {
        if let known = lookups.start[ordinal] { return known }
        guard let segment = table.segments[ordinal] else {
            preconditionFailure("a key of \(table.name) leads to segment \(ordinal), which is gone")
        }
        let new = try table.rowLookup(of: segment)
        lookups.start[ordinal] = new
        return new
    }

    /// Gives new rows their keys.
    private func add(
        _ events: [Int32], _ parts: [KeyPart], to passage: MutableSegment, _ low: LaneBuffer, _ high: LaneBuffer
    ) {
        guard !events.isEmpty else { return }
        _ = passage.appendRows(events.count)
        low.validity.update(repeating: 1, count: events.count)
        high.validity.update(repeating: 1, count: events.count)
        for (slot, part) in parts.enumerated() {
            let buffer = passage.writable(slot)
            buffer.validity.update(repeating: 1, count: events.count)
            if let pool = passage.pools[slot], let strings = part.pool {
                for (row, event) in events.enumerated() {
                    buffer.lanes[row] = Int64(pool.append(strings[UInt32(truncatingIfNeeded: part.lanes[Int(event)])]))
                }
            } else {
                for (row, event) in events.enumerated() { buffer.lanes[row] = part.lanes[Int(event)] }
            }
        }
    }
}
