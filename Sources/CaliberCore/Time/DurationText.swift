/// Lengths of time as people write them in a dictionary: `4 hours`, `30 min`, `1 day`, `PT4H` is not among them.
public enum DurationText {
    /// Microseconds, or nil when the text is no number followed by a unit.
    public static func parse(_ text: String) -> Int64? {
        let trimmed = text.split(separator: " ").joined(separator: "")
        let digits = trimmed.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), let unit = microseconds(of: String(trimmed.dropFirst(digits.count)))
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }

    private static func microseconds(of unit: String) -> Int64? {
        switch unit {
        case "ms", "millisecond", "milliseconds": 1000
        case "s", "sec", "second", "seconds": 1_000_000
        case "m", "min", "minute", "minutes": 60_000_000
        case "h", "hour", "hours": 3_600_000_000
        case "d", "day", "days": 86_400_000_000
        case "w", "week", "weeks": 7 * 86_400_000_000
        default: nil
        }
    }

    /// The largest two units that matter: `2 d 4 h`, `35 min`, `0 s`.
    public static func format(microseconds: Int64) -> String {
        let sign = microseconds < 0 ? "-" : ""
        var rest = microseconds.magnitude
        var parts: [String] = []
        for (unit, length) in [("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000)]
            as [(String, UInt64)]
        where rest >= length && parts.count < 2 {
            parts.append("\(rest / length) \(unit)")
            rest %= length
        }
        return parts.isEmpty ? "0 s" : sign + parts.joined(separator: " ")
    }
}
