import CaliberCore
import Foundation

/// Data goes to standard output, everything said about it to standard error.
enum Output {
    static func data(_ text: String) {
        // Asked of the bytes: "\r\n", which ends a CSV, is one character to Swift, and not a line feed.
        let isEnded = text.utf8.last.map { $0 == UInt8(ascii: "\n") } ?? true
        FileHandle.standardOutput.write(Data((isEnded ? text : text + "\n").utf8))
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// `1 row`, `2,000 rows`.
    static func count(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// `12,345,678`.
    static func grouped(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    /// Groups the digits before the point: `1234567.80` as `1,234,567.80`.
    static func grouped(decimal text: String) -> String {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard let whole = parts.first, let number = Int128(whole) else { return text }
        let sign = number == 0 && whole.hasPrefix("-") ? "-" : ""
        return sign + grouped(number) + (parts.count > 1 ? "." + parts[1] : "")
    }

    static func size(_ byteCount: Int64) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var value = Double(byteCount)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(byteCount) bytes" : String(format: "%.1f %@", value, units[unit])
    }
}

/// What the process says to the shell; documented in `caliber --help` and docs/operations.md.
enum ExitStatus: Int32 {
    case success = 0
    /// The request was understood and can't be carried out; diagnostics say why.
    case failure = 1
    /// Done, but something needs a person: events in quarantine under `--strict`, a failed dictionary test, a meaning that
    /// differs, a stale answer under `--fresh`.
    case attention = 3
}
