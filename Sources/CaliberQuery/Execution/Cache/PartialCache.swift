import CaliberTables
import Synchronization

/// What segments contributed to scans lately, up to a number of bytes: a query over any history costs the segments that
/// changed since it was last asked.
///
/// A contribution is never stale: it is found by the segment's number and version. Plans that were not asked for the
/// longest are forgotten first.
public final class PartialCache: Sendable {
    public let byteLimit: Int
    private let archive: (any PartialArchive)?
    private let state = Mutex(State())

    private struct State {
        var plans: [PlanFingerprint: PlanEntry] = [:]
        /// By what the mark means; taken out while a query brings them to another state of the table.
        var marks: [String: MarkEntry] = [:]
        /// Encoded contributions that the archive has not got yet.
        var pending: [PlanFingerprint: [ArchivedPartial]] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
    }

    private struct MarkEntry {
        let firstRows: KeptFirstRows
        let byteCount: Int
        var lastUse: UInt64
    }

    private struct PlanEntry {
        var partials: [PartialKey: SegmentPartial] = [:]
        /// By time range; taken out while a query uses it.
        var totals: [PlannedTimeRange: ScanTotals] = [:]
        /// The tables that the plan joins, ready to be looked up; the plan's fingerprint names their state.
        var joins: (tables: JoinedTables, byteCount: Int)?
        var byteCount = 0
        var lastUse: UInt64 = 0
        /// With so many contributions some may be of segments that are no more as they were.
        var largestCount = 0

        /// Forgets contributions of other segments than these.
        mutating func forgetOthers(than current: [SegmentIdentity]) {
            let known = Set(current)
            for (key, partial) in partials where !known.contains(key.segment) {
                partials[key] = nil
                byteCount -= partial.byteCount
            }
            largestCount = partials.count + partials.count / 8 + 8
        }
    }

    /// A plan's part of the cache must not exceed this share of it.
    private static let largestPlanShare = 2
    /// Time ranges of one plan whose totals are kept.
    private static let mostTotals = 4

    /// - Parameter byteLimit: 0 keeps nothing.
    public convenience init(byteLimit: Int) {
        self.init(byteLimit: byteLimit, archive: nil)
    }

    package init(byteLimit: Int, archive: (any PartialArchive)?) {
        self.byteLimit = byteLimit
        self.archive = byteLimit > 0 ? archive : nil
    }

    /// Forgets everything.
    public func removeAll() { state.withLock { $0 = State() } }

    /// What all that is kept takes in memory.
    public var byteCount: Int { state.withLock { $0.byteCount } }

    /// The contributions that are known, in the order of `keys`.
    func partials(of plan: PlanFingerprint, _ keys: [PartialKey]) -> [SegmentPartial?] {
        state.withLock { state in
            state.clock += 1
            state.plans[plan]?.lastUse = state.clock
            guard let entry = state.plans[plan] else { return .init(repeating: nil, count: keys.count) }
            return keys.map { entry.partials[$0] }
        }
    }

    /// Brings in what the archive has of a plan, unless the plan is here already.
    ///
    /// - Parameter decode: nil for bytes that are no contribution to the plan.
    func recall(_ plan: PlanFingerprint, current: [SegmentIdentity], decode: ([UInt8]) throws -> SegmentPartial?)
        rethrows
    {
        guard let archive, state.withLock({ $0.plans[plan] == nil }) else { return }
        let known = Set(current)
        let found = try archive.read(plan: plan.text).compactMap { archived in
            let key = PartialKey(archived)
            return known.contains(key.segment) ? try decode(archived.bytes).map { (key: key, partial: $0) } : nil
        }
        if !found.isEmpty { insert(found, of: plan, current: current) }
    }

    /// Sees to it that the archive gets contributions at the next `flush`.
    func archiveLater(_ plan: PlanFingerprint, _ partials: [ArchivedPartial]) {
        guard partials.reduce(0, { $0 + $1.bytes.count }) <= PartialCache.mostArchivedBytes else {
            return
        }
        state.withLock { $0.pending[plan, default: []] += partials }
    }

    /// Whether contributions can outlive the process.
    var hasArchive: Bool { archive != nil }

    /// Whether a scan of so many rows is worth an entry in the archive.
    func archives(rowCount: Int) -> Bool { archive.map { rowCount >= $0.fewestRows } ?? false }

    /// Gives the archive what is new since the last time.
    public func flush() {
        let pending = state.withLock { state in
            defer { state.pending = [:] }
            return state.pending
        }
        for (plan, partials) in pending { archive?.write(plan: plan.text, partials) }
    }

    /// Contributions of a plan that are larger together are not archived: reading them would cost what scanning does.
    private static let mostArchivedBytes = 32 << 20

    /// Keeps contributions, and forgets those of segments that are no more as they were, at the latest when they are an
    /// eighth of all.
    ///
    /// - Parameter current: all segments of the table.
    /// - Returns: false when they are too large to be kept.
    @discardableResult
    func insert(
        _ new: [(key: PartialKey, partial: SegmentPartial)], of plan: PlanFingerprint, current: [SegmentIdentity]
    )
        -> Bool
    {
        let added = new.reduce(0) { $0 + $1.partial.byteCount }
        return state.withLock { state in
            state.clock += 1
            var entry = state.plans.removeValue(forKey: plan) ?? PlanEntry()
            state.byteCount -= entry.byteCount
            let limit = byteLimit / PartialCache.largestPlanShare
            if entry.partials.count + new.count > entry.largestCount || entry.byteCount + added > limit {
                entry.forgetOthers(than: current)
            }
            guard entry.byteCount + added <= limit else {
                entry = PlanEntry()
                return false
            }
            for (key, partial) in new where entry.partials[key] == nil {
                entry.partials[key] = partial
                entry.byteCount += partial.byteCount
            }
            entry.lastUse = state.clock
            state.byteCount += entry.byteCount
            state.plans[plan] = entry
            PartialCache.shrink(&state, to: byteLimit)
            return true
        }
    }

    /// Takes the running totals of a plan and time range out, for one query's use.
    func takeTotals(of plan: PlanFingerprint, _ timeRange: PlannedTimeRange) -> ScanTotals? {
        state.withLock { state in
            state.clock += 1
            state.plans[plan]?.lastUse = state.clock
            guard let totals = state.plans[plan]?.totals.removeValue(forKey: timeRange) else { return nil }
            state.plans[plan]?.byteCount -= totals.byteCount
            state.byteCount -= totals.byteCount
            return totals
        }
    }

    func putTotals(_ totals: ScanTotals, of plan: PlanFingerprint, _ timeRange: PlannedTimeRange) {
        state.withLock { state in
            guard var entry = state.plans.removeValue(forKey: plan) else { return }
            let added = totals.byteCount
            if entry.totals[timeRange] == nil, entry.totals.count < PartialCache.mostTotals,
                entry.byteCount + added <= byteLimit / PartialCache.largestPlanShare
            {
                entry.totals[timeRange] = totals
                entry.byteCount += added
                state.byteCount += added
            }
            state.plans[plan] = entry
            PartialCache.shrink(&state, to: byteLimit)
        }
    }

    func joins(of plan: PlanFingerprint) -> JoinedTables? {
        state.withLock { $0.plans[plan]?.joins?.tables }
    }

    /// Keeps joined tables with the contributions that were found by them, or notes that they have grown.
    func keepJoins(_ joins: JoinedTables, of plan: PlanFingerprint) {
        let byteCount = joins.byteCount
        state.withLock { state in
            guard var entry = state.plans.removeValue(forKey: plan) else { return }
            let added = byteCount - (entry.joins?.byteCount ?? 0)
            if entry.byteCount + added <= byteLimit / PartialCache.largestPlanShare {
                entry.joins = (joins, byteCount)
                entry.byteCount += added
                state.byteCount += added
            }
            state.plans[plan] = entry
            PartialCache.shrink(&state, to: byteLimit)
        }
    }

    /// First rows as they were kept, to be read.
    func firstRows(of meaning: String) -> KeptFirstRows? {
        state.withLock { state in
            state.clock += 1
            state.marks[meaning]?.lastUse = state.clock
            return state.marks[meaning]?.firstRows
        }
    }

    /// Takes first rows out, for one query to bring them to another state of the table.
    func takeFirstRows(of meaning: String) -> KeptFirstRows? {
        state.withLock { state in
            guard let entry = state.marks.removeValue(forKey: meaning) else { return nil }
            state.byteCount -= entry.byteCount
            return entry.firstRows
        }
    }

    /// - Returns: false when they are too large to be kept, or another query's are there already.
    func putFirstRows(_ firstRows: KeptFirstRows, of meaning: String) -> Bool {
        let byteCount = firstRows.byteCount
        return state.withLock { state in
            guard state.marks[meaning] == nil, byteCount <= byteLimit / PartialCache.largestPlanShare else {
                return false
            }
            state.clock += 1
            state.marks[meaning] = MarkEntry(firstRows: firstRows, byteCount: byteCount, lastUse: state.clock)
            state.byteCount += byteCount
            PartialCache.shrink(&state, to: byteLimit)
            return true
        }
    }

    /// Forgets what was not used for the longest.
    private static func shrink(_ state: inout State, to byteCount: Int) {
        guard state.byteCount > byteCount else { return }
        let plans = state.plans.map { (lastUse: $0.value.lastUse, plan: Optional($0.key), meaning: "") }
        let marks = state.marks.map { (lastUse: $0.value.lastUse, plan: PlanFingerprint?.none, meaning: $0.key) }
        for entry in (plans + marks).sorted(by: { $0.lastUse < $1.lastUse }) {
            guard state.byteCount > byteCount else { return }
            if let plan = entry.plan {
                state.byteCount -= state.plans.removeValue(forKey: plan)?.byteCount ?? 0
            } else {
                state.byteCount -= state.marks.removeValue(forKey: entry.meaning)?.byteCount ?? 0
            }
        }
    }
}

extension SegmentPartial {
    /// What it takes in memory, shared strings apart.
    var byteCount: Int {
        keys.count * 8 + rowCounts.reduce(0) { $0 + $1.count * 8 } + folds.reduce(0) { $0 + $1.byteCount } + 256
    }
}

extension PartialFold {
    fileprivate var byteCount: Int {
        switch self {
        case .counts(let counts): counts.count * 8
        case .integerSums(let sums, _): sums.count * 24
        case .floatSums(let sums, _): sums.count * 16
        case .extrema(let extrema, _): extrema.count * 9
        case .values(let values): values.byteCount
        }
    }
}
