import CSimdJSON
import Foundation
import Synchronization

/// A chunk of input in memory, cut into lines. After the last line there are as many readable bytes as the parser wants.
///
/// Passes from the thread that reads to the one that decodes to the one that compresses, and serves one at a time.
final class LineBlock: @unchecked Sendable {
    // Safe to share: each stage of intake lets go of the block when it hands it on.
    // What every line asks for is private, so that the compiler sees all accesses and needs no check of each.
    private(set) var capacity: Int
    private var memory: Memory
    // The memory's own, each to be read without looking whether the whole is being changed.
    private var byteStart: UnsafeMutablePointer<UInt8>
    private var lineStart: UnsafeMutablePointer<Line>
    private(set) var lineCount = 0
    private let shelf: BlockShelf?
    var byteCount = 0
    /// What could not even become a line of JSON.
    var refusals: [Refusal] = []
    /// Rows that the lines were made from, for inputs that are tables.
    var rows: [UInt8] = []
    /// How far the input has been read.
    var consumedByteCount: Int64 = 0
    /// No other block comes after it; a reader that says so never may find out too late.
    var isLast = false

    struct Line {
        var start: Int32
        var end: Int32
        /// From 1.
        var number: Int64
        /// Where in `rows` the line's row stands; empty when the input has no rows.
        var row: Range<Int32> = 0..<0
    }

    struct Refusal {
        let problem: IntakeProblem
        let number: Int64
        let body: Data
    }

    init(capacity: Int) {
        self.capacity = capacity
        shelf = nil
        memory = Memory(capacity)
        (byteStart, lineStart) = (memory.bytes, memory.lines)
    }

    /// A block in memory that an earlier one had, if there is some on the shelf.
    init(from shelf: BlockShelf) {
        capacity = shelf.capacity
        self.shelf = shelf
        memory = shelf.take() ?? Memory(shelf.capacity)
        (byteStart, lineStart) = (memory.bytes, memory.lines)
    }

    deinit {
        if let shelf, capacity == shelf.capacity {
            shelf.give(memory)
        } else {
            memory.deallocate()
        }
    }

    var bytes: UnsafeMutablePointer<UInt8> { byteStart }

    /// Where its lines' values stand, once they were looked at.
    var cuts: LineCuts { memory.cuts }

    @inline(__always)
    func line(_ index: Int) -> Line {
        precondition(index < lineCount, "a block of \(lineCount) lines has no line \(index)")
        return lineStart[index]
    }

    func append(_ line: Line) {
        if lineCount == memory.lineCapacity {
            memory.growLines(lineCount)
            lineStart = memory.lines
        }
        lineStart[lineCount] = line
        lineCount += 1
    }

    func removeFirstLines(_ count: Int) {
        precondition(count <= lineCount, "a block of \(lineCount) lines has no \(count) to remove")
        lineStart.update(from: lineStart + count, count: lineCount - count)
        lineCount -= count
    }

    func removeLines(from first: Int) {
        precondition(first <= lineCount, "a block of \(lineCount) lines has no line \(first) to remove from")
        lineCount = first
    }

    /// Makes a line shorter.
    func cut(_ index: Int, to end: Int) { lineStart[index].end = Int32(end) }

    /// Makes room for more bytes after those there are.
    func reserve(_ additional: Int) {
        guard byteCount + additional > capacity else { return }
        let newCapacity = Swift.max(byteCount + additional, capacity * 2)
        memory.growBytes(byteCount, to: newCapacity)
        byteStart = memory.bytes
        capacity = newCapacity
    }

    @inline(__always)
    func append(_ byte: UInt8) {
        reserve(1)
        bytes[byteCount] = byte
        byteCount += 1
    }

    func append(_ text: UnsafeBufferPointer<UInt8>) {
        guard let start = text.baseAddress else { return }
        reserve(text.count)
        (bytes + byteCount).update(from: start, count: text.count)
        byteCount += text.count
    }

    func append(_ text: [UInt8]) { text.withUnsafeBufferPointer { append($0) } }

    @inline(__always)
    func text(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let line = line(index)
        return UnsafeBufferPointer(start: byteStart + Int(line.start), count: Int(line.end - line.start))
    }

    func originRow(_ line: Line) -> Data? {
        line.row.isEmpty ? nil : Data(rows[Int(line.row.lowerBound)..<Int(line.row.upperBound)])
    }
}

extension LineBlock {
    /// A block's bytes and its lines' places.
    struct Memory: @unchecked Sendable {
        // Safe to share: belongs to one block, or lies on a shelf where nobody else knows of it.
        fileprivate var bytes: UnsafeMutablePointer<UInt8>
        fileprivate var lines = UnsafeMutablePointer<Line>.allocate(capacity: 64)
        fileprivate var lineCapacity = 64
        fileprivate let cuts = LineCuts()

        fileprivate init(_ capacity: Int) {
            bytes = Memory.allocate(capacity)
        }

        fileprivate func deallocate() {
            bytes.deallocate()
            lines.deallocate()
        }

        private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
            let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Int(CALIBER_JSON_PADDING))
            // The parser reads the padding, though what it holds does not matter.
            (bytes + capacity).initialize(repeating: 0, count: Int(CALIBER_JSON_PADDING))
            return bytes
        }

        fileprivate mutating func growBytes(_ byteCount: Int, to capacity: Int) {
            let new = Memory.allocate(capacity)
            new.update(from: bytes, count: byteCount)
            bytes.deallocate()
            bytes = new
        }

        fileprivate mutating func growLines(_ lineCount: Int) {
            lineCapacity *= 2
            let new = UnsafeMutablePointer<Line>.allocate(capacity: lineCapacity)
            new.update(from: lines, count: lineCount)
            lines.deallocate()
            lines = new
        }
    }
}

/// Memory for blocks of one size, used again and again: fresh memory has to be cleared by the system first.
final class BlockShelf: Sendable {
    let capacity: Int
    private let free = Mutex<[LineBlock.Memory]>([])

    private static let countLimit = 4

    init(capacity: Int) {
        self.capacity = capacity
    }

    deinit {
        free.withLock { for memory in $0 { memory.deallocate() } }
    }

    func take() -> LineBlock.Memory? { free.withLock { $0.popLast() } }

    func give(_ memory: LineBlock.Memory) {
        let isKept = free.withLock { free in
            guard free.count < BlockShelf.countLimit else { return false }
            free.append(memory)
            return true
        }
        if !isKept { memory.deallocate() }
    }
}

/// Cuts an input into blocks of lines, within constant memory.
protocol LineBlockReader: AnyObject {
    /// The next block; nil at the end. A block may hold no line.
    func next() throws -> LineBlock?
    var totalByteCount: Int64? { get }
}
