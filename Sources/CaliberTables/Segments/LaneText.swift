import CaliberColumns
import CaliberCore
import CaliberDictionary

/// The text of one value of a wide table, exact: money as decimals, times as RFC 3339 in a zone.
package enum LaneText {
    /// - Parameters:
    ///   - lane: a value that is not null.
    ///   - pool: the strings of a code; needed for string types alone.
    package static func format(_ lane: Int64, type: LogicalType, pool: StringPool?, zone: BusinessZone) -> String {
        switch type {
        case .boolean: lane == 0 ? "false" : "true"
        case .integer: String(lane)
        case .number: String(Double(bitPattern: UInt64(bitPattern: lane)))
        case .money(let currency): DecimalText.format(lane, scale: currency.minorDigits)
        case .moneyRate(let currency):
            String(Double(bitPattern: UInt64(bitPattern: lane)) / power(of: currency))
        case .timestamp:
            Timestamp(microseconds: lane)
                .formatted(offsetSeconds: zone.offsetSeconds(at: Timestamp(microseconds: lane)))
        case .date: CivilDate(dayNumber: Int32(clamping: lane)).description
        case .duration: DecimalText.format(lane, scale: 6) + " s"
        case .category, .identifier, .text: pool?.string(UInt32(truncatingIfNeeded: lane)) ?? String(lane)
        case .set: members(lane, pool).joined(separator: ", ")
        }
    }

    /// The members of a set, in byte order.
    package static func members(_ lane: Int64, _ pool: StringPool?) -> [String] {
        let joined = pool?.string(UInt32(truncatingIfNeeded: lane)) ?? ""
        return joined.isEmpty
            ? [] : joined.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
    }

    private static func power(of currency: Currency) -> Double {
        (0..<currency.minorDigits).reduce(1) { value, _ in value * 10 }
    }
}
