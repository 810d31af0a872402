/// Text laid out in columns, wide characters (CJK) counted as two.
enum TextColumns {
    /// Pads every column to its widest cell; no line ends with spaces.
    static func align(_ rows: [[String]], indent: String = "  ", gap: String = "  ") -> String {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], width(cell))
            }
        }
        return rows.map { row in
            let last = row.lastIndex { !$0.isEmpty } ?? 0
            let cells = row.prefix(last + 1).enumerated().map { index, cell in
                index == last ? cell : pad(cell, to: widths[index])
            }
            return indent + cells.joined(separator: gap)
        }.joined(separator: "\n")
    }

    static func pad(_ text: String, to target: Int) -> String {
        text + String(repeating: " ", count: max(0, target - width(text)))
    }

    static func padStart(_ text: String, to target: Int) -> String {
        String(repeating: " ", count: max(0, target - width(text))) + text
    }

    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + (isWide($1.value) ? 2 : 1) }
    }

    /// Source: Unicode Standard Annex 11, ranges that are wide throughout.
    private static func isWide(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
