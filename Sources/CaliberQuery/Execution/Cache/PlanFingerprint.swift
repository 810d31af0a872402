import CaliberCore
import CaliberDictionary
import CaliberTables

/// What the contribution of a segment depends on, the segment and the time range apart: everything a scan computes, and
/// the state of the tables it joins. Two scans of equal fingerprints share what is kept.
struct PlanFingerprint: Hashable, Sendable {
    let text: String
    /// Taken once, since a query looks several things up by it.
    private let textHash: Int

    /// - Parameter snapshot: gives a joined table by name.
    init(_ program: ScanProgram, snapshot: (String) throws -> TableSnapshot) rethrows {
        text = program.meaning + (try PlanFingerprint.joins(of: program.scan, snapshot: snapshot))
        textHash = text.hashValue
    }

    /// Which state of which tables a scan joins; a line each, empty where it joins none.
    static func joins(of scan: PlannedScan, snapshot: (String) throws -> TableSnapshot) rethrows -> String {
        var text = ""
        for join in scan.joins {
            let state = try snapshot(join.target.name).segments.map(\.identity.text).joined(separator: ",")
            text += "\njoin \(join.path.joined(separator: ".")) \(join.target.name) \(state)"
        }
        return text
    }

    func hash(into hasher: inout Hasher) { hasher.combine(textHash) }
}

extension SegmentIdentity {
    var text: String { "\(id).\(version).\(epoch)" }
}

/// What one segment contributes to a scan: it stays true as long as the segment is the same.
struct PartialKey: Hashable, Sendable {
    let segment: SegmentIdentity
    /// Where the time range cuts through the segment; nil where it does not.
    let from: Int64?
    let until: Int64?

    init(_ segment: SegmentSnapshot, _ timeRange: PlannedTimeRange, isSortedByAnchor: Bool) {
        self.segment = segment.identity
        guard isSortedByAnchor, let anchors = segment.anchors else {
            (from, until) = (timeRange.from, timeRange.until)
            return
        }
        from = timeRange.from.flatMap { $0 > anchors.lowerBound ? $0 : nil }
        until = timeRange.until.flatMap { $0 <= anchors.upperBound ? $0 : nil }
    }
}
