import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// A table as a scan with marks sees it: its own columns, and one for each mark.
struct MarkedTable {
    let scan: PlannedScan
    let zone: BusinessZone
    let timeRange: PlannedTimeRange
    let parallelism: Int

    /// - Parameter snapshots: gives a table by name.
    /// - Returns: the scanned table's snapshot with the marks made.
    func snapshot(_ snapshots: (String) throws -> TableSnapshot) throws -> TableSnapshot {
        var columns: [String: [ObjectIdentifier: EncodedColumn]] = [:]
        for mark in scan.marks { columns[mark.name] = try self.columns(of: mark, snapshots) }
        return marked(try snapshots(scan.table.name), columns)
    }

    /// The snapshot with columns in place of marks that are not made: for what is told without reading rows.
    func outline(_ snapshots: (String) throws -> TableSnapshot) throws -> TableSnapshot {
        marked(try snapshots(scan.table.name), [:])
    }

    private func columns(
        of mark: PlannedMark, _ snapshots: (String) throws -> TableSnapshot
    ) throws -> [ObjectIdentifier: EncodedColumn] {
        switch mark.content {
        case .firstRows(let rows):
            // Rows after the range's end are nobody's first in it.
            let range = PlannedTimeRange(from: nil, until: timeRange.until)
            let reading = try RowReading(rows, zone: zone, timeRange: range, snapshots: snapshots)
            let marks = try FirstRows(reading, parallelism: parallelism).marks()
            return bySegment(reading) { marks.column(of: $0) }
        case .endMoments(let rows, let choice):
            let reading = try RowReading(rows, zone: zone, timeRange: timeRange, snapshots: snapshots)
            let marks = try EndMoments(reading, choice: choice).marks()
            return bySegment(reading) { marks.column(of: $0) }
        case .conversions(let base, let conversion, let rules):
            let baseReading = try RowReading(base, zone: zone, snapshots: snapshots)
            let conversionReading = try RowReading(conversion, zone: zone, snapshots: snapshots)
            let counts = try ConversionMarks(base: baseReading, conversion: conversionReading, rules: rules).counts()
            return bySegment(baseReading) { segment in
                .numbers(counts[baseReading.starts[segment]..<baseReading.starts[segment + 1]])
            }
        }
    }

    private func bySegment(
        _ reading: RowReading, _ column: (Int) -> EncodedColumn
    ) -> [ObjectIdentifier: EncodedColumn] {
        var columns: [ObjectIdentifier: EncodedColumn] = [:]
        for (position, segment) in reading.segments.enumerated() {
            columns[ObjectIdentifier(segment)] = column(position)
        }
        return columns
    }

    private func marked(
        _ snapshot: TableSnapshot, _ columns: [String: [ObjectIdentifier: EncodedColumn]]
    ) -> TableSnapshot {
        let names = Set(scan.marks.map(\.name))
        let segments = snapshot.segments.map { segment in
            let made = columns.compactMapValues { $0[ObjectIdentifier(segment)] }
            return SegmentSnapshot(
                identity: segment.identity, rowCount: segment.rowCount, anchors: segment.anchors
            ) { name in
                if let column = made[name] { return column }
                // A segment that no mark was made for holds no row that has one.
                if names.contains(name) { return .numbers([UInt32](repeating: 0, count: segment.rowCount)[...]) }
                return try segment.column(name)
            }
        }
        return TableSnapshot(definition: snapshot.definition, position: snapshot.position, segments: segments)
    }
}
