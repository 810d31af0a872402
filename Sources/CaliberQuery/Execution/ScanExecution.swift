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
    /// False where marks are made for this query alone: what a segment gives then depends on other segments.
    let keepsMarks: Bool
    let fingerprint: PlanFingerprint
    private let joins: ReadyJoins

    init(
        _ program: ScanProgram, timeRange: PlannedTimeRange, options: QueryOptions, cache: PartialCache?,
        keepsMarks: Bool, snapshots: @escaping (String) throws -> TableSnapshot
    ) throws {
        let scan = program.scan
        let snapshot = try snapshots(scan.table.name)
        let segments = snapshot.segments.filter {
            $0.rowCount > 0 && (!options.prunes || ScanExecution.mayCount($0, scan, timeRange))
        }
        self.program = program
        self.snapshot = snapshot
        self.segments = segments
        self.timeRange = timeRange
        self.options = options
        self.keepsMarks = keepsMarks
        self.cache = options.usesCache && keepsMarks ? cache : nil
        fingerprint = try PlanFingerprint(program, snapshot: snapshots)
        joins = ReadyJoins {
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

    /// What was found of the segments.
    struct Account {
        var cachedSegments = 0
        var scannedSegments = 0
        var scannedRows = 0
        /// Segments whose groups were too many to index densely.
        var hashedSegments = 0
        /// Of the joined tables.
        var problems: [TablesProblem] = []

        /// Counts a segment's contribution.
        fileprivate mutating func count(_ partial: SegmentPartial, isScanned: Bool) {
            if !partial.isDense { hashedSegments += 1 }
            if !isScanned {
                cachedSegments += 1
            } else if !partial.isPruned {
                scannedSegments += 1
                scannedRows += partial.rowsScanned
            }
        }
    }

    /// What all segments give together, in totals that the cache may have kept since the plan was last asked. They are
    /// this query's own until they are given back.
    func totals(dimensions: [PlannedDimension]) throws -> (totals: ScanTotals, account: Account) {
        let keys = self.keys
        let totals =
            cache?.takeTotals(of: fingerprint, timeRange).flatMap { $0.isOf(dimensions) ? $0 : nil }
            ?? ScanTotals(program, dimensions: dimensions)
        let missing = totals.missing(from: keys)
        let (found, scanned) = try fetch(missing, keys)
        totals.update(to: keys, with: Dictionary(uniqueKeysWithValues: zip(missing, found)))
        var account = Account()
        let isScanned = Set(scanned.map { missing[$0] })
        for position in totals.members.indices {
            account.count(totals.members[position].partial, isScanned: isScanned.contains(position))
        }
        // Keys name one row; only rows that hold for a time can't be told apart.
        if !segments.isEmpty, program.scan.joins.contains(where: { $0.target.validity != nil }) {
            account.problems = try joinedTables().problems
        }
        if let made = joins.made { cache?.keepJoins(made, of: fingerprint) }
        return (totals, account)
    }

    func giveBack(_ totals: ScanTotals) { cache?.putTotals(totals, of: fingerprint, timeRange) }

    private var keys: [PartialKey] {
        segments.map { PartialKey($0, timeRange, isSortedByAnchor: program.scan.isSortedByAnchor) }
    }

    /// The contributions of some segments: taken from the cache, or read, a few segments at once.
    ///
    /// - Returns: in the order of `wanted`, and which of them were read.
    private func fetch(_ wanted: [Int], _ keys: [PartialKey]) throws -> (found: [SegmentPartial], scanned: [Int]) {
        if wanted.isEmpty { return ([], []) }
        let current = cache == nil ? [] : snapshot.segments.map(\.identity)
        // Kept marks do not outlive the process, so neither does what is counted by them.
        let codec = cache?.hasArchive == true && program.scan.marks.isEmpty ? PartialCodec(program) : nil
        if let cache, let codec {
            try cache.recall(fingerprint, current: current) { bytes in
                try codec.decode(bytes) { try snapshot.segments.first?.column($0).pool }
            }
        }
        var partials =
            cache?.partials(of: fingerprint, wanted.map { keys[$0] }) ?? .init(repeating: nil, count: wanted.count)
        let missing = partials.indices.filter { partials[$0] == nil }
        let scanned = try scan(missing.map { wanted[$0] })
        for (position, partial) in zip(missing, scanned) { partials[position] = partial }
        if let cache, !missing.isEmpty {
            let new = zip(missing, scanned).map { (key: keys[wanted[$0]], partial: $1) }
            cache.insert(new, of: fingerprint, current: current)
            if let codec, cache.archives(rowCount: scanned.reduce(0, { $0 + $1.rowsScanned })) {
                cache.archiveLater(
                    fingerprint,
                    new.compactMap { key, partial in codec.encode(partial).flatMap { key.archived($0) } })
            }
        }
        return (partials.compactMap { $0 }, missing)
    }

    /// As they were kept, or made ready now; only where they are needed.
    func joinedTables() throws -> JoinedTables {
        if program.scan.joins.isEmpty { return try joins.get() }
        return try cache?.joins(of: fingerprint) ?? joins.get()
    }

    private func scan(_ positions: [Int]) throws -> [SegmentPartial] {
        if positions.isEmpty { return [] }
        let (segments, program, joins, timeRange) = (segments, program, try joinedTables(), timeRange)
        let prunes = options.prunes
        return try ParallelSegments.map(positions.count, parallelism: options.parallelism) { index in
            try SegmentScan(segments[positions[index]], program, joins, timeRange: timeRange, prunes: prunes).run()
        }
    }

    /// The latest moment that any row of the table counts at, the time range apart.
    ///
    /// - Parameter found: the latest of each contribution.
    func latestMoment(_ found: @autoclosure () -> [Int64?]) throws -> Int64? {
        if program.scan.isSortedByAnchor { return snapshot.segments.lazy.compactMap { $0.anchors?.upperBound }.max() }
        return found().compactMap { $0 }.max()
    }
}

/// Joined tables that are made once, when they are first asked for.
private final class ReadyJoins {
    private let make: () throws -> JoinedTables
    private(set) var made: JoinedTables?

    init(_ make: @escaping () throws -> JoinedTables) { self.make = make }

    func get() throws -> JoinedTables {
        if let made { return made }
        let new = try make()
        made = new
        return new
    }
}
