import CaliberCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lines of JSON, byte by byte into one block that is handed on when it is full.
///
/// Texts come from the simulator's own vocabulary and need no escapes.
struct NDJSONWriter: ~Copyable {
    /// The block is reserved once and freed at the end, and every append checks that it fits; nothing else points
    /// into it but `bytes`, while it is borrowed.
    private let block: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var lineStart = 0
    /// The day written last, which the next is most often too.
    private var writtenDay: Int32?
    private var writtenComponents = (year: 0, month: 0, day: 0)

    private static let capacity = 1 << 20
    /// Longer than any line.
    private static let longestLine = 4096

    init() {
        block = .allocate(capacity: NDJSONWriter.capacity)
    }

    deinit {
        block.deallocate()
    }

    var isFull: Bool { count > NDJSONWriter.capacity - NDJSONWriter.longestLine }

    func withBytes<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        try body(UnsafeRawBufferPointer(start: block, count: count))
    }

    mutating func clear() { count = 0 }

    mutating func beginLine() { lineStart = count }

    mutating func endLine() { byte(UInt8(ascii: "\n")) }

    /// Ends the line early, at `permille` thousandths of its length.
    mutating func breakLine(atPermille permille: Int) {
        count = lineStart + max(1, (count - lineStart) * permille / 1000)
        endLine()
    }

    @inline(__always)
    private mutating func room(_ length: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(count + length <= NDJSONWriter.capacity, "a line is shorter than \(NDJSONWriter.longestLine)")
        let start = block + count
        count += length
        return start
    }

    @inline(__always)
    mutating func byte(_ byte: UInt8) { room(1).pointee = byte }

    @inline(__always)
    mutating func text(_ text: StaticString) {
        memcpy(room(text.utf8CodeUnitCount), text.utf8Start, text.utf8CodeUnitCount)
    }

    @inline(__always)
    mutating func text(_ text: [UInt8]) {
        let start = room(text.count)
        text.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress { memcpy(start, base, bytes.count) }
        }
    }

    /// Decimal digits with leading zeros up to `width`; higher digits are cut off.
    mutating func digits(_ number: Int64, width: Int) {
        let start = room(width)
        var rest = UInt64(number)
        var index = width
        // Two at a time: most of what is written are digits.
        while index >= 2 {
            let (above, pair) = rest.quotientAndRemainder(dividingBy: 100)
            let tens = UInt8(truncatingIfNeeded: (pair * 103) >> 10)
            start[index - 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pair) - tens * 10
            start[index - 2] = UInt8(ascii: "0") + tens
            rest = above
            index -= 2
        }
        if index == 1 { start[0] = UInt8(ascii: "0") + UInt8(rest % 10) }
    }

    mutating func integer(_ number: Int64) {
        precondition(number >= 0, "only counts are written, got \(number)")
        var width = 1
        var bound: Int64 = 10
        while number >= bound && width < 18 {
            width += 1
            bound *= 10
        }
        digits(number, width: width)
    }

    /// `1990` as `19.90`.
    mutating func amount(_ minor: Int64) {
        integer(minor / 100)
        byte(UInt8(ascii: "."))
        digits(minor % 100, width: 2)
    }

    mutating func hexadecimal(_ number: UInt64) {
        let start = room(16)
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - index * 4)) & 15
            start[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }

    /// How a moment is written; all forms show Shanghai's clock.
    enum TimeForm {
        /// `2026-06-01T10:00:03.412+08:00`
        case milliseconds
        /// `2026-06-01T10:00:03+08:00`
        case seconds
        /// `2026-06-01 10:00:03`, as payment channels write it.
        case plain
        /// `2026-06-01T10:00:03.412`, with no word on the zone.
        case zoneMissing
    }

    mutating func time(_ milliseconds: Int64, _ form: TimeForm) {
        let local = milliseconds + TradingCalendar.offsetMilliseconds
        let day = local.flooredQuotient(by: TradingCalendar.millisecondsPerDay)
        let within = local - day * TradingCalendar.millisecondsPerDay
        let (year, month, dayOfMonth) = components(ofDay: Int32(truncatingIfNeeded: day))
        let seconds = within / 1000
        digits(Int64(year), width: 4)
        byte(UInt8(ascii: "-"))
        digits(Int64(month), width: 2)
        byte(UInt8(ascii: "-"))
        digits(Int64(dayOfMonth), width: 2)
        byte(form == .plain ? UInt8(ascii: " ") : UInt8(ascii: "T"))
        digits(seconds / 3600, width: 2)
        byte(UInt8(ascii: ":"))
        digits(seconds / 60 % 60, width: 2)
        byte(UInt8(ascii: ":"))
        digits(seconds % 60, width: 2)
        if form == .milliseconds || form == .zoneMissing {
            byte(UInt8(ascii: "."))
            digits(within % 1000, width: 3)
        }
        if form == .milliseconds || form == .seconds { text("+08:00") }
    }

    /// `20260601`
    mutating func compactDay(_ milliseconds: Int64) {
        let (year, month, day) = components(ofDay: CivilDate(shanghaiMilliseconds: milliseconds).dayNumber)
        digits(Int64(year * 10_000 + month * 100 + day), width: 8)
    }

    private mutating func components(ofDay day: Int32) -> (year: Int, month: Int, day: Int) {
        if writtenDay != day {
            writtenComponents = CivilDate(dayNumber: day).components
            writtenDay = day
        }
        return writtenComponents
    }
}
