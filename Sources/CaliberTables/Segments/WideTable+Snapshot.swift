import CaliberColumns
import CaliberCore
import CaliberDictionary
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
        let source = SnapshotSource(
            layout: layout, strings: SnapshotStrings(sources: pools, known: known),
            loader: view.flatMap { self.loader?.reading($0) })
        var parts: [SegmentSnapshot] = []
        parts.reserveCapacity(anchored.count + unanchored.count)
        for list in [anchored, unanchored] {
            for segment in list where segment.rowCount > 0 {
                if !segment.isSorted {
                    try loadAll(of: segment)
                    segment.sort()
                    note(segment)
                }
                parts.append(snapshot(of: segment, source))
            }
        }
        return TableSnapshot(definition: layout.definition, position: position, segments: parts)
    }

    private func snapshot(of segment: MutableSegment, _ source: SnapshotSource) -> SegmentSnapshot {
        let frozen = segment.frozen ?? FrozenSegment(segment)
        if segment.frozen == nil { segment.frozen = frozen }
        return SegmentSnapshot(
            identity: SegmentIdentity(
                id: segment.id, version: segment.version,
                epoch: segment.version == segment.storedVersion ? 0 : segmentIDs.epoch),
            rowCount: segment.rowCount, anchors: segment.isAnchored ? segment.anchors : nil,
            columns: FrozenColumns(segment: frozen, source: source))
    }

    /// One frozen pool until the pool grows, so that snapshots share it.
    private func frozen(_ pool: StringPool, _ slot: Int) -> StringPool {
        if let last = frozenPools[slot], last.count == pool.count { return last }
        let new = pool.frozen()
        frozenPools[slot] = new
        return new
    }
}

/// What the segments of one snapshot share.
private final class SnapshotSource: Sendable {
    let layout: TableLayout
    let strings: SnapshotStrings
    let loader: ColumnLoader?

    init(layout: TableLayout, strings: SnapshotStrings, loader: ColumnLoader?) {
        self.layout = layout
        self.strings = strings
        self.loader = loader
    }
}

private struct FrozenColumns: SegmentColumns {
    let segment: FrozenSegment
    let source: SnapshotSource

    func column(_ name: String) throws -> EncodedColumn {
        let table = source.layout.definition.name
        guard let slot = source.layout.readableSlots[name] else {
            throw TablesProblem.unknownStoredColumn(name: name, table: table)
        }
        let encoded = try segment.column(slot, loader: source.loader, table: table)
        guard case .table = source.layout.slots[slot].strings else { return encoded }
        return EncodedColumn(encoded, pool: try source.strings.pool(slot))
    }
}

extension ColumnLoader {
    func reading(_ view: StoreView) -> ColumnLoader {
        ColumnLoader(table: table, layout: layout, columnIDs: columnIDs, view: view, cache: cache)
    }
}
