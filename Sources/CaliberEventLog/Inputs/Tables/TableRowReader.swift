import Foundation

/// Reads rows of delimited text as RFC 4180 has them, byte by byte: quotes, doubled quotes, line breaks inside quotes,
/// any line ending, any one-byte delimiter. A quote within an unquoted field is an ordinary character.
///
/// A malformed row is reported and harms no other: one with text after a closing quote ends where its line ends; one
/// whose quote is never closed is given up, and reading goes on at the line after the one it began on.
final class TableRowReader {
    enum Row {
        /// `fields` has it.
        case fields
        case refused(IntakeProblem)
    }

    private let source: any ByteSource
    private let delimiter: UInt8
    private let rowByteLimit: Int
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Where the next row begins, and where what was read ends.
    private var position = 0
    private var end = 0
    private var isAtEnd = false
    private var nextNumber: Int64 = 1

    /// The current row: its first line, its raw bytes, its fields.
    private(set) var number: Int64 = 0
    private var rawRange = 0..<0
    /// The beginning of a row that was longer than the buffer.
    private var cutRow: [UInt8]?
    private var spans: [Span] = []
    /// Fields with doubled quotes, undoubled.
    private var scratch: [UInt8] = []

    private struct Span {
        var start: Int
        var end: Int
        var isInScratch = false
    }

    init(
        _ source: any ByteSource, delimiter: UInt8, rowByteLimit: Int = EventLogLimits.rowByteCount,
        blockByteCount: Int = EventLogLimits.inputBlockByteCount
    ) throws {
        self.source = source
        self.delimiter = delimiter
        self.rowByteLimit = rowByteLimit
        capacity = rowByteLimit + blockByteCount
        buffer = .allocate(capacity: capacity)
        try fill()
        if end >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { position = 3 }
    }

    deinit { buffer.deallocate() }

    var consumedByteCount: Int64 { source.consumedByteCount }
    var totalByteCount: Int64? { source.totalByteCount }
    var fieldCount: Int { spans.count }

    /// The bytes of one field; valid until the next row.
    func withField<Value>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        let span = spans[index]
        guard span.isInScratch else {
            return body(UnsafeBufferPointer(start: buffer + span.start, count: span.end - span.start))
        }
        return scratch.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[span.start..<span.end])) }
    }

    /// The row as the file has it; valid until the next row.
    func withRaw<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        if let cutRow { return cutRow.withUnsafeBufferPointer(body) }
        return body(UnsafeBufferPointer(start: buffer + rawRange.lowerBound, count: rawRange.count))
    }

    /// The next row that is not blank; nil at the end.
    func next() throws -> Row? {
        cutRow = nil
        while true {
            if position == end, try !fill() { return nil }
            switch scan() {
            case .row(let rowEnd, let next, let lineCount):
                begin(rowEnd)
                position = next
                nextNumber += Int64(lineCount)
                if rawRange.isEmpty { continue }
                return .fields
            case .malformed(let problem, let rowEnd, let next, let lineCount):
                begin(rowEnd)
                position = next
                nextNumber += Int64(lineCount)
                return .refused(problem)
            case .unfinished(let isQuoted):
                if end - position < rowByteLimit, try fill() { continue }
                return try giveUp(isQuoted: isQuoted)
            }
        }
    }

    private func begin(_ rowEnd: Int) {
        number = nextNumber
        rawRange = position..<rowEnd
    }

    /// Moves what is not read yet to the front and reads more; false when there is no more.
    @discardableResult
    private func fill() throws -> Bool {
        guard !isAtEnd else { return false }
        if position > 0 {
            buffer.update(from: buffer + position, count: end - position)
            end -= position
            position = 0
        }
        let room = UnsafeMutableRawBufferPointer(start: buffer + end, count: capacity - end)
        let count = try source.fill(room)
        end += count
        if count < room.count { isAtEnd = true }
        return count > 0
    }

    private enum Scan {
        case row(end: Int, next: Int, lineCount: Int)
        case malformed(IntakeProblem, end: Int, next: Int, lineCount: Int)
        case unfinished(isQuoted: Bool)
    }

    private func scan() -> Scan {
        spans.removeAll(keepingCapacity: true)
        scratch.removeAll(keepingCapacity: true)
        var index = position
        var lineCount = 1
        while true {
            if index < end, buffer[index] == UInt8(ascii: "\"") {
                guard let close = quoted(from: index + 1, &lineCount) else { return .unfinished(isQuoted: true) }
                index = close + 1
                if index < end, buffer[index] != delimiter, !isLineBreak(buffer[index]) {
                    return textAfterQuote(index, lineCount)
                }
            } else {
                let start = index
                while index < end, buffer[index] != delimiter, !isLineBreak(buffer[index]) { index += 1 }
                spans.append(Span(start: start, end: index))
            }
            guard index < end else {
                return isAtEnd ? .row(end: index, next: index, lineCount: lineCount) : .unfinished(isQuoted: false)
            }
            if buffer[index] == delimiter {
                index += 1
                continue
            }
            guard let next = lineEnd(index) else { return .unfinished(isQuoted: false) }
            return .row(end: index, next: next, lineCount: lineCount)
        }
    }

    @inline(__always)
    private func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// Where the line after a line break begins; nil when a carriage return ends what was read so far.
    private func lineEnd(_ index: Int) -> Int? {
        guard buffer[index] == 0x0D else { return index + 1 }
        guard index + 1 < end else { return isAtEnd ? index + 1 : nil }
        return buffer[index + 1] == 0x0A ? index + 2 : index + 1
    }

    /// Reads a quoted field from after its quote on, and gives the place of the closing quote.
    private func quoted(from start: Int, _ lineCount: inout Int) -> Int? {
        var index = start
        var lines = 0
        var hasDoubled = false
        while index < end {
            let byte = buffer[index]
            if byte == UInt8(ascii: "\"") {
                if index + 1 == end, !isAtEnd { return nil }
                guard index + 1 < end, buffer[index + 1] == byte else {
                    lineCount += lines
                    append(start..<index, hasDoubled: hasDoubled)
                    return index
                }
                hasDoubled = true
                index += 1
            } else if byte == 0x0A || byte == 0x0D && (index + 1 == end || buffer[index + 1] != 0x0A) {
                lines += 1
            }
            index += 1
        }
        return nil
    }

    private func append(_ range: Range<Int>, hasDoubled: Bool) {
        guard hasDoubled else {
            spans.append(Span(start: range.lowerBound, end: range.upperBound))
            return
        }
        let start = scratch.count
        var index = range.lowerBound
        while index < range.upperBound {
            scratch.append(buffer[index])
            index += buffer[index] == UInt8(ascii: "\"") ? 2 : 1
        }
        spans.append(Span(start: start, end: scratch.count, isInScratch: true))
    }

    private func textAfterQuote(_ index: Int, _ lineCount: Int) -> Scan {
        var lineEndIndex = index
        while lineEndIndex < end, !isLineBreak(buffer[lineEndIndex]) { lineEndIndex += 1 }
        if lineEndIndex == end, !isAtEnd { return .unfinished(isQuoted: false) }
        let text = UnsafeBufferPointer(start: buffer + index, count: min(20, lineEndIndex - index))
        let problem = IntakeProblem.textAfterQuote(text: String(decoding: text, as: UTF8.self))
        guard lineEndIndex < end else {
            return .malformed(problem, end: lineEndIndex, next: lineEndIndex, lineCount: lineCount)
        }
        guard let next = lineEnd(lineEndIndex) else { return .unfinished(isQuoted: false) }
        return .malformed(problem, end: lineEndIndex, next: next, lineCount: lineCount)
    }

    /// Gives up a row that does not end, and resumes at the line after the one it began on.
    private func giveUp(isQuoted: Bool) throws -> Row {
        var index = position
        while index < end, !isLineBreak(buffer[index]) { index += 1 }
        begin(index)
        nextNumber += 1
        if index < end {
            position = lineEnd(index) ?? index + 1
        } else {
            try skipLine()
        }
        return .refused(
            isQuoted ? .unterminatedQuote(byteLimit: rowByteLimit) : .lineTooLong(byteLimit: rowByteLimit))
    }

    /// Passes over the rest of a line that is longer than the buffer. What the row began with is kept in a copy.
    private func skipLine() throws {
        cutRow = withRaw { Array($0) }
        while true {
            var index = position
            while index < end, !isLineBreak(buffer[index]) { index += 1 }
            if index < end, let next = lineEnd(index) {
                position = next
                return
            }
            // A carriage return at the end waits for the byte after it.
            position = index
            guard try fill() else {
                position = end
                return
            }
        }
    }
}
