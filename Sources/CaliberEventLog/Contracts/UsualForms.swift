import CaliberCore
import CaliberDictionary

/// Amounts as nearly every source writes them: digits, a point, and all decimals of the currency.
package enum UsualAmount {
    /// The amount in minor units; nil when the text is of another form, which `DecimalText` may read all the same.
    @inline(__always)
    package static func read(_ text: UnsafeBufferPointer<UInt8>, minorDigits: Int) -> Int64? {
        let wholeCount = text.count - minorDigits - (minorDigits > 0 ? 1 : 0)
        // Twelve digits and their decimals are below the largest amount there may be.
        guard wholeCount > 0, wholeCount <= 12, minorDigits <= 3 else { return nil }
        var value: Int64 = 0
        var odd: UInt8 = 0
        for index in 0..<wholeCount {
            let digit = text[index] &- UInt8(ascii: "0")
            odd |= digit > 9 ? 1 : 0
            value = value &* 10 &+ Int64(digit)
        }
        guard minorDigits > 0 else { return odd == 0 ? value : nil }
        odd |= text[wholeCount] ^ UInt8(ascii: ".")
        for index in (wholeCount + 1)..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            odd |= digit > 9 ? 1 : 0
            value = value &* 10 &+ Int64(digit)
        }
        return odd == 0 ? value : nil
    }
}

/// Times as nearly every source writes them, `2026-03-01T16:00:00.123+08:00`, with or without fraction and offset; remembers
/// the day of the last one, since events come in about the order of their times.
package struct UsualTime {
    /// The ten bytes of the date, and what they mean.
    private var dateHead: UInt64 = 0
    private var dateTail: UInt16 = 0
    private var dayMicroseconds: Int64 = 0
    /// East of UTC throughout the day and its neighbours, for texts that name no offset; nil when it changes or there
    /// is no zone.
    private var zoneMicroseconds: Int64?

    private static let minute: Int64 = 60_000_000

    package init() {}

    /// The moment; nil when the text is of another form, which `TimestampText` may read all the same.
    ///
    /// - Parameter zone: of texts that name no offset; asked for once a day of the events, and the same each time.
    @inline(__always)
    package mutating func read(_ text: UnsafeBufferPointer<UInt8>, zone: () -> BusinessZone?) -> Int64? {
        guard let local = local(text, zone) else { return nil }
        return finish(text, local)
    }

    /// The local time up to its seconds, as if it were UTC.
    @inline(__always)
    private mutating func local(_ text: UnsafeBufferPointer<UInt8>, _ zone: () -> BusinessZone?) -> Int64? {
        guard text.count >= 19, let start = text.baseAddress else { return nil }
        let bytes = UnsafeRawPointer(start)
        let head = bytes.loadUnaligned(as: UInt64.self)
        let tail = bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        if head != dateHead || tail != dateTail {
            guard remember(UnsafeBufferPointer(start: start, count: 10), head, tail, zone()) else { return nil }
        }
        guard start[10] == UInt8(ascii: "T") || start[10] == UInt8(ascii: " "), start[13] == UInt8(ascii: ":"),
            start[16] == UInt8(ascii: ":")
        else { return nil }
        let hour = UsualTime.twoDigits(start + 11)
        let minute = UsualTime.twoDigits(start + 14)
        let second = UsualTime.twoDigits(start + 17)
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return dayMicroseconds &+ (hour &* 3600 &+ minute &* 60 &+ second) &* 1_000_000
    }

    /// Adds the fraction and takes off the offset, which end the text.
    @inline(__always)
    private func finish(_ text: UnsafeBufferPointer<UInt8>, _ local: Int64) -> Int64? {
        var microseconds = local
        var end = 19
        if text.count >= 23, text[19] == UInt8(ascii: ".") {
            var fraction: Int64 = 0
            for index in 20..<23 {
                let digit = text[index] &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                fraction = fraction &* 10 &+ Int64(digit)
            }
            microseconds = microseconds &+ fraction &* 1000
            end = 23
        }
        if end == text.count {
            guard let zoneMicroseconds else { return nil }
            return microseconds &- zoneMicroseconds
        }
        let sign = text[end]
        if text.count == end + 1 { return sign == UInt8(ascii: "Z") ? microseconds : nil }
        guard text.count == end + 6, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            text[end + 3] == UInt8(ascii: ":"), let start = text.baseAddress
        else { return nil }
        let hours = UsualTime.twoDigits(start + end + 1)
        let minutes = UsualTime.twoDigits(start + end + 4)
        guard hours <= 18, minutes < 60 else { return nil }
        let offset = (hours &* 60 &+ minutes) &* UsualTime.minute
        return sign == UInt8(ascii: "+") ? microseconds &- offset : microseconds &+ offset
    }

    /// More than 99 when the two bytes are no digits.
    @inline(__always)
    private static func twoDigits(_ bytes: UnsafePointer<UInt8>) -> Int64 {
        let tens = bytes[0] &- UInt8(ascii: "0")
        let ones = bytes[1] &- UInt8(ascii: "0")
        return tens <= 9 && ones <= 9 ? Int64(tens &* 10 &+ ones) : 100
    }

    @inline(never)
    private mutating func remember(
        _ date: UnsafeBufferPointer<UInt8>, _ head: UInt64, _ tail: UInt16, _ zone: BusinessZone?
    ) -> Bool {
        guard let day = try? TimestampText.parseDate(date) else { return false }
        dateHead = head
        dateTail = tail
        dayMicroseconds = Int64(day.dayNumber) * Timestamp.microsecondsPerDay
        zoneMicroseconds = nil
        guard let zone else { return true }
        // Offsets are below a day, so that within this span no moment of the day has another one.
        let span = zone.offsetSpan(at: Timestamp(microseconds: dayMicroseconds - 2 * Timestamp.microsecondsPerDay))
        if span.to > dayMicroseconds + 3 * Timestamp.microsecondsPerDay {
            zoneMicroseconds = Int64(span.offsetSeconds) * Timestamp.microsecondsPerSecond
        }
        return true
    }
}
