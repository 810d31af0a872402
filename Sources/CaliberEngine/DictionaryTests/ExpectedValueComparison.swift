import CaliberCore
import CaliberDictionary
import Foundation

/// Whether a value is the one that a dictionary test expects.
///
/// Exact types must be equal: money to the last minor unit, times to the microsecond, however they are written. A
/// binary float must be equal when rounded to as many decimals as the expectation has.
struct ExpectedValueComparison {
    let zone: BusinessZone

    /// - Parameters:
    ///   - actual: the exact text of the value; nil for null.
    ///   - number: the value itself where it is a binary float.
    func matches(
        _ expected: DictionaryTest.ExpectedValue, actual: String?, number: Double?, type: LogicalType
    ) -> Bool {
        guard let actual else { return expected == .null }
        switch expected {
        case .null: return false
        case .boolean(let value): return actual == (value ? "true" : "false")
        case .list(let members): return members.sorted().joined(separator: ", ") == actual
        case .number(let text), .text(let text):
            if let number { return matches(text, number) }
            return text == actual || matches(text, actual, type)
        }
    }

    private func matches(_ expected: String, _ actual: String, _ type: LogicalType) -> Bool {
        switch type {
        case .money(let currency):
            decimal(expected, currency.minorDigits) != nil
                && decimal(expected, currency.minorDigits) == decimal(actual, currency.minorDigits)
        case .timestamp:
            moment(expected) != nil && moment(expected) == moment(actual)
        case .duration:
            (DurationText.parse(expected) ?? decimal(expected, 6)) == decimal(actual, 6)
        default:
            false
        }
    }

    private func matches(_ expected: String, _ actual: Double) -> Bool {
        guard let value = Double(expected) else { return false }
        let decimals = expected.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0
        return abs(value - actual) <= 0.5 * pow(10, -Double(decimals)) * (1 + 1e-9)
    }

    private func decimal(_ text: String, _ scale: Int) -> Int64? {
        try? DecimalText.parse(text.hasSuffix(" s") ? String(text.dropLast(2)) : text, scale: scale)
    }

    private func moment(_ text: String) -> Timestamp? { try? TimestampText.parse(text, zone: zone) }
}
