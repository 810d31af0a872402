/// What became of each line of a chunk, in memory that serves one chunk after the other.
final class OutcomeList {
    private var memory = UnsafeMutablePointer<DecodedChunk.Outcome>.allocate(capacity: 1)
    private var capacity = 1
    private(set) var count = 0

    deinit { memory.deallocate() }

    func begin(_ lineCount: Int) {
        if lineCount > capacity {
            memory.deallocate()
            memory = .allocate(capacity: lineCount)
            capacity = lineCount
        }
        count = lineCount
        memory.update(repeating: .open, count: lineCount)
    }

    subscript(line: Int) -> DecodedChunk.Outcome {
        get { memory[line] }
        set { memory[line] = newValue }
    }

    var all: [DecodedChunk.Outcome] { Array(UnsafeBufferPointer(start: memory, count: count)) }
}
