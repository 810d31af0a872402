/// Things of one key in the order of time, in blocks: one that comes late moves no more than its block.
///
/// Each takes `stride` words, the first of which is its moment. What happened at the same moment stands in any order.
final class Timeline {
    let stride: Int
    private(set) var blocks: [Block] = []
    private(set) var count = 0

    struct Block {
        var start: UnsafeMutablePointer<Int64>
        var count: Int
        var room: Int
    }

    /// Before an entry, or behind the last one of a block.
    struct Position: Equatable {
        var block: Int
        var offset: Int

        static func < (left: Position, right: Position) -> Bool {
            left.block != right.block ? left.block < right.block : left.offset < right.offset
        }
    }

    struct Insertion {
        let position: Position
        /// Where the entry's words are to be written.
        let entry: UnsafeMutablePointer<Int64>
        /// Whether positions found before mean something else now.
        let isSplit: Bool
    }

    private static let fewestRoom = 16
    private static let greatestRoom = 256

    init(stride: Int) {
        self.stride = stride
    }

    deinit {
        for block in blocks { block.start.deallocate() }
    }

    @inline(__always)
    func entry(_ position: Position) -> UnsafeMutablePointer<Int64> {
        blocks[position.block].start + position.offset * stride
    }

    /// The same position at the entry that it is before; nil at the end.
    @inline(__always)
    func settled(_ position: Position) -> Position? {
        guard position.block < blocks.count else { return nil }
        if position.offset < blocks[position.block].count { return position }
        return position.block + 1 < blocks.count ? Position(block: position.block + 1, offset: 0) : nil
    }

    /// Before the first entry that is later than a moment. Behind the last of a block, when the next begins there.
    func position(after bound: Int64) -> Position {
        var low = 0
        var high = blocks.count
        // The first block that begins later: no block is empty.
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].start[0] > bound { high = middle } else { low = middle + 1 }
        }
        guard low > 0 else { return Position(block: 0, offset: 0) }
        let block = blocks[low - 1]
        var first = 0
        var end = block.count
        while first < end {
            let middle = (first + end) / 2
            if block.start[middle * stride] > bound { end = middle } else { first = middle + 1 }
        }
        return Position(block: low - 1, offset: first)
    }

    /// How many entries stand before a position.
    func rank(_ position: Position) -> Int {
        var rank = position.offset
        for block in 0..<min(position.block, blocks.count) { rank += blocks[block].count }
        return rank
    }

    /// Makes room for an entry of a moment, behind all that are not later.
    func insert(_ time: Int64) -> Insertion {
        count += 1
        guard let last = blocks.last else {
            addBlock()
            return place(in: 0, at: 0, time, isSplit: false)
        }
        // Most come in the order of time.
        if time >= last.start[(last.count - 1) * stride] {
            if last.count == Timeline.greatestRoom { addBlock() }
            return place(in: blocks.count - 1, at: blocks[blocks.count - 1].count, time, isSplit: false)
        }
        let found = position(after: time)
        guard blocks[found.block].count == Timeline.greatestRoom else {
            return place(in: found.block, at: found.offset, time, isSplit: false)
        }
        let half = Timeline.greatestRoom / 2
        split(found.block, at: half)
        return found.offset <= half
            ? place(in: found.block, at: found.offset, time, isSplit: true)
            : place(in: found.block + 1, at: found.offset - half, time, isSplit: true)
    }

    private func place(in index: Int, at offset: Int, _ time: Int64, isSplit: Bool) -> Insertion {
        if blocks[index].count == blocks[index].room { grow(index) }
        let block = blocks[index]
        let entry = block.start + offset * stride
        (entry + stride).update(from: entry, count: (block.count - offset) * stride)
        entry[0] = time
        blocks[index].count += 1
        return Insertion(position: Position(block: index, offset: offset), entry: entry, isSplit: isSplit)
    }

    /// Takes an entry out. Positions found before mean something else then.
    func remove(_ position: Position) {
        count -= 1
        let block = blocks[position.block]
        guard block.count > 1 else {
            block.start.deallocate()
            blocks.remove(at: position.block)
            return
        }
        let entry = block.start + position.offset * stride
        entry.update(from: entry + stride, count: (block.count - position.offset - 1) * stride)
        blocks[position.block].count -= 1
    }

    /// Forgets whole blocks before a position.
    ///
    /// - Returns: how many there were.
    func removeBlocks(before position: Position) -> Int {
        var gone = 0
        while gone < blocks.count,
            gone < position.block || gone == position.block && position.offset >= blocks[gone].count
        {
            blocks[gone].start.deallocate()
            count -= blocks[gone].count
            gone += 1
        }
        if gone > 0 { blocks.removeFirst(gone) }
        return gone
    }

    /// Forgets all before a position.
    func removeFirst(upTo position: Position) {
        let gone = removeBlocks(before: position)
        guard gone == position.block, position.offset > 0, let first = blocks.first else { return }
        first.start.update(
            from: first.start + position.offset * stride, count: (first.count - position.offset) * stride)
        blocks[0].count -= position.offset
        count -= position.offset
    }

    private func addBlock() {
        let room = blocks.isEmpty ? Timeline.fewestRoom : Timeline.greatestRoom
        blocks.append(Block(start: .allocate(capacity: room * stride), count: 0, room: room))
    }

    private func grow(_ index: Int) {
        let block = blocks[index]
        let room = min(block.room * 2, Timeline.greatestRoom)
        let start = UnsafeMutablePointer<Int64>.allocate(capacity: room * stride)
        start.update(from: block.start, count: block.count * stride)
        block.start.deallocate()
        blocks[index] = Block(start: start, count: block.count, room: room)
    }

    private func split(_ index: Int, at offset: Int) {
        let block = blocks[index]
        let start = UnsafeMutablePointer<Int64>.allocate(capacity: Timeline.greatestRoom * stride)
        start.update(from: block.start + offset * stride, count: (block.count - offset) * stride)
        blocks[index].count = offset
        blocks.insert(Block(start: start, count: block.count - offset, room: Timeline.greatestRoom), at: index + 1)
    }
}
