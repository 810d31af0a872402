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

    /// The same with a mark that is kept between queries: segments are known by their rows and marks together, so that
    /// what they give to the scan can be kept as well.
    ///
    /// - Returns: nil where rows turn out not to stand so that the mark can be kept; `areKept` is false where the next
    ///   query will not find it.
    func snapshots(
        keeping mark: ScanProgram.KeptMark, in cache: PartialCache,
        _ snapshots: @escaping (String) throws -> TableSnapshot
    ) throws -> (snapshots: (String) throws -> TableSnapshot, areKept: Bool)? {
        let snapshot = try snapshots(scan.table.name)
        let known = cache.firstRows(of: mark.meaning)
        // Wide enough for all queries so far: rows after a query's end are first rows in it to nobody.
        let until = known.map { known in known.basis.until.flatMap { own in timeRange.until.map { max($0, own) } } }
        let basis = KeptFirstRows.Basis(
            until: until ?? timeRange.until, joins: try PlanFingerprint.joins(of: mark.rows, snapshot: snapshots))
        let range = PlannedTimeRange(from: nil, until: basis.until)
        if let known, known.isOf(RowReading.segments(of: snapshot, for: mark.rows, range), basis) {
            return (with(mark.mark, known, snapshot, snapshots), areKept: true)
        }
        let reading = try RowReading(mark.rows, zone: zone, timeRange: range, snapshots: snapshots)
        var firstRows: KeptFirstRows?
        if let taken = cache.takeFirstRows(of: mark.meaning),
            var update = try FirstRowsUpdate(taken, to: reading, basis)
        {
            firstRows = try update.run()
        }
        let search = FirstRows(reading, parallelism: parallelism)
        if firstRows == nil {
            guard try search.canBeKept else { return nil }
            if isOutline { return (with(mark.mark, nil, snapshot, snapshots), areKept: true) }
            firstRows = try search.kept(basis)
        }
        guard let firstRows else { return nil }
        let areKept = cache.putFirstRows(firstRows, of: mark.meaning)
        return (with(mark.mark, firstRows, snapshot, snapshots), areKept)
    }

    /// - Parameter kept: nil stands for marks that are not known yet.
    private func with(
        _ mark: PlannedMark, _ kept: KeptFirstRows?, _ snapshot: TableSnapshot,
        _ snapshots: @escaping (String) throws -> TableSnapshot
    ) -> (String) throws -> TableSnapshot {
        // Kept segments are some of the table's, in the same order.
        let marks = kept?.segments ?? []
        var next = 0
        let marked = TableSnapshot(
            definition: snapshot.definition, position: snapshot.position,
            segments: snapshot.segments.map { segment in
                let isNext = next < marks.count && marks[next].key.identity == segment.identity
                let known = isNext ? marks[next] : nil
                if isNext { next += 1 }
                // Where all others are known, a segment without marks has no row in the time range.
                let own = kept == nil ? KeptSegment.identityOfUnknown(segment.identity) : segment.identity
                return SegmentSnapshot(
                    identity: known?.identity ?? own,
                    rowCount: segment.rowCount, anchors: segment.anchors,
                    columns: KeptMarkColumns(segment: segment, name: mark.name, marks: known?.marks))
            })
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

/// A segment's own columns and a mark that is kept as a bit for each row; nil stands for rows that have no mark.
private struct KeptMarkColumns: SegmentColumns {
    let segment: SegmentSnapshot
    let name: String
    let marks: [UInt64]?

    func column(_ name: String) throws -> EncodedColumn {
        if name != self.name { return try segment.column(name) }
        return .marks(
            marks ?? [UInt64](repeating: 0, count: (segment.rowCount + 63) / 64), rowCount: segment.rowCount)
    }
}
