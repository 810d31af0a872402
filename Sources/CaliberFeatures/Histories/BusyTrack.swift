/// One kind of fact of a busy key.
final class BusyTrack {
    private let plan: BusyPlan
    /// Moments, and the values that sums are of.
    let facts: Timeline
    let values: [ValueTimeline]
    /// By window: before the first fact in it.
    private let starts: UnsafeMutablePointer<Timeline.Position>
    /// When the next fact leaves a window.
    private var nextLeave = Int64.max

    init(_ plan: BusyPlan) {
        self.plan = plan
        facts = Timeline(stride: 1 + plan.summed.count)
        values = plan.values.map { ValueTimeline($0.kind) }
        starts = .allocate(capacity: max(1, plan.windowCount))
        starts.update(repeating: Timeline.Position(block: 0, offset: 0), count: plan.windowCount)
    }

    deinit { starts.deallocate() }

    var isEmpty: Bool { facts.count == 0 && values.allSatisfy { $0.timeline.count == 0 } }

    /// - Returns: when the next fact leaves a window.
    func insert(
        time: Int64, _ kept: UnsafePointer<Int64>, now: Int64, _ record: UnsafeMutablePointer<Int64>
    ) -> Int64 {
        for (index, value) in plan.values.enumerated() where kept[value.payload] != FactValues.absent {
            values[index].insert(kept[value.payload], at: time)
        }
        guard time > now &- plan.longest else { return nextLeave }
        _ = advance(now: now, record)
        let insertion = facts.insert(time)
        for (index, payload) in plan.summed.enumerated() { insertion.entry[1 + index] = kept[payload] }
        for index in 0..<plan.windowCount {
            let window = plan.windows + index
            if time > now &- window.pointee.length {
                add(insertion.entry, to: window, record)
                nextLeave = min(nextLeave, time &+ window.pointee.length)
                if insertion.position < starts[index] { starts[index] = insertion.position }
            } else if starts[index].block == insertion.position.block {
                // The window has been left by all before it, and by the fact itself.
                starts[index].offset += 1
            } else if starts[index] < insertion.position {
                starts[index] = Timeline.Position(
                    block: insertion.position.block, offset: insertion.position.offset + 1)
            }
        }
        if insertion.isSplit { findStarts(now: now) }
        return nextLeave
    }

    @inline(__always)
    private func add(
        _ entry: UnsafePointer<Int64>, to window: UnsafePointer<BusyPlan.Window>,
        _ record: UnsafeMutablePointer<Int64>
    ) {
        record[window.pointee.count] += 1
        for index in 0..<window.pointee.sumCount {
            let sum = window.pointee.sums + index
            KeyFigures.addSums(entry[sum.pointee.entry], sum.pointee.measure, to: record)
        }
    }

    private func findStarts(now: Int64) {
        for index in 0..<plan.windowCount { starts[index] = facts.position(after: now &- plan.windows[index].length) }
    }

    /// Takes up facts that were put away, in the order of time; there must be none yet.
    func restore(_ words: UnsafePointer<Int64>, count: Int, now: Int64, _ record: UnsafeMutablePointer<Int64>) {
        for fact in 0..<count {
            let words = words + fact * facts.stride
            facts.insert(words[0]).entry.update(from: words, count: facts.stride)
            for index in 0..<plan.windowCount where words[0] > now &- plan.windows[index].length {
                add(words, to: plan.windows + index, record)
            }
        }
        findStarts(now: now)
        nextLeave = .min
    }

    /// Takes back what has left each window.
    ///
    /// - Returns: when the next fact leaves a window.
    @inline(__always)
    func advance(now: Int64, _ record: UnsafeMutablePointer<Int64>) -> Int64 {
        if now >= nextLeave { leave(now: now, record) }
        return nextLeave
    }

    private func leave(now: Int64, _ record: UnsafeMutablePointer<Int64>) {
        nextLeave = .max
        for index in 0..<plan.windowCount {
            let window = plan.windows + index
            let bound = now &- window.pointee.length
            var position = starts[index]
            while let settled = facts.settled(position) {
                position = settled
                let entry = facts.entry(position)
                guard entry[0] <= bound else {
                    nextLeave = min(nextLeave, entry[0] &+ window.pointee.length)
                    break
                }
                record[window.pointee.count] -= 1
                for index in 0..<window.pointee.sumCount {
                    let sum = window.pointee.sums + index
                    KeyFigures.take(entry[sum.pointee.entry], sum.pointee.measure, from: record)
                }
                position.offset += 1
            }
            starts[index] = position
        }
        forgetBlocks()
    }

    /// Forgets blocks that all windows have left.
    private func forgetBlocks() {
        guard plan.windowCount > 0 else { return }
        let longest = starts[plan.windowCount - 1]
        guard longest.block > 0 || facts.settled(longest) == nil else { return }
        let gone = facts.removeBlocks(before: longest)
        for index in 0..<plan.windowCount {
            starts[index] =
                starts[index].block < gone
                ? Timeline.Position(block: 0, offset: 0)
                : Timeline.Position(block: starts[index].block - gone, offset: starts[index].offset)
        }
    }

    /// Fills in figures of values, as of a moment.
    func lookUp(now: Int64, _ record: UnsafeMutablePointer<Int64>) {
        guard !values.isEmpty else { return }
        if !plan.isEndless { for value in values { value.removeFirst(upTo: now &- plan.longest) } }
        for index in 0..<plan.windowCount {
            let window = plan.windows + index
            for place in 0..<window.pointee.figureCount {
                let figure = window.pointee.figures[place]
                record[figure.place] = values[figure.values].figure(after: now &- window.pointee.length)
            }
        }
        for figure in plan.distinctEver { record[figure.place] = Int64(values[figure.values].timeline.count) }
    }
}
