import Foundation

/// Reads NDJSON: lines end with a line feed, a carriage return before it is dropped, blank lines are passed over, and
/// the last line needs no end.
final class EventLineReader: LineBlockReader {
    private let source: any ByteSource
    private let shelf: BlockShelf
    private let lineLimit: Int
    /// What is asked of the source at once.
    private let pieceByteCount: Int
    /// Whether a piece is waited for until it is full or the input ends.
    private let fillsPieces: Bool
    /// What was read and is no line of a block yet.
    private var carried: [UInt8] = []
    private var nextNumber: Int64 = 1
    private var isAtStart = true
    /// The source has no more.
    private var isAtEnd = false
    /// Everything was given.
    private var isDone = false
    /// Within a line that was refused for its length.
    private var isSkipping = false

    /// - Parameter lineLimit: lines of a block. With a limit a block is given as soon as its lines are there, however
    ///   slowly the input comes; nil gives blocks by their bytes.
    init(
        _ source: any ByteSource, chunkByteCount: Int = EventLogLimits.chunkByteCount, lineLimit: Int? = nil
    ) {
        self.source = source
        self.lineLimit = lineLimit ?? .max
        fillsPieces = lineLimit == nil
        pieceByteCount = fillsPieces ? chunkByteCount : EventLogLimits.livePieceByteCount
        // Of what is carried over, at most one line is longer than a piece.
        shelf = BlockShelf(capacity: chunkByteCount + EventLogLimits.lineByteCount + EventLogLimits.livePieceByteCount)
    }

    var totalByteCount: Int64? { source.totalByteCount }

    func next() throws -> LineBlock? {
        guard !isDone else { return nil }
        let block = LineBlock(from: shelf)
        carried.withUnsafeBufferPointer { block.append($0) }
        var rest = cut(block, from: 0)
        while !isFull(block), !isAtEnd, block.capacity - block.byteCount >= pieceByteCount {
            try readPiece(into: block)
            if isAtStart {
                isAtStart = false
                rest = byteOrderMarkCount(block)
            }
            rest = cut(block, from: rest)
            // A block by bytes is one piece.
            if fillsPieces { break }
        }
        block.consumedByteCount = source.consumedByteCount
        carryOver(block, from: rest)
        block.isLast = isDone
        return block
    }

    private func isFull(_ block: LineBlock) -> Bool { block.lineCount >= lineLimit }

    private func readPiece(into block: LineBlock) throws {
        let fresh = UnsafeMutableRawBufferPointer(start: block.bytes + block.byteCount, count: pieceByteCount)
        let count = fillsPieces ? try source.fill(fresh) : try source.read(into: fresh)
        isAtEnd = fillsPieces ? count < pieceByteCount : count == 0
        block.byteCount += count
    }

    /// Keeps what is behind the block's last line for the next block, or ends the input with it.
    private func carryOver(_ block: LineBlock, from rest: Int) {
        carried.removeAll(keepingCapacity: true)
        if !isFull(block), isAtEnd {
            if rest < block.byteCount || isSkipping { take(block, rest..<block.byteCount) }
            isDone = true
        } else if isFull(block) {
            carried.append(contentsOf: UnsafeBufferPointer(start: block.bytes + rest, count: block.byteCount - rest))
        } else if !isSkipping {
            if block.byteCount - rest > EventLogLimits.lineByteCount {
                refuse(block, rest..<block.byteCount)
                isSkipping = true
            } else {
                carried.append(
                    contentsOf: UnsafeBufferPointer(start: block.bytes + rest, count: block.byteCount - rest))
            }
        }
    }

    private func byteOrderMarkCount(_ block: LineBlock) -> Int {
        block.byteCount >= 3 && block.bytes[0] == 0xEF && block.bytes[1] == 0xBB && block.bytes[2] == 0xBF ? 3 : 0
    }

    /// Takes the lines that have their end in the block, as many as it may hold, and gives where the rest begins.
    private func cut(_ block: LineBlock, from first: Int) -> Int {
        var start = first
        while !isFull(block), let found = memchr(block.bytes + start, 0x0A, block.byteCount - start) {
            let end = UnsafeRawPointer(found) - UnsafeRawPointer(block.bytes)
            take(block, start..<end)
            start = end + 1
        }
        return start
    }

    @inline(__always)
    private func take(_ block: LineBlock, _ range: Range<Int>) {
        let number = nextNumber
        if isSkipping {
            isSkipping = false
            nextNumber += 1
            return
        }
        var end = range.upperBound
        if end > range.lowerBound, block.bytes[end - 1] == 0x0D { end -= 1 }
        guard end - range.lowerBound <= EventLogLimits.lineByteCount else {
            refuse(block, range)
            nextNumber += 1
            return
        }
        nextNumber += 1
        guard !isBlank(block, range.lowerBound, end) else { return }
        block.append(LineBlock.Line(start: Int32(range.lowerBound), end: Int32(end), number: number))
    }

    @inline(__always)
    private func isBlank(_ block: LineBlock, _ start: Int, _ end: Int) -> Bool {
        for index in start..<end where block.bytes[index] != 0x20 && block.bytes[index] != 0x09 { return false }
        return true
    }

    private func refuse(_ block: LineBlock, _ range: Range<Int>) {
        let kept = Swift.min(range.count, EventLogLimits.lineByteCount)
        block.refusals.append(
            LineBlock.Refusal(
                problem: .lineTooLong(byteLimit: EventLogLimits.lineByteCount), number: nextNumber,
                body: Data(bytes: block.bytes + range.lowerBound, count: kept)))
    }
}
