/// A moment: microseconds since 1970-01-01T00:00:00Z, on the proleptic Gregorian calendar without leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The moment a civil date and time name in a zone that is `offsetSeconds` east of UTC.
    public init(_ date: CivilDate, _ time: TimeOfDay, offsetSeconds: Int = 0) {
        let seconds = Int64(date.dayNumber) * 86_400 - Int64(offsetSeconds)
        self.init(microseconds: seconds * 1_000_000 + time.microseconds)
    }

    public static let microsecondsPerSecond: Int64 = 1_000_000
    public static let microsecondsPerDay: Int64 = 86_400_000_000

    /// The earliest and latest moments an event may carry: years 1 to 9999.
    public static let earliest = Timestamp(CivilDate(year: 1, month: 1, day: 1), .midnight)
    public static let latest = Timestamp(
        CivilDate(year: 9999, month: 12, day: 31), TimeOfDay(microseconds: microsecondsPerDay - 1))

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}

/// A time of day: microseconds since midnight, from 0 up to but not including a day.
public struct TimeOfDay: Hashable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) {
        precondition(
            (0..<Timestamp.microsecondsPerDay).contains(microseconds),
            "a time of day is within one day, got \(microseconds) µs")
        self.microseconds = microseconds
    }

    public init(hour: Int, minute: Int, second: Int = 0, microsecond: Int = 0) {
        let seconds = Int64(hour * 3600 + minute * 60 + second)
        self.init(microseconds: seconds * Timestamp.microsecondsPerSecond + Int64(microsecond))
    }

    public static let midnight = TimeOfDay(microseconds: 0)
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, with as many fractional digits as the moment needs: `2026-03-01T16:00:00Z`.
    public var description: String { formatted(offsetSeconds: 0) }

    /// RFC 3339 at an offset from UTC: `2026-03-02T00:00:00+08:00`.
    public func formatted(offsetSeconds: Int) -> String {
        let local = microseconds + Int64(offsetSeconds) * Timestamp.microsecondsPerSecond
        let day = local.flooredQuotient(by: Timestamp.microsecondsPerDay)
        let within = local - day * Timestamp.microsecondsPerDay
        let seconds = Int(within / Timestamp.microsecondsPerSecond)
        var text = CivilDate(dayNumber: Int32(clamping: day)).description
        text += "T" + twoDigits(seconds / 3600) + ":" + twoDigits(seconds / 60 % 60) + ":" + twoDigits(seconds % 60)
        let fraction = Int(within % Timestamp.microsecondsPerSecond)
        if fraction != 0 {
            var digits = String(1_000_000 + fraction).dropFirst()
            while digits.last == "0" { digits = digits.dropLast() }
            text += "." + digits
        }
        return text + zoneSuffix(offsetSeconds)
    }

    private func zoneSuffix(_ offsetSeconds: Int) -> String {
        guard offsetSeconds != 0 else { return "Z" }
        let minutes = abs(offsetSeconds) / 60
        return (offsetSeconds < 0 ? "-" : "+") + twoDigits(minutes / 60) + ":" + twoDigits(minutes % 60)
    }
}

func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
}

extension FixedWidthInteger {
    /// The quotient rounded towards negative infinity; `divisor` is positive.
    @inlinable
    public func flooredQuotient(by divisor: Self) -> Self {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
