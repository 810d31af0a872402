/// What one value of a busy key's facts was, as far as it matters to how many different ones there are, or to which is the
/// greatest: each value at the moment at which it was last seen, or those that no later one reaches.
final class ValueTimeline {
    enum Kind {
        case distinct, greatest
    }

    let kind: Kind
    /// Moment and value.
    let timeline = Timeline(stride: 2)
    /// Of different values, when each was last seen.
    private var latest: [Int64: Int64] = [:]

    init(_ kind: Kind) {
        self.kind = kind
    }

    func insert(_ value: Int64, at time: Int64) {
        switch kind {
        case .distinct: insertDistinct(value, time)
        case .greatest: insertGreatest(value, time)
        }
    }

    private func insertDistinct(_ value: Int64, _ time: Int64) {
        if let known = latest[value] {
            guard time > known else { return }
            remove(value, at: known)
        }
        latest[value] = time
        timeline.insert(time).entry[1] = value
    }

    private func remove(_ value: Int64, at time: Int64) {
        var next = timeline.settled(timeline.position(after: time - 1))
        while let position = next, timeline.entry(position)[0] == time {
            if timeline.entry(position)[1] == value { return timeline.remove(position) }
            next = timeline.settled(Timeline.Position(block: position.block, offset: position.offset + 1))
        }
    }

    /// Values fall from each to the next: one that a later one reaches is nowhere the greatest.
    private func insertGreatest(_ value: Int64, _ time: Int64) {
        let place = timeline.position(after: time)
        if let later = timeline.settled(place), timeline.entry(later)[1] >= value { return }
        var next = place
        while let position = before(next), timeline.entry(position)[1] <= value {
            timeline.remove(position)
            // Where the removed one took its block with it, the one before is the last of the block before.
            next = position
        }
        timeline.insert(time).entry[1] = value
    }

    private func before(_ position: Timeline.Position) -> Timeline.Position? {
        if position.offset > 0 { return Timeline.Position(block: position.block, offset: position.offset - 1) }
        guard position.block > 0 else { return nil }
        return Timeline.Position(block: position.block - 1, offset: timeline.blocks[position.block - 1].count - 1)
    }

    /// Forgets what happened up to a moment.
    func removeFirst(upTo bound: Int64) {
        guard let first = timeline.blocks.first, first.start[0] <= bound else { return }
        let end = timeline.position(after: bound)
        if kind == .distinct {
            for block in 0...end.block {
                let count = block == end.block ? end.offset : timeline.blocks[block].count
                for offset in 0..<count {
                    latest[timeline.entry(Timeline.Position(block: block, offset: offset))[1]] = nil
                }
            }
        }
        timeline.removeFirst(upTo: end)
    }

    /// How many different values, or the greatest, since a moment; `FactValues.absent` for none.
    func figure(after bound: Int64) -> Int64 {
        let position = timeline.position(after: bound)
        switch kind {
        case .distinct: return Int64(timeline.count - timeline.rank(position))
        case .greatest: return timeline.settled(position).map { timeline.entry($0)[1] } ?? FactValues.absent
        }
    }
}
