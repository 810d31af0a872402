import CaliberColumns
import CaliberDictionary
import CaliberTables

/// All segments' contributions to one scan taken together: groups, totals by group, and which segment gave what.
///
/// Sums, counts and collected values can be taken back, so that when a segment changes its old contribution goes and the
/// new one comes, whatever the length of the history. Floats and extrema can't; where there are any, all contributions
/// are added anew.
///
/// One query's own at a time.
final class ScanTotals: @unchecked Sendable {
    // Safe to hand on: the cache gives it to one query, which puts it back when it is done.
    private(set) var groups: GroupRegistry
    private(set) var states: FoldStates
    /// In the order of the segments.
    private(set) var members: [Member] = []
    private let program: ScanProgram
    private let dimensions: [PlannedDimension]
    private var nextPart = 0
    private var ownByteCount = 0

    struct Member {
        let key: PartialKey
        let partial: SegmentPartial
        /// The group here for each of the segment's.
        let numbers: [Int32]
        /// By which collected values know it.
        let part: Int
    }

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

    /// What it takes in memory, the contributions apart.
    var byteCount: Int { ownByteCount + states.folds.reduce(0) { $0 + $1.keptByteCount } }

    /// The keys whose contributions are not part of the totals, as positions.
    func missing(from keys: [PartialKey]) -> [Int] {
        let (old, new) = differing(from: keys)
        if old.isEmpty { return Array(new) }
        let known = Set(members[old].map(\.key))
        return new.filter { !known.contains(keys[$0]) }
    }

    /// Makes the totals those of just these contributions.
    ///
    /// - Parameters:
    ///   - keys: in the order of the segments.
    ///   - new: by position, the contributions that were missing.
    func update(to keys: [PartialKey], with new: [Int: SegmentPartial]) {
        let (old, changed) = differing(from: keys)
        if old.isEmpty, changed.isEmpty { return }
        var known: [PartialKey: Member] = [:]
        for member in members[old] { known[member.key] = member }
        let kept = changed.map { position in new[position] == nil ? known.removeValue(forKey: keys[position]) : nil }
        let isIncremental =
            !members.isEmpty && (known.count + new.count) * 4 <= keys.count
            && states.folds.allSatisfy(\.isReversible)
        if isIncremental {
            for member in known.values { takeBack(member) }
            let middle = zip(changed, kept).map { position, member in
                member ?? new[position].map { add(keys[position], $0) }
            }
            members.replaceSubrange(old, with: middle.compactMap { $0 })
            if !hasEmptyGroups { return }
            addAnew(keys, members.map(\.partial))
        } else {
            let middle = zip(changed, kept).map { position, member in member?.partial ?? new[position] }
            addAnew(
                keys,
                members[..<old.lowerBound].map(\.partial) + middle.compactMap { $0 }
                    + members[old.upperBound...].map(\.partial))
        }
    }

    private func addAnew(_ keys: [PartialKey], _ partials: [SegmentPartial]) {
        precondition(partials.count == keys.count, "a missing contribution was not given")
        reset()
        members = zip(keys, partials).map { add($0, $1) }
    }

    /// Where members and keys are not the same, what begins and ends alike cut off.
    private func differing(from keys: [PartialKey]) -> (old: Range<Int>, new: Range<Int>) {
        let shorter = min(keys.count, members.count)
        var start = 0
        while start < shorter, members[start].key == keys[start] { start += 1 }
        var tail = 0
        while tail < shorter - start, members[members.count - 1 - tail].key == keys[keys.count - 1 - tail] { tail += 1 }
        return (start..<members.count - tail, start..<keys.count - tail)
    }

    private func reset() {
        members = []
        ownByteCount = 4096
        groups = GroupRegistry(dimensions)
        states = FoldStates(program)
        // Without dimensions there is one group even when no row counts.
        if dimensions.isEmpty {
            _ = groups.number(of: [0])
            states.grow(to: groups.count)
        }
    }

    private func add(_ key: PartialKey, _ partial: SegmentPartial) -> Member {
        let known = groups.count
        let numbers = groups.numbers(of: partial)
        states.grow(to: groups.count)
        states.merge(partial, numbers, part: nextPart)
        defer { nextPart += 1 }
        ownByteCount +=
            numbers.count * 4 + 128 + (groups.count - known) * (dimensions.count + 4 + states.folds.count * 3) * 8
        return Member(key: key, partial: partial, numbers: numbers, part: nextPart)
    }

    private func takeBack(_ member: Member) {
        states.takeBack(member.partial, member.numbers, part: member.part)
        ownByteCount -= member.numbers.count * 4 + 128
    }

    /// The states where this scan's groups are put together.
    ///
    /// - Parameter regrouped: for each group, the one it goes to, below `count`.
    func states(regrouped: [Int32], count: Int) -> FoldStates {
        var merged = FoldStates(program)
        merged.grow(to: count)
        for (part, member) in members.enumerated() {
            merged.merge(member.partial, member.numbers.map { regrouped[Int($0)] }, part: part)
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
