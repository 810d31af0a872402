/// Reads dates and times from text of fixed layout, byte by byte: no formatter, no allocation.
public enum TimestampText {
    /// Why a text is no timestamp.
    public enum Failure: Error, Hashable, Sendable {
        case malformed
        case noSuchDay
        case noSuchTime
        /// The text names no offset and no zone was declared for it.
        case zoneMissing
    }

    /// Reads RFC 3339 and its relaxed forms: `2026-03-01T16:00:00Z`, `2026-03-01 16:00:00.123`, `2026-03-01T16:00+08:00`,
    /// `2026-03-01`.
    ///
    /// - Parameter zone: what the text means when it names no offset; nil makes such a text an error.
    public static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, zone: BusinessZone?
    ) throws(Failure) -> Timestamp {
        var cursor = Cursor(bytes: bytes)
        let date = try cursor.date()
        guard !cursor.isAtEnd else {
            guard let zone else { throw .zoneMissing }
            return zone.timestamp(date)
        }
        guard cursor.take(UInt8(ascii: "T")) || cursor.take(UInt8(ascii: " ")) || cursor.take(UInt8(ascii: "t"))
        else { throw .malformed }
        let time = try cursor.timeOfDay()
        if cursor.isAtEnd {
            guard let zone else { throw .zoneMissing }
            return zone.timestamp(date, time)
        }
        return Timestamp(date, time, offsetSeconds: try cursor.offsetSeconds())
    }

    public static func parse(_ text: String, zone: BusinessZone?) throws(Failure) -> Timestamp {
        var copy = text
        let result: Result<Timestamp, Failure> = copy.withUTF8 { bytes in
            do throws(Failure) { return .success(try parse(bytes, zone: zone)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Reads `2026-03-01`.
    public static func parseDate(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> CivilDate {
        var cursor = Cursor(bytes: bytes)
        let date = try cursor.date()
        guard cursor.isAtEnd else { throw .malformed }
        return date
    }

    private struct Cursor {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func number(digits: Int) throws(Failure) -> Int {
            guard index + digits <= bytes.count else { throw .malformed }
            var value = 0
            for _ in 0..<digits {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit <= 9 else { throw .malformed }
                value = value * 10 + Int(digit)
                index += 1
            }
            return value
        }

        mutating func expect(_ byte: UInt8) throws(Failure) {
            guard take(byte) else { throw .malformed }
        }

        mutating func date() throws(Failure) -> CivilDate {
            let year = try number(digits: 4)
            try expect(UInt8(ascii: "-"))
            let month = try number(digits: 2)
            try expect(UInt8(ascii: "-"))
            let day = try number(digits: 2)
            guard let date = CivilDate.validated(year: year, month: month, day: day) else { throw .noSuchDay }
            return date
        }

        mutating func timeOfDay() throws(Failure) -> TimeOfDay {
            let hour = try number(digits: 2)
            try expect(UInt8(ascii: ":"))
            let minute = try number(digits: 2)
            var second = 0
            var microsecond = 0
            if take(UInt8(ascii: ":")) {
                second = try number(digits: 2)
                if take(UInt8(ascii: ".")) { microsecond = try fraction() }
            }
            guard hour < 24, minute < 60, second < 60 else { throw .noSuchTime }
            return TimeOfDay(hour: hour, minute: minute, second: second, microsecond: microsecond)
        }

        /// Fractional seconds; digits past the sixth are cut off, not rounded, so that a moment never moves forward.
        private mutating func fraction() throws(Failure) -> Int {
            var value = 0
            var digits = 0
            while index < bytes.count {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit <= 9 else { break }
                if digits < 6 { value = value * 10 + Int(digit) }
                digits += 1
                index += 1
            }
            guard digits > 0 else { throw .malformed }
            for _ in min(digits, 6)..<6 { value *= 10 }
            return value
        }

        mutating func offsetSeconds() throws(Failure) -> Int {
            if take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) {
                guard isAtEnd else { throw .malformed }
                return 0
            }
            let sign: Int
            if take(UInt8(ascii: "+")) {
                sign = 1
            } else if take(UInt8(ascii: "-")) {
                sign = -1
            } else {
                throw .malformed
            }
            let hours = try number(digits: 2)
            _ = take(UInt8(ascii: ":"))
            let minutes = try number(digits: 2)
            guard isAtEnd else { throw .malformed }
            guard hours <= 18, minutes < 60 else { throw .noSuchTime }
            return sign * (hours * 3600 + minutes * 60)
        }
    }
}
