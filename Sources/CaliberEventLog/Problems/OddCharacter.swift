/// Characters that look like others or like nothing, and so survive every look at the data.
enum OddCharacter {
    /// Says which odd characters a text has and where; nil when it has none.
    static func sentence(in text: String?) -> String? {
        guard let text else { return nil }
        var found: [String] = []
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard let name = name(of: scalar) else { continue }
            if found.count == 3 {
                found.append("more")
                break
            }
            found.append("U+\(hexadecimal(scalar)) (\(name)) at position \(index + 1)")
        }
        return found.isEmpty ? nil : "It has " + found.joined(separator: ", ") + "."
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func name(of scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: "a control character"
        case 0xA0: "a no-break space"
        case 0xAD: "a soft hyphen"
        case 0x2000...0x200A, 0x202F, 0x205F: "a typographic space"
        case 0x200B...0x200F, 0x2060, 0xFEFF: "an invisible character"
        case 0x202A...0x202E, 0x2066...0x2069: "an invisible change of writing direction"
        case 0x3000: "a full-width space"
        case 0xFF10...0xFF19: "a full-width digit"
        case 0xFF21...0xFF3A, 0xFF41...0xFF5A: "a full-width letter"
        case 0xFF01...0xFF5E: "a full-width sign"
        default: nil
        }
    }
}
