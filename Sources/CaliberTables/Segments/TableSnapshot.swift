import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog

/// One table as of one log position, cut into segments: what a query reads.
package struct TableSnapshot: Sendable {
    package let definition: TableDefinition
    /// The last event that the rows reflect.
    package let position: LogPosition
    /// Anchored segments in the order of their anchors; then those of rows that wait for an anchor.
    package let segments: [SegmentSnapshot]

    package init(definition: TableDefinition, position: LogPosition, segments: [SegmentSnapshot]) {
        self.definition = definition
        self.position = position
        self.segments = segments
    }

    package var rowCount: Int { segments.reduce(0) { $0 + $1.rowCount } }
}

/// Which state of which segment: two snapshots that say the same hold the same rows in the same order.
package struct SegmentIdentity: Hashable, Sendable {
    /// Of one file, never used again.
    package let id: Int64
    /// Rises whenever the segment's content changes.
    package let version: Int64
    /// 0 for a state that the file has; else of the one set of tables that has it in memory, since two sets may come to
    /// one version by different events.
    package let epoch: UInt64

    package init(id: Int64, version: Int64, epoch: UInt64 = 0) {
        self.id = id
        self.version = version
        self.epoch = epoch
    }
}

/// Up to 64 Ki rows of a table, of neighbouring anchors, column by column.
package struct SegmentSnapshot: Sendable {
    package let identity: SegmentIdentity
    package let rowCount: Int
    /// Rows stand in the order of their anchors (microseconds), the first and last of which these are; nil when its rows
    /// have no anchor yet, and always in a table without one.
    package let anchors: ClosedRange<Int64>?
    private let columns: any SegmentColumns

    package init(
        identity: SegmentIdentity, rowCount: Int, anchors: ClosedRange<Int64>?, columns: any SegmentColumns
    ) {
        self.identity = identity
        self.rowCount = rowCount
        self.anchors = anchors
        self.columns = columns
    }

    package var isAnchored: Bool { anchors != nil }

    package func column(_ name: String) throws -> EncodedColumn { try columns.column(name) }
}

/// Where a segment's columns come from.
package protocol SegmentColumns: Sendable {
    /// A stored (not derived) column by name, keys included; asked for at most once a query.
    func column(_ name: String) throws -> EncodedColumn
}
