import CaliberCore
import Foundation

/// Markdown for people: tables, and figures with as many digits as say something.
enum CardText {
    /// A table; `|` and line ends in cells can't break it.
    static func table(_ header: [String], rightAligned: Set<Int> = [], _ rows: [[String]]) -> String {
        let rule = header.indices.map { rightAligned.contains($0) ? "--:" : "---" }
        return ([header, rule] + rows).map { "| " + $0.map(cell).joined(separator: " | ") + " |" }
            .joined(separator: "\n") + "\n"
    }

    private static func cell(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 }).replacingOccurrences(of: "|", with: "\\|")
    }

    /// `0.8123`; an absent figure is a dash.
    static func figure(_ value: Double?, digits: Int = 4) -> String {
        guard let value else { return "–" }
        guard value.isFinite else { return "\(value)" }
        let text = String(format: "%.\(digits)f", value)
        return text.contains { ("1"..."9").contains($0) } ? text : text.replacingOccurrences(of: "-", with: "")
    }

    /// `+0.313`.
    static func signed(_ value: Double?, digits: Int = 3) -> String {
        let text = figure(value, digits: digits)
        return (value ?? 0) > 0 && text.first?.isNumber == true ? "+" + text : text
    }

    /// Figures of any size in four digits: `0.00001235`, `1235000`.
    static func compact(_ value: Double) -> String { String(format: "%.4g", value) }

    /// `6.13%`.
    static func share(_ value: Double?, digits: Int = 2) -> String {
        value.map { figure($0 * 100, digits: digits) + "%" } ?? "–"
    }

    /// `1 234 567`.
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += " " }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + text
    }

    static func window(_ window: ModelFile.Window?) -> String {
        window.map { "\($0.from) to \($0.until)" } ?? "none"
    }

    /// `14 days`, `6 hours`.
    static func duration(seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]
        guard let (size, unit) = units.first(where: { seconds % $0.0 == 0 && seconds >= $0.0 }) else {
            return "at once"
        }
        return "\(seconds / size) \(unit)\(seconds / size == 1 ? "" : "s")"
    }
}
