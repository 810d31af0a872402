import CaliberCore
import CaliberDictionary

/// What happened to each key of one entity in one respect, over several windows at once.
///
/// The facts of a key are a chain in the order of time. Each window remembers the oldest fact in it and the figures of
/// those from there on; what leaves is taken back when its key is looked at next. All figures are whole numbers, so they
/// are the same whatever the order of arrival and however often they are looked at.
final class Track {
    let plan: TrackPlan
    let facts: FactMemory
    let entity: Int
    let layout: TrackLayout
    /// Records of `layout.stride` words, one a key.
    private(set) var records: UnsafeMutablePointer<Int64>
    private(set) var keyCount = 0
    private var keyCapacity = 64
    /// At `fact - facts.first`: the next and the previous of a key's chain, as lower halves of their numbers.
    private(set) var links: UnsafeMutablePointer<Link>
    private var linkCapacity = 256
    private(set) var linkCount = 0
    /// The latest fact with a value, for windows that count different values.
    var latest: [DistinctValue: Int] = [:]
    /// At `fact - facts.first`, a bit a measure: a later fact has the same value.
    private(set) var superseded: UnsafeMutablePointer<UInt32>

    struct Link {
        var next: UInt32 = .max
        var previous: UInt32 = .max
    }

    struct DistinctValue: Hashable {
        let key: Int32
        let measure: Int32
        let lane: Int64
    }

    init(_ plan: TrackPlan, facts: FactMemory, entity: Int) {
        self.plan = plan
        self.facts = facts
        self.entity = entity
        layout = TrackLayout(plan)
        records = .allocate(capacity: keyCapacity * layout.stride)
        links = .allocate(capacity: linkCapacity)
        superseded = .allocate(capacity: linkCapacity)
    }

    deinit {
        records.deallocate()
        links.deallocate()
        superseded.deallocate()
    }

    @inline(__always)
    func record(_ key: Int) -> UnsafeMutablePointer<Int64> { records + key * layout.stride }

    /// Makes room for keys up to `count`, and for all facts there are.
    func grow(keys count: Int) {
        if count > keyCount {
            if count > keyCapacity {
                keyCapacity = max(count, keyCapacity * 2)
                let moved = UnsafeMutablePointer<Int64>.allocate(capacity: keyCapacity * layout.stride)
                moved.update(from: records, count: keyCount * layout.stride)
                records.deallocate()
                records = moved
            }
            for key in keyCount..<count { layout.clear(record(key)) }
            keyCount = count
        }
        let factCount = facts.end - facts.first
        if factCount > linkCapacity {
            let capacity = max(factCount, linkCapacity * 2)
            let movedLinks = UnsafeMutablePointer<Link>.allocate(capacity: capacity)
            movedLinks.update(from: links, count: linkCount)
            links.deallocate()
            links = movedLinks
            let movedBits = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
            movedBits.update(from: superseded, count: linkCount)
            superseded.deallocate()
            superseded = movedBits
            linkCapacity = capacity
        }
        if factCount > linkCount {
            (links + linkCount).update(repeating: Link(), count: factCount - linkCount)
            (superseded + linkCount).update(repeating: 0, count: factCount - linkCount)
            linkCount = factCount
        }
    }

    /// Says that the facts before a number are about to be forgotten. Their keys were advanced past them.
    func removeFirst(upTo fact: Int) {
        let gone = min(fact - facts.first, linkCount)
        if plan.measures.contains(where: \.keepsDistinct), !layout.hasEver { forgetValues(upTo: fact) }
        links.update(from: links + gone, count: linkCount - gone)
        superseded.update(from: superseded + gone, count: linkCount - gone)
        linkCount -= gone
    }

    private func forgetValues(upTo fact: Int) {
        for number in facts.first..<fact {
            let key = facts.key(number, entity)
            guard key >= 0 else { continue }
            for (index, measure) in plan.measures.enumerated() where measure.keepsDistinct {
                let value = DistinctValue(
                    key: key, measure: Int32(index), lane: facts.value(number, measure.value))
                if latest[value] == number { latest[value] = nil }
            }
        }
    }

    // MARK: - Chains

    /// The whole number of a fact from its lower half; −1 where there is none, or it is forgotten.
    @inline(__always)
    private func number(_ half: UInt32) -> Int {
        guard half != .max else { return -1 }
        let distance = Int(half &- UInt32(truncatingIfNeeded: facts.first))
        return distance < facts.end - facts.first ? facts.first + distance : -1
    }

    @inline(__always)
    func next(of fact: Int) -> Int { number(links[fact - facts.first].next) }

    @inline(__always)
    private func previous(of fact: Int) -> Int { number(links[fact - facts.first].previous) }

    /// Puts a fact into its key's chain, behind all that did not happen later.
    private func link(_ fact: Int, _ record: UnsafeMutablePointer<Int64>) {
        let time = facts.time(fact)
        var before = Int(record[TrackLayout.newestFact])
        if before < facts.first { before = -1 }
        var after = -1
        while before >= 0, facts.time(before) > time {
            after = before
            before = previous(of: before)
        }
        links[fact - facts.first] = Link(next: half(after), previous: half(before))
        if before >= 0 { links[before - facts.first].next = half(fact) }
        if after >= 0 {
            links[after - facts.first].previous = half(fact)
        } else {
            record[TrackLayout.newestFact] = Int64(fact)
        }
    }

    private func half(_ fact: Int) -> UInt32 { fact < 0 ? .max : UInt32(truncatingIfNeeded: fact) }

    // MARK: - Figures

    /// Adds a fact that has happened and has just become known of a key.
    func insert(_ fact: Int, key: Int, now: Int64) {
        let record = record(key)
        advance(record, now: now)
        let time = facts.time(fact)
        layout.remember(time: time, row: facts.row(fact), in: record)
        if let longest = layout.longestWindow, time > now - longest { link(fact, record) }
        var supersedes: UInt32 = 0
        if layout.keepsDistinct { supersedes = settleDistinct(fact, key: key, time: time, record, now: now) }
        for (window, length) in plan.windows.enumerated() {
            let isEver = length == TrackPlan.ever
            guard isEver || time > now - length else { continue }
            let start = record + layout.window(window)
            if !isEver {
                let oldest = Int(start[TrackLayout.oldest])
                if oldest < 0 || time < facts.time(oldest) { start[TrackLayout.oldest] = Int64(fact) }
            }
            start[TrackLayout.count] += 1
            for (index, measure) in plan.measures.enumerated() {
                let value = facts.value(fact, measure.value)
                guard value != FactMemory.absent else { continue }
                layout.add(value, fact, index, measure, to: start, isEver: isEver, facts)
                if measure.keepsDistinct, supersedes >> UInt32(index) & 1 == 0 {
                    start[layout.distinct(index)] += 1
                }
            }
        }
    }

    /// Finds the latest fact with the same value. Of the two, the earlier one no longer counts among different values.
    ///
    /// - Returns: a bit for each measure that the new fact does not count for.
    private func settleDistinct(
        _ fact: Int, key: Int, time: Int64, _ record: UnsafeMutablePointer<Int64>, now: Int64
    ) -> UInt32 {
        var bits: UInt32 = 0
        for (index, measure) in plan.measures.enumerated() where measure.keepsDistinct {
            let lane = facts.value(fact, measure.value)
            guard lane != FactMemory.absent else { continue }
            let value = DistinctValue(key: Int32(key), measure: Int32(index), lane: lane)
            guard let known = latest[value] else {
                latest[value] = fact
                continue
            }
            let knownTime = known >= facts.first ? facts.time(known) : Int64.min
            guard time >= knownTime else {
                bits |= 1 << UInt32(index)
                superseded[fact - facts.first] |= 1 << UInt32(index)
                continue
            }
            for (window, length) in plan.windows.enumerated() {
                let counted = length == TrackPlan.ever || knownTime > now - length
                if counted { record[layout.window(window) + layout.distinct(index)] -= 1 }
            }
            if known >= facts.first { superseded[known - facts.first] |= 1 << UInt32(index) }
            latest[value] = fact
        }
        return bits
    }

    /// Takes back what has left each window of a key.
    @inline(__always)
    func advance(_ record: UnsafeMutablePointer<Int64>, now: Int64) {
        for (window, length) in plan.windows.enumerated() where length != TrackPlan.ever {
            let start = record + layout.window(window)
            var oldest = Int(start[TrackLayout.oldest])
            let bound = now - length
            guard oldest >= 0, facts.time(oldest) <= bound else { continue }
            while oldest >= 0, facts.time(oldest) <= bound {
                take(oldest, from: start)
                oldest = next(of: oldest)
            }
            start[TrackLayout.oldest] = Int64(oldest)
        }
    }

    private func take(_ fact: Int, from start: UnsafeMutablePointer<Int64>) {
        start[TrackLayout.count] -= 1
        for (index, measure) in plan.measures.enumerated() {
            let value = facts.value(fact, measure.value)
            guard value != FactMemory.absent else { continue }
            layout.take(value, fact, index, measure, from: start)
            if measure.keepsDistinct, superseded[fact - facts.first] >> UInt32(index) & 1 == 0 {
                start[layout.distinct(index)] -= 1
            }
        }
    }

    /// The greatest value in a window; nil when there is none. Looked for along the chain when the last one has left.
    func greatest(_ measure: Int, window: Int, _ record: UnsafeMutablePointer<Int64>) -> Int64? {
        let start = record + layout.window(window)
        guard start[layout.valued(measure)] > 0 else { return nil }
        let place = layout.greatest(measure)
        if plan.windows[window] == TrackPlan.ever { return start[place] }
        let value = plan.measures[measure].value
        if start[place] >= 0 { return facts.value(Int(start[place]), value) }
        var fact = Int(start[TrackLayout.oldest])
        var best = -1
        while fact >= 0 {
            let lane = facts.value(fact, value)
            if lane != FactMemory.absent, best < 0 || lane >= facts.value(best, value) { best = fact }
            fact = next(of: fact)
        }
        start[place] = Int64(best)
        return best < 0 ? nil : facts.value(best, value)
    }
}
