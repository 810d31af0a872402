import CaliberCore
import CaliberDictionary
import Foundation

/// Values as text: exact where they are exact, the same on every machine.
///
/// - Money: the major amount with all decimals of its currency, `1234.50`.
/// - Quotients of money: the major amount with two decimals more, rounded half away from zero, `19.9033`.
/// - Numbers: the shortest text that reads back the same, or with a fixed count of decimals.
/// - Durations: seconds, with as many decimals as they need.
/// - Days, weeks, months, quarters, years: the first day, `2026-03-01`. Hours: `2026-03-01T16:00:00+08:00`.
struct AnswerFormatting {
    let zone: BusinessZone
    /// Decimals of numbers and quotients; nil for the forms above.
    let decimals: Int?

    static let extraRateDigits = 2

    /// - Returns: nil for null.
    func text(_ value: AnswerValue, _ field: AnswerField) -> String? {
        switch value {
        case .null: nil
        case .boolean(let value): value ? "true" : "false"
        case .text(let text): text
        case .integer(let integer): text(integer, field.type)
        case .number(let number): text(number, field.type)
        }
    }

    private func text(_ integer: Int128, _ type: LogicalType) -> String {
        switch type {
        case .money(let currency), .moneyRate(let currency):
            return DecimalText.format(integer, scale: currency.minorDigits)
        case .duration:
            return AnswerFormatting.trimmed(DecimalText.format(integer, scale: 6))
        case .date:
            return CivilDate(dayNumber: Int32(clamping: integer)).description
        case .timestamp:
            let moment = Timestamp(
                microseconds: Int64(
                    clamping: min(
                        max(integer, Int128(Timestamp.earliest.microseconds)), Int128(Timestamp.latest.microseconds))))
            return moment.formatted(offsetSeconds: zone.offsetSeconds(at: moment))
        case .boolean:
            return integer == 0 ? "false" : "true"
        default:
            return String(integer)
        }
    }

    private func text(_ number: Double, _ type: LogicalType) -> String {
        if case .moneyRate(let currency) = type {
            let digits = decimals ?? currency.minorDigits + AnswerFormatting.extraRateDigits
            let shift = digits - currency.minorDigits
            let scaled = (number * AnswerFormatting.powerOfTen(shift)).rounded(.toNearestOrAwayFromZero)
            if let exact = Int128(exactly: scaled) { return DecimalText.format(exact, scale: digits) }
        }
        if let decimals { return String(format: "%.*f", decimals, number) }
        let shortest = "\(number)"
        return shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest
    }

    private static func powerOfTen(_ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<abs(exponent) { result *= 10 }
        return exponent < 0 ? 1 / result : result
    }

    /// Without zeros at the end of the decimals.
    private static func trimmed(_ decimal: String) -> String {
        guard decimal.contains(".") else { return decimal }
        var text = Substring(decimal)
        while text.last == "0" { text = text.dropLast() }
        if text.last == "." { text = text.dropLast() }
        return String(text)
    }
}

extension AnswerField {
    /// How values are written, for machines: `string`, `boolean`, `integer`, `number`, `decimal`, `date`, `time`,
    /// `duration`.
    package var wireType: String {
        switch type {
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .money, .moneyRate: "decimal"
        case .timestamp: "time"
        case .date: "date"
        case .duration: "duration"
        case .category, .identifier, .text, .set: "string"
        }
    }
}
