import Foundation

/// Reads NDJSON: lines end with a line feed, a carriage return before it is dropped, blank lines are passed over, and
/// the last line needs no end.
final class EventLineReader: LineBlockReader {
    private let source: any ByteSource
    private let chunkByteCount: Int
    /// The beginning of a line whose end was not read yet.
    private var carried: [UInt8] = []
    private var nextNumber: Int64 = 1
    private var isAtStart = true
    private var isAtEnd = false
    /// Within a line that was refused for its length.
    private var isSkipping = false

    init(_ source: any ByteSource, chunkByteCount: Int = EventLogLimits.chunkByteCount) {
        self.source = source
        self.chunkByteCount = chunkByteCount
    }

    var totalByteCount: Int64? { source.totalByteCount }

    func next() throws -> LineBlock? {
        guard !isAtEnd else { return nil }
        let block = LineBlock(capacity: carried.count + chunkByteCount)
        carried.withUnsafeBufferPointer { carried in
            if let start = carried.baseAddress { block.bytes.update(from: start, count: carried.count) }
        }
        let fresh = UnsafeMutableRawBufferPointer(start: block.bytes + carried.count, count: chunkByteCount)
        let count = try source.fill(fresh)
        block.byteCount = carried.count + count
        isAtEnd = count < chunkByteCount
        block.consumedByteCount = source.consumedByteCount
        var start = 0
        if isAtStart {
            isAtStart = false
            start = byteOrderMarkCount(block)
        }
        let rest = cut(block, from: start)
        carried = Array(UnsafeBufferPointer(start: block.bytes + rest, count: block.byteCount - rest))
        if isAtEnd {
            finish(block, from: rest)
        } else if isSkipping {
            carried = []
        } else if carried.count > EventLogLimits.lineByteCount {
            refuse(block, rest..<block.byteCount)
            isSkipping = true
            carried = []
        }
        return block
    }

    private func byteOrderMarkCount(_ block: LineBlock) -> Int {
        block.byteCount >= 3 && block.bytes[0] == 0xEF && block.bytes[1] == 0xBB && block.bytes[2] == 0xBF ? 3 : 0
    }

    /// Takes every line that has its end in the block, and gives where the rest begins.
    private func cut(_ block: LineBlock, from first: Int) -> Int {
        var start = first
        block.lines.reserveCapacity(block.byteCount / 256)
        while let found = memchr(block.bytes + start, 0x0A, block.byteCount - start) {
            let end = UnsafeRawPointer(found) - UnsafeRawPointer(block.bytes)
            take(block, start..<end)
            start = end + 1
        }
        return start
    }

    private func finish(_ block: LineBlock, from rest: Int) {
        if rest < block.byteCount || isSkipping { take(block, rest..<block.byteCount) }
        carried = []
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
        block.lines.append(LineBlock.Line(start: Int32(range.lowerBound), end: Int32(end), number: number))
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
