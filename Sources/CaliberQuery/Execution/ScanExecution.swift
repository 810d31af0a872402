import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// One scan over one snapshot: which segments are read, and what they give together.
struct ScanExecution {
    let program: ScanProgram
    let snapshot: TableSnapshot
    let joins: JoinedTables
    /// Segments that can hold rows that count.
    let segments: [SegmentSnapshot]
    let timeRange: PlannedTimeRange

    init(
        _ scan: PlannedScan, zone: BusinessZone, timeRange: PlannedTimeRange,
        snapshots: (String) throws -> TableSnapshot
    ) throws {
        let program = ScanProgram(scan, zone: zone)
        let snapshot = try snapshots(scan.table.name)
        let segments = snapshot.segments.filter { ScanExecution.mayCount($0, scan, timeRange) }
        self.program = program
        self.snapshot = snapshot
        self.segments = segments
        self.timeRange = timeRange
        joins = try JoinedTables(
            scan, scannedRowCount: segments.reduce(0) { $0 + $1.rowCount }, snapshot: snapshots)
    }

    /// Whether a segment can hold rows that have a moment in the range. Rows that wait for their anchor count at none.
    private static func mayCount(
        _ segment: SegmentSnapshot, _ scan: PlannedScan, _ timeRange: PlannedTimeRange
    ) -> Bool {
        guard segment.rowCount > 0 else { return false }
        guard scan.isSortedByAnchor else { return true }
        guard let anchors = segment.anchors else { return false }
        if let from = timeRange.from, anchors.upperBound < from { return false }
        if let until = timeRange.until, anchors.lowerBound >= until { return false }
        return true
    }

    /// Reads every segment, a few at once; results are in the order of the segments.
    func partials(parallelism: Int) throws -> [SegmentPartial] {
        let (segments, program, joins, timeRange) = (segments, program, joins, timeRange)
        return try ParallelSegments.map(segments.count, parallelism: parallelism) { index in
            try SegmentScan(segments[index], program, joins, timeRange: timeRange).run()
        }
    }

    /// Opens every segment without reading its rows.
    func outlooks() throws -> [SegmentScan.Outlook] {
        try segments.map { try SegmentScan($0, program, joins, timeRange: timeRange).open() }
    }

    /// The latest moment that any row of the table counts at, the time range apart.
    func latestMoment(_ partials: [SegmentPartial]) throws -> Int64? {
        if program.scan.isSortedByAnchor { return snapshot.segments.compactMap { $0.anchors?.upperBound }.max() }
        return partials.compactMap(\.latestMoment).max()
    }
}
