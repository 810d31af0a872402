import CaliberColumns

/// Something of a segment that can leave memory, because it can be had again.
struct EvictablePart {
    let table: WideTable
    let segment: MutableSegment
    let kind: Kind
    /// Of the fold that last asked for it.
    let lastUse: UInt64

    enum Kind {
        case column(Int)
        /// The hashes of keys, and the rows by them.
        case keys
    }
}

extension MutableSegment {
    /// Columns that the file has as they are, and the keys, each with the fold that last asked for it.
    ///
    /// None while rows are out of order: putting them in order takes all columns.
    var evictableParts: [(kind: EvictablePart.Kind, lastUse: UInt64)] {
        guard isSorted else { return [] }
        var parts: [(EvictablePart.Kind, UInt64)] = []
        for slot in residences.indices
        where residences[slot] == .loaded && layout.slots[slot].isStored && isInFile(slot) {
            parts.append((.column(slot), lastUse(slot)))
        }
        if rowIndex != nil || residences[layout.hashLowSlot] == .loaded {
            parts.append((.keys, lastUse(layout.hashLowSlot)))
        }
        return parts
    }

    func evict(_ part: EvictablePart.Kind) {
        switch part {
        case .column(let slot): evictColumn(slot)
        case .keys: evictKeys()
        }
    }

    func byteCount(of part: EvictablePart.Kind) -> Int {
        switch part {
        case .column(let slot): columnByteCount(slot)
        case .keys:
            columnByteCount(layout.hashLowSlot) + columnByteCount(layout.hashHighSlot) + (rowIndex?.byteCount ?? 0)
        }
    }

    /// What its columns and its keys take in memory.
    var loadedByteCount: Int {
        buffers.indices.reduce(rowIndex?.byteCount ?? 0) { $0 + columnByteCount($1) }
    }

    private func columnByteCount(_ slot: Int) -> Int {
        (buffers[slot]?.byteCount ?? 0) + (pools[slot].map { $0.byteCount + $0.count * 8 } ?? 0)
    }
}
