import CSimdJSON
import Foundation

/// A chunk of input in memory, cut into lines. After the last line there are as many readable bytes as the parser wants.
///
/// Passes from the thread that reads to the one that decodes to the one that compresses, and serves one at a time.
final class LineBlock: @unchecked Sendable {
    // Safe to share: each stage of intake lets go of the block when it hands it on.
    private(set) var capacity: Int
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    var byteCount = 0
    var lines: [Line] = []
    /// What could not even become a line of JSON.
    var refusals: [Refusal] = []
    /// Rows that the lines were made from, for inputs that are tables.
    var rows: [UInt8] = []
    /// How far the input has been read.
    var consumedByteCount: Int64 = 0

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
        bytes = LineBlock.allocate(capacity)
    }

    deinit { bytes.deallocate() }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Int(CALIBER_JSON_PADDING))
        // The parser reads the padding, though what it holds does not matter.
        (bytes + capacity).initialize(repeating: 0, count: Int(CALIBER_JSON_PADDING))
        return bytes
    }

    /// Makes room for more bytes after those there are.
    func reserve(_ additional: Int) {
        guard byteCount + additional > capacity else { return }
        let newCapacity = Swift.max(byteCount + additional, capacity * 2)
        let new = LineBlock.allocate(newCapacity)
        new.update(from: bytes, count: byteCount)
        bytes.deallocate()
        bytes = new
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
    func text(_ line: Line) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes + Int(line.start), count: Int(line.end - line.start))
    }

    func originRow(_ line: Line) -> Data? {
        line.row.isEmpty ? nil : Data(rows[Int(line.row.lowerBound)..<Int(line.row.upperBound)])
    }
}

/// Cuts an input into blocks of lines, within constant memory.
protocol LineBlockReader: AnyObject {
    /// The next block; nil at the end. A block may hold no line.
    func next() throws -> LineBlock?
    var totalByteCount: Int64? { get }
}
