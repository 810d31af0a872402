/// How far back from the moment of scoring a history goes, as it is written: `10m`, `24h`, `30d`, `ever`.
enum FeatureWindow {
    static let everText = "ever"

    /// - Returns: microseconds; the inner nil is ever, the outer one no window.
    static func microseconds(_ text: String) -> Int64?? {
        if text == everText { return .some(nil) }
        guard let unit = text.last, let length = units[unit], let count = Int64(text.dropLast()), count > 0 else {
            return nil
        }
        let (product, overflows) = count.multipliedReportingOverflow(by: length)
        return overflows || product > longest ? nil : .some(product)
    }

    /// Ten years.
    private static let longest: Int64 = 3_660 * 86_400_000_000
    private static let units: [Character: Int64] = ["m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000]
}
