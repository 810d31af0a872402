/// Decimal text to whole minor units and back, digit by digit: no binary float stands in between.
public enum DecimalText {
    /// Why a text is no exact amount.
    public enum Failure: Error, Hashable, Sendable {
        case malformed
        /// More decimals than the unit has, and not zeros: `19.999` of a currency with two.
        case tooPrecise
        case outOfRange
    }

    /// The largest magnitude an event's amount may have, in minor units. A sum over 9,000 such events still fits.
    public static let largestAmountMinor: Int64 = 1_000_000_000_000_000

    /// Reads `19.90`, `-3`, `+0.5`, `1e3`; grouping signs, spaces and currency signs are refused.
    ///
    /// - Parameter scale: decimals of the unit; `19.9` at scale 2 is 1990. Missing decimals are zeros.
    public static func parse(_ bytes: UnsafeBufferPointer<UInt8>, scale: Int) throws(Failure) -> Int64 {
        var index = 0
        var negative = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            negative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        var digits = Digits()
        let wholeStart = index
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") <= 9 {
            try digits.append(bytes[index] &- UInt8(ascii: "0"))
            index += 1
        }
        guard index > wholeStart else { throw .malformed }
        var decimals = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            while index < bytes.count, bytes[index] &- UInt8(ascii: "0") <= 9 {
                try digits.append(bytes[index] &- UInt8(ascii: "0"))
                index += 1
            }
            decimals = index - start
            guard decimals > 0 else { throw .malformed }
        }
        let exponent = try exponent(bytes, &index)
        guard index == bytes.count else { throw .malformed }
        let magnitude = try digits.scaled(byPowerOfTen: scale - decimals + exponent)
        return negative ? -magnitude : magnitude
    }

    public static func parse(_ text: String, scale: Int) throws(Failure) -> Int64 {
        var copy = text
        let result: Result<Int64, Failure> = copy.withUTF8 { bytes in
            do throws(Failure) { return .success(try parse(bytes, scale: scale)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func exponent(
        _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) throws(Failure) -> Int {
        guard index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") else { return 0 }
        index += 1
        var negative = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            negative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        let start = index
        var value = 0
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") <= 9 {
            value = min(value * 10 + Int(bytes[index] &- UInt8(ascii: "0")), 1000)
            index += 1
        }
        guard index > start else { throw .malformed }
        return negative ? -value : value
    }

    /// Significant digits as an integer; trailing zeros are held back so that `1.50000000000000000000` still fits.
    private struct Digits {
        var value: Int64 = 0
        var pendingZeros = 0

        mutating func append(_ digit: UInt8) throws(Failure) {
            if digit == 0 {
                if value != 0 || pendingZeros > 0 { pendingZeros += 1 }
                return
            }
            try shift(by: pendingZeros + 1)
            pendingZeros = 0
            let (sum, overflow) = value.addingReportingOverflow(Int64(digit))
            guard !overflow else { throw .outOfRange }
            value = sum
        }

        mutating func shift(by powerOfTen: Int) throws(Failure) {
            guard value != 0 else { return }
            for _ in 0..<powerOfTen {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                guard !overflow else { throw .outOfRange }
                value = product
            }
        }

        consuming func scaled(byPowerOfTen power: Int) throws(Failure) -> Int64 {
            let total = power + pendingZeros
            if total >= 0 {
                try shift(by: total)
            } else {
                for _ in 0..<min(-total, 20) {
                    guard value % 10 == 0 else { throw .tooPrecise }
                    value /= 10
                }
            }
            guard value <= DecimalText.largestAmountMinor else { throw .outOfRange }
            return value
        }
    }

    /// `1990` at scale 2 as `19.90`.
    public static func format(_ value: some FixedWidthInteger & Sendable, scale: Int) -> String {
        let digits = String(value.magnitude)
        let sign = value < 0 ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return sign + padded.dropLast(scale) + "." + padded.suffix(scale)
    }
}
