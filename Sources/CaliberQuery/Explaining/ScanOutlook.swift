import CaliberTables

/// What a scan will do with each segment of its table.
struct ScanOutlook {
    struct Segment {
        let fate: Fate
        let rowCount: Int
        /// nil for rows without the anchor that segments are in the order of.
        let anchors: ClosedRange<Int64>?
        var isDense = true
        var slotCapacity = 0
    }

    enum Fate: Equatable {
        case prunedByTime, prunedAsWaiting, prunedByValues, cached, scanned

        var isPruned: Bool {
            switch self {
            case .prunedByTime, .prunedAsWaiting, .prunedByValues: true
            case .cached, .scanned: false
            }
        }

        var text: String {
            switch self {
            case .prunedByTime: "pruned: outside the time range"
            case .prunedAsWaiting: "pruned: rows that wait for their anchor"
            case .prunedByValues: "pruned: the columns' bounds and strings say that no row passes"
            case .cached: "cached: unchanged since a query before"
            case .scanned: "scanned"
            }
        }
    }

    /// Whether contributions are kept, and if not, why.
    enum Caching {
        case on(keptByteCount: Int, byteLimit: Int, withMarks: Bool)
        case switchedOff
        case absent
        case marked

        var text: String {
            switch self {
            case .on(let kept, let limit, let withMarks):
                "on, by segment and plan\(withMarks ? ", and marks that follow changes" : ""); "
                    + "\(MemoryText.megabytes(kept)) of \(MemoryText.megabytes(limit)) taken, "
                    + "a plan may take half"
            case .switchedOff: "switched off for this query"
            case .marked: "not possible: these marks depend on rows of other segments and are made for each query"
            case .absent: "none: the process keeps nothing between queries"
            }
        }
    }

    let segments: [Segment]
    let caching: Caching
}

enum MemoryText {
    static func megabytes(_ byteCount: Int) -> String { "\((byteCount + 500_000) / 1_000_000) MB" }
}

extension ScanExecution {
    /// Opens what would be read, without reading rows.
    func outlook() throws -> ScanOutlook {
        let isSorted = program.scan.isSortedByAnchor
        let keys = Dictionary(
            uniqueKeysWithValues: segments.map {
                ($0.identity, PartialKey($0, timeRange, isSortedByAnchor: isSorted))
            })
        let joins = try joinedTables()
        let found = try snapshot.segments.filter { $0.rowCount > 0 }.map { segment -> ScanOutlook.Segment in
            guard let key = keys[segment.identity] else {
                return ScanOutlook.Segment(
                    fate: segment.isAnchored ? .prunedByTime : .prunedAsWaiting, rowCount: segment.rowCount,
                    anchors: segment.anchors)
            }
            if let cache, cache.partials(of: fingerprint, [key])[0] != nil {
                return ScanOutlook.Segment(fate: .cached, rowCount: segment.rowCount, anchors: segment.anchors)
            }
            let opened = try SegmentScan(
                segment, program, joins, timeRange: timeRange, prunes: options.prunes
            ).open()
            return ScanOutlook.Segment(
                fate: opened.isPruned ? .prunedByValues : .scanned,
                rowCount: opened.isPruned ? segment.rowCount : opened.rowCount,
                anchors: segment.anchors, isDense: opened.isDense, slotCapacity: opened.slotCapacity)
        }
        let caching: ScanOutlook.Caching =
            !options.usesCache
            ? .switchedOff
            : cache.map {
                .on(
                    keptByteCount: $0.byteCount, byteLimit: $0.byteLimit,
                    withMarks: !program.scan.marks.isEmpty)
            } ?? (keepsMarks ? .absent : .marked)
        return ScanOutlook(segments: found, caching: caching)
    }
}
