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

    /// For what is told without reading rows: columns stand in place of marks that are not made.
    var isOutline = false

    /// Tables by name, the scanned one with the scan's marks.
    func snapshots(
        _ snapshots: @escaping (String) throws -> TableSnapshot
    ) throws -> (String) throws -> TableSnapshot {
        guard !scan.marks.isEmpty else { return snapshots }
        var columns: [String: [Int64: EncodedColumn]] = [:]
        if !isOutline {
            for mark in scan.marks { columns[mark.name] = try self.columns(of: mark, snapshots) }
        }
        let marked = marked(try snapshots(scan.table.name), columns)
        let name = scan.table.name
        return { $0 == name ? marked : try snapshots($0) }
    }

    /// Rows that a mark is made from; they may have marks of their own.
    private func reading(
        _ rows: PlannedScan, timeRange: PlannedTimeRange = PlannedTimeRange(from: nil, until: nil),
        _ snapshots: @escaping (String) throws -> TableSnapshot
    ) throws -> RowReading {
        let table = MarkedTable(scan: rows, zone: zone, timeRange: timeRange, parallelism: parallelism)
        return try RowReading(rows, zone: zone, timeRange: timeRange, snapshots: try table.snapshots(snapshots))
    }

    private func columns(
        of mark: PlannedMark, _ snapshots: @escaping (String) throws -> TableSnapshot
    ) throws -> [Int64: EncodedColumn] {
        switch mark.content {
        case .firstRows(let rows):
            // Rows after the range's end are nobody's first in it.
            let range = PlannedTimeRange(from: nil, until: timeRange.until)
            let reading = try self.reading(rows, timeRange: range, snapshots)
            let marks = try FirstRows(reading, parallelism: parallelism).marks()
            return bySegment(reading) { marks.column(of: $0) }
        case .endMoments(let rows, let choice):
            let reading = try self.reading(rows, timeRange: timeRange, snapshots)
            let marks = try EndMoments(reading, choice: choice).marks()
            return bySegment(reading) { marks.column(of: $0) }
        case .conversions(let base, let conversion, let rules):
            let baseReading = try reading(base, snapshots)
            let conversionReading = try reading(conversion, snapshots)
            let counts = try ConversionMarks(base: baseReading, conversion: conversionReading, rules: rules).counts()
            return bySegment(baseReading) { segment in
                .numbers(counts[baseReading.starts[segment]..<baseReading.starts[segment + 1]])
            }
        case .metricValues(let rows, let term, let plan):
            let rows = try reading(rows, snapshots)
            let found = try QueryEvaluation.complete(
                plan, options: QueryOptions(parallelism: parallelism), cache: nil, snapshots)
            let values = try MetricValues(
                groups: found.evaluation.groups, values: found.values.first ?? [], type: mark.type, term: term)
            return bySegment(rows, try values.columns(rows))
        }
    }

    private func bySegment(_ reading: RowReading, _ columns: [EncodedColumn]) -> [Int64: EncodedColumn] {
        bySegment(reading) { columns[$0] }
    }

    private func bySegment(
        _ reading: RowReading, _ column: (Int) -> EncodedColumn
    ) -> [Int64: EncodedColumn] {
        var columns: [Int64: EncodedColumn] = [:]
        for (position, segment) in reading.segments.enumerated() {
            columns[segment.identity.id] = column(position)
        }
        return columns
    }

    private func marked(
        _ snapshot: TableSnapshot, _ columns: [String: [Int64: EncodedColumn]]
    ) -> TableSnapshot {
        let names = Set(scan.marks.map(\.name))
        let segments = snapshot.segments.map { segment in
            SegmentSnapshot(
                identity: segment.identity, rowCount: segment.rowCount, anchors: segment.anchors,
                columns: MarkedColumns(
                    segment: segment, markNames: names,
                    marks: columns.compactMapValues { $0[segment.identity.id] }))
        }
        return TableSnapshot(definition: snapshot.definition, position: snapshot.position, segments: segments)
    }
}

/// A segment's own columns and its marks.
private struct MarkedColumns: SegmentColumns {
    let segment: SegmentSnapshot
    let markNames: Set<String>
    let marks: [String: EncodedColumn]

    func column(_ name: String) throws -> EncodedColumn {
        if let mark = marks[name] { return mark }
        // A segment that no mark was made for holds no row that has one.
        if markNames.contains(name) { return .numbers([UInt32](repeating: 0, count: segment.rowCount)[...]) }
        return try segment.column(name)
    }
}
