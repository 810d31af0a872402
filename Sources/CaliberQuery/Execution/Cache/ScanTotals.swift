import CaliberColumns
import CaliberDictionary
import CaliberTables

/// All segments' contributions to one scan taken together: groups, totals by group, and which segment gave what.
///
/// Sums, counts and sorted values can be taken back, so that when a segment changes its old contribution goes and the
/// new one comes, whatever the length of the history. Floats and extrema can't; where there are any, all contributions
/// are added anew.
///
/// One query's own at a time.
final class ScanTotals: @unchecked Sendable {
    // Safe to hand on: the cache gives it to one query, which puts it back when it is done.
    private(set) var groups: GroupRegistry
    private(set) var states: FoldStates
    private var members: [PartialKey: Member] = [:]
    private let program: ScanProgram
    private let dimensions: [PlannedDimension]
    private(set) var byteCount = 0

    private struct Member {
        let partial: SegmentPartial
        /// The group here for each of the segment's.
        let numbers: [Int32]
        /// By which sorted values know it.
        let part: Int
    }

    private var nextPart = 0

    init(_ program: ScanProgram, dimensions: [PlannedDimension]) {
        self.program = program
        self.dimensions = dimensions
        groups = GroupRegistry(dimensions)
        states = FoldStates(program)
        reset()
    }

    /// Whether days are put together to the same periods of calendars; plans that differ in nothing else share the
    /// contributions of segments.
    func isOf(_ other: [PlannedDimension]) -> Bool { dimensions.map(\.calendarGrain) == other.map(\.calendarGrain) }

    /// Makes the totals those of just these contributions, given in the order of their segments.
    func update(to contributions: [(key: PartialKey, partial: SegmentPartial)]) {
        let wanted = Set(contributions.map(\.key))
        let gone = members.keys.filter { !wanted.contains($0) }
        let new = contributions.filter { members[$0.key] == nil }
        if gone.isEmpty, new.isEmpty { return }
        let isIncremental = !members.isEmpty && (gone.count + new.count) * 4 <= contributions.count
        if isIncremental, states.folds.allSatisfy(\.isReversible) {
            for key in gone { remove(key) }
            for (key, partial) in new { add(key, partial) }
            if !hasEmptyGroups { return }
        }
        reset()
        for (key, partial) in contributions { add(key, partial) }
    }

    private func reset() {
        members = [:]
        byteCount = 4096
        groups = GroupRegistry(dimensions)
        states = FoldStates(program)
        // Without dimensions there is one group even when no row counts.
        if dimensions.isEmpty {
            _ = groups.number(of: [0])
            states.grow(to: groups.count)
        }
    }

    private func add(_ key: PartialKey, _ partial: SegmentPartial) {
        let known = groups.count
        let numbers = groups.numbers(of: partial)
        states.grow(to: groups.count)
        states.merge(partial, numbers, part: nextPart)
        members[key] = Member(partial: partial, numbers: numbers, part: nextPart)
        nextPart += 1
        byteCount +=
            numbers.count * 4 + 128 + (groups.count - known) * (dimensions.count + 4 + states.folds.count * 3) * 8
    }

    private func remove(_ key: PartialKey) {
        guard let member = members.removeValue(forKey: key) else { return }
        states.takeBack(member.partial, member.numbers, part: member.part)
        byteCount -= member.numbers.count * 4 + 128
    }

    /// The states of contributions where this scan's groups are put together.
    ///
    /// - Parameters:
    ///   - contributions: those that the totals were last updated to.
    ///   - regrouped: for each group, the one it goes to, below `count`.
    func states(
        of contributions: [ScanExecution.Contribution], regrouped: [Int32], count: Int
    ) -> FoldStates {
        var merged = FoldStates(program)
        merged.grow(to: count)
        for (part, contribution) in contributions.enumerated() {
            guard let numbers = members[contribution.key]?.numbers else { continue }
            merged.merge(contribution.partial, numbers.map { regrouped[Int($0)] }, part: part)
        }
        return merged
    }

    /// Some group has lost its last row: it must not show.
    private var hasEmptyGroups: Bool {
        guard !dimensions.isEmpty else { return false }
        let used = program.masksOfGroups.map { states.rowCounts[$0] }
        return (0..<groups.count).contains { group in used.allSatisfy { $0[group] == 0 } }
    }
}

extension ScanProgram {
    /// The row counts (all, then by mask) of which one must not be zero for a group to be.
    var masksOfGroups: [Int] {
        let used = Set(folds.map { $0.mask.map { $0 + 1 } ?? 0 })
        return used.isEmpty ? [0] : used.sorted()
    }
}
