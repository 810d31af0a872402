import CaliberColumns
import CaliberCore
import CaliberEventLog
import CaliberStore

/// What one checkpoint wrote.
public struct CheckpointReport: Equatable, Sendable {
    public internal(set) var segments = 0
    public internal(set) var columns = 0
    public internal(set) var bytes = 0
    public internal(set) var strings = 0
    public internal(set) var removedSegments = 0

    public init() {}
}

extension TableSet {
    /// Writes what changed since the last checkpoint, and the log position it stands for, in one transaction.
    ///
    /// - Parameter lease: the set's own when nil.
    /// - Throws: `TablesProblem.notWritable` without a lease; `StoreProblem.leaseLost` when another process writes now.
    @discardableResult
    public func checkpoint(_ lease: WriterLease? = nil) throws -> CheckpointReport {
        try checkWhole()
        guard let lease = lease ?? self.lease else { throw TablesProblem.notWritable }
        // What one on another thread could not write is tried again here.
        _ = try? finishCheckpointAside(waits: true)
        let images = takeImages()
        do {
            let written = try CheckpointWriting(
                store: store, lease: lease, lastSegmentID: segmentIDs.last, images: images
            )
            .run()
            adopt(written, of: images)
            return written.report
        } catch {
            for table in tables { table.dismissImage() }
            throw error
        }
    }

    /// Checkpoints when the file is more than a little behind: what one costs is then shared by many events.
    ///
    /// Until then the log has all that is needed; the next opening folds its tail again.
    @discardableResult
    public func checkpointIfDue(_ lease: WriterLease? = nil) throws -> CheckpointReport? {
        try checkWhole()
        return isCheckpointDue ? try checkpoint(lease) : nil
    }

    /// As `checkpointIfDue`, but another thread encodes and writes while folding goes on.
    ///
    /// Call it after every fold: it also takes note of a checkpoint that has come to its end.
    ///
    /// - Returns: the report of a checkpoint that is in the file since the last call.
    /// - Throws: what kept the last checkpoint from being written. What it had is then still due.
    @discardableResult
    public func checkpointAsideIfDue(_ lease: WriterLease? = nil) throws -> CheckpointReport? {
        try checkWhole()
        guard let lease = lease ?? self.lease else { throw TablesProblem.notWritable }
        let finished = try finishCheckpointAside(waits: false)
        guard checkpointAside == nil, isCheckpointDue else { return finished }
        let images = takeImages()
        guard images.reduce(0, { $0 + $1.byteCount }) <= settings.memoryBudgetBytes / 2 else {
            // The lanes are held until they are written, while folding makes others of them.
            for table in tables { table.dismissImage() }
            return try checkpoint(lease)
        }
        checkpointAside = CheckpointAside(
            CheckpointWriting(store: store, lease: lease, lastSegmentID: segmentIDs.last, images: images))
        return finished
    }

    /// Takes note of a checkpoint that another thread has written.
    ///
    /// - Parameter waits: for one that is underway; otherwise that one is left alone.
    @discardableResult
    func finishCheckpointAside(waits: Bool) throws -> CheckpointReport? {
        guard let aside = checkpointAside, let result = aside.result(waits: waits) else { return nil }
        checkpointAside = nil
        do {
            let written = try result.get()
            adopt(written, of: aside.images)
            return written.report
        } catch {
            for table in tables { table.dismissImage() }
            throw error
        }
    }

    private var isCheckpointDue: Bool {
        tables.contains { table in
            table.tableID == nil || position.sequence - table.storedPosition.sequence >= settings.tailEventLimit
        }
    }

    private func takeImages() -> [TableImage] {
        precondition(!isAheadOfLog, "tables are ahead of the log: the file may not have their events")
        return tables.map { $0.takeImage() }
    }

    private func adopt(_ written: CheckpointWriting.Outcome, of images: [TableImage]) {
        for (table, (image, identity)) in zip(tables, zip(images, written.identities)) {
            table.adopt(image, identity, view: view, cache: cache)
        }
        self.written.add(written.report)
        heldSnapshot = nil
    }
}

extension WideTable {
    /// Puts every changed segment's rows in order, drops segments that emptied, and says what there is to write.
    ///
    /// Until `adopt` or `dismissImage` is called no other image can be taken.
    func takeImage() -> TableImage {
        removeEmptySegments()
        let dirty = liveSegments.filter(\.isDirty)
        for segment in dirty { segment.sort() }
        var strings: [PoolImage] = []
        for (slot, pool) in pools.enumerated() {
            guard let pool = pool?.writableIfLoaded, pool.count > storedStringCounts[slot] else { continue }
            strings.append(PoolImage(slot: slot, pool: pool.frozen(), firstCode: storedStringCounts[slot]))
        }
        return TableImage(
            layout: layout, position: position, segmentCount: liveSegments.count, rowCount: rowCount, tableID: tableID,
            columnIDs: columnIDs, replacedTableID: replacedTableID, strings: strings,
            segments: dirty.map { $0.takeImage() }, removedSegmentIDs: removedSegmentIDs)
    }

    /// Says that the file has an image.
    func adopt(_ image: TableImage, _ identity: TableIdentity, view: StoreView, cache: ColumnCache) {
        tableID = identity.tableID
        columnIDs = identity.columnIDs
        replacedTableID = nil
        storedPosition = image.position
        removedSegmentIDs.removeFirst(image.removedSegmentIDs.count)
        for strings in image.strings { storedStringCounts[strings.slot] = strings.pool.count }
        for segment in liveSegments { segment.adoptImage() }
        loader = ColumnLoader(
            table: name, layout: layout, columnIDs: identity.columnIDs, view: view, cache: cache)
    }

    /// Says that the file has none of the image that was taken last.
    func dismissImage() {
        for segment in liveSegments { segment.dismissImage() }
    }
}

extension MutableSegment {
    /// What differs from the file; changes from here on count from here.
    fileprivate func takeImage() -> SegmentImage {
        var columns: [ColumnImage] = []
        for slot in isChanged.indices where isChanged[slot] && layout.slots[slot].isStored {
            columns.append(ColumnImage(slot: slot, lanes: buffers[slot], ownStrings: pools[slot]?.frozen()))
        }
        beginStoring()
        return SegmentImage(
            id: id, version: version, rowCount: rowCount, anchors: isAnchored ? anchors : nil, columns: columns)
    }
}
