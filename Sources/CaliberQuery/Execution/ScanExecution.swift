import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// One scan over one snapshot: which segments are read, and what they give together.
struct ScanExecution {
    let program: ScanProgram
    let snapshot: TableSnapshot
    /// Segments that can hold rows that count.
    let segments: [SegmentSnapshot]
    let timeRange: PlannedTimeRange
    let options: QueryOptions
    /// nil where nothing is kept.
    let cache: PartialCache?
    let fingerprint: PlanFingerprint
    /// Makes the joined tables ready; only where a segment is read.
    let makeJoins: () throws -> JoinedTables

    init(
        _ scan: PlannedScan, zone: BusinessZone, timeRange: PlannedTimeRange, options: QueryOptions,
        cache: PartialCache?, snapshots: @escaping (String) throws -> TableSnapshot
    ) throws {
        let program = ScanProgram(scan, zone: zone)
        let snapshot = try snapshots(scan.table.name)
        let segments = snapshot.segments.filter {
            $0.rowCount > 0 && (!options.prunes || ScanExecution.mayCount($0, scan, timeRange))
        }
        self.program = program
        self.snapshot = snapshot
        self.segments = segments
        self.timeRange = timeRange
        self.options = options
        // A mark depends on rows of other segments.
        self.cache = options.usesCache && scan.marks.isEmpty ? cache : nil
        fingerprint = try PlanFingerprint(scan, zone: zone, snapshot: snapshots)
        makeJoins = {
            try JoinedTables(
                scan, scannedRowCount: segments.reduce(0) { $0 + $1.rowCount }, snapshot: snapshots)
        }
    }

    /// Whether a segment can hold rows that have a moment in the range. Rows that wait for their anchor count at none.
    static func mayCount(
        _ segment: SegmentSnapshot, _ scan: PlannedScan, _ timeRange: PlannedTimeRange
    ) -> Bool {
        guard scan.isSortedByAnchor else { return true }
        guard let anchors = segment.anchors else { return false }
        if let from = timeRange.from, anchors.upperBound < from { return false }
        if let until = timeRange.until, anchors.lowerBound >= until { return false }
        return true
    }

    /// What every segment gives, in the order of the segments: taken from the cache, or read, a few segments at once.
    func contributions() throws -> [Contribution] {
        let keys = segments.map {
            PartialKey($0, timeRange, isSortedByAnchor: program.scan.isSortedByAnchor)
        }
        let current = snapshot.segments.map(\.identity)
        let codec = cache?.hasArchive == true ? PartialCodec(program) : nil
        if let cache, let codec {
            try cache.recall(fingerprint, current: current) { bytes in
                try codec.decode(bytes) { try snapshot.segments.first?.column($0).pool }
            }
        }
        let known = cache?.partials(of: fingerprint, keys) ?? .init(repeating: nil, count: keys.count)
        let missing = known.indices.filter { known[$0] == nil }
        let scanned = try scan(missing)
        if let cache, !missing.isEmpty {
            let new = zip(missing, scanned).map { (key: keys[$0], partial: $1) }
            cache.insert(new, of: fingerprint, current: current)
            if let codec, cache.archives(rowCount: scanned.reduce(0, { $0 + $1.rowsScanned })) {
                cache.archiveLater(
                    fingerprint,
                    new.compactMap { key, partial in codec.encode(partial).flatMap { key.archived($0) } })
            }
        }
        var partials = known
        for (position, partial) in zip(missing, scanned) { partials[position] = partial }
        return zip(keys.indices, partials).compactMap { position, partial in
            partial.map { Contribution(key: keys[position], partial: $0, isCached: known[position] != nil) }
        }
    }

    struct Contribution {
        let key: PartialKey
        let partial: SegmentPartial
        let isCached: Bool
    }

    private func scan(_ positions: [Int]) throws -> [SegmentPartial] {
        if positions.isEmpty { return [] }
        let (segments, program, joins, timeRange) = (segments, program, try makeJoins(), timeRange)
        let prunes = options.prunes
        return try ParallelSegments.map(positions.count, parallelism: options.parallelism) { index in
            try SegmentScan(segments[positions[index]], program, joins, timeRange: timeRange, prunes: prunes).run()
        }
    }

    /// All contributions together, in totals that the cache may have kept since the plan was last asked. They are this
    /// query's own until they are given back.
    func totals(of contributions: [Contribution], dimensions: [PlannedDimension]) -> ScanTotals {
        let totals =
            cache?.takeTotals(of: fingerprint, timeRange).flatMap { $0.isOf(dimensions) ? $0 : nil }
            ?? ScanTotals(program, dimensions: dimensions)
        totals.update(to: contributions.map { ($0.key, $0.partial) })
        return totals
    }

    func giveBack(_ totals: ScanTotals) { cache?.putTotals(totals, of: fingerprint, timeRange) }

    /// The latest moment that any row of the table counts at, the time range apart.
    func latestMoment(_ partials: [SegmentPartial]) throws -> Int64? {
        if program.scan.isSortedByAnchor { return snapshot.segments.compactMap { $0.anchors?.upperBound }.max() }
        return partials.compactMap(\.latestMoment).max()
    }
}
