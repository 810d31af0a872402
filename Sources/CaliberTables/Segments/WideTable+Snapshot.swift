import CaliberColumns
import CaliberCore
import CaliberEventLog

extension WideTable {
    /// The table as it is now, for readers on any thread.
    ///
    /// - Parameter view: the file as of the last checkpoint, held for as long as the snapshot is.
    func makeSnapshot(view: StoreView?) throws -> TableSnapshot {
        var known: [Int: StringPool] = [:]
        for (slot, pool) in pools.enumerated() {
            if let writable = pool?.writableIfLoaded { known[slot] = frozen(writable, slot) }
        }
        let strings = SnapshotStrings(sources: pools, known: known)
        let loader = view.flatMap { self.loader?.reading($0) }
        let names = layout.snapshotSlots
        var parts: [SegmentSnapshot] = []
        for segment in anchored + unanchored where segment.rowCount > 0 {
            if !segment.isSorted {
                try loadAll(of: segment)
                segment.sort()
                note(segment)
            }
            parts.append(snapshot(of: segment, strings: strings, loader: loader, names: names))
        }
        return TableSnapshot(definition: layout.definition, position: position, segments: parts)
    }

    private func snapshot(
        of segment: MutableSegment, strings: SnapshotStrings, loader: ColumnLoader?, names: [String: Int]
    ) -> SegmentSnapshot {
        let frozen = segment.frozen ?? FrozenSegment(segment)
        segment.frozen = frozen
        let table = name
        let slots = layout.slots
        return SegmentSnapshot(
            identity: SegmentIdentity(
                id: segment.id, version: segment.version,
                epoch: segment.version == segment.storedVersion ? 0 : segmentIDs.epoch), rowCount: segment.rowCount,
            anchors: segment.isAnchored ? segment.anchors : nil
        ) { column in
            guard let slot = names[column] else {
                throw TablesProblem.unknownStoredColumn(name: column, table: table)
            }
            let encoded = try frozen.column(slot, loader: loader, table: table)
            guard case .table = slots[slot].strings else { return encoded }
            return EncodedColumn(encoded, pool: try strings.pool(slot))
        }
    }

    /// One frozen pool until the pool grows, so that snapshots share it.
    private func frozen(_ pool: StringPool, _ slot: Int) -> StringPool {
        if let last = frozenPools[slot], last.count == pool.count { return last }
        let new = pool.frozen()
        frozenPools[slot] = new
        return new
    }
}

extension TableLayout {
    /// Columns that queries may read, by name.
    var snapshotSlots: [String: Int] {
        var names: [String: Int] = [:]
        for (slot, content) in slots.enumerated() where !content.isState { names[content.name] = slot }
        return names
    }
}

extension ColumnLoader {
    func reading(_ view: StoreView) -> ColumnLoader {
        ColumnLoader(table: table, layout: layout, columnIDs: columnIDs, view: view, cache: cache)
    }
}
