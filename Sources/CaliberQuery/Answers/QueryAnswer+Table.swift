import CaliberCore
import CaliberDictionary

extension QueryAnswer {
    /// Aligned columns for a terminal: numbers to the right, text to the left, nulls as `null`.
    func tableText(_ formatting: AnswerFormatting) -> String {
        let header = fields.map(\.name)
        let body = rows.map { row in zip(row, fields).map { formatting.text($0, $1).map(printable) ?? "null" } }
        let widths = fields.indices.map { column in
            ([header[column]] + body.map { $0[column] }).map(TerminalWidth.of).max() ?? 0
        }
        var lines = [line(header, widths), widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")]
        lines += body.map { line($0, widths) }
        if rows.count < total { lines.append("(\(rows.count) of \(total) rows)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.indices.map { column in
            let padding = String(repeating: " ", count: widths[column] - TerminalWidth.of(cells[column]))
            return isRightAligned(fields[column]) ? padding + cells[column] : cells[column] + padding
        }
        var text = Substring(padded.joined(separator: "  "))
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }

    private func isRightAligned(_ field: AnswerField) -> Bool {
        switch field.type {
        case .integer, .number, .money, .moneyRate, .duration: true
        default: false
        }
    }

    /// Control characters would break the table's lines.
    private func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0 }))
    }
}

/// How many columns of a terminal a text takes: two for East Asian wide characters and emoji, none for marks that join
/// the character before.
///
/// Source: Unicode Standard Annex 11, East Asian Width; the blocks whose characters are wide or full width.
enum TerminalWidth {
    static func of(_ text: String) -> Int {
        text.reduce(0) { $0 + of($1) }
    }

    private static func of(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.properties.generalCategory == .nonspacingMark || scalar.value == 0x200B { return 0 }
        if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        return wideBlocks.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    private static let wideBlocks: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}
