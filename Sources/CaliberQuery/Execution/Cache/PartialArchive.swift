import CaliberTables

/// Where contributions outlive the process. What it loses or damages is computed again.
package protocol PartialArchive: Sendable {
    /// Scans of fewer rows are repeated sooner than they are looked up.
    var fewestRows: Int { get }

    /// Everything that is kept for a plan.
    func read(plan: String) -> [ArchivedPartial]

    /// Keeps contributions, and forgets those of the plan's segments that were replaced.
    func write(plan: String, _ partials: [ArchivedPartial])
}

/// A contribution as bytes, with the state of the segment that it is true of.
package struct ArchivedPartial: Sendable {
    package let segmentID: Int64
    package let version: Int64
    /// Where the time range cuts through the segment.
    package let from: Int64?
    package let until: Int64?
    package let bytes: [UInt8]

    package init(segmentID: Int64, version: Int64, from: Int64?, until: Int64?, bytes: [UInt8]) {
        self.segmentID = segmentID
        self.version = version
        self.from = from
        self.until = until
        self.bytes = bytes
    }
}

extension PartialKey {
    /// nil for a state of the segment that the file does not have: another process could come to the same version by
    /// other events.
    func archived(_ bytes: [UInt8]) -> ArchivedPartial? {
        guard segment.epoch == 0 else { return nil }
        return ArchivedPartial(segmentID: segment.id, version: segment.version, from: from, until: until, bytes: bytes)
    }

    init(_ archived: ArchivedPartial) {
        segment = SegmentIdentity(id: archived.segmentID, version: archived.version)
        from = archived.from
        until = archived.until
    }
}
