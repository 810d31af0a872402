/// JSON texts, byte by byte.
package enum JSONWriting {
    /// Writes a string's inside: quotes, backslashes and control characters escaped, all else as it is.
    static func append(_ text: [UInt8], to block: LineBlock) {
        text.withUnsafeBufferPointer { bytes in
            var start = 0
            for index in 0..<bytes.count where needsEscape(bytes[index]) {
                block.append(UnsafeBufferPointer(rebasing: bytes[start..<index]))
                block.append(escape(bytes[index]))
                start = index + 1
            }
            block.append(UnsafeBufferPointer(rebasing: bytes[start...]))
        }
    }

    package static func escaped(_ text: String) -> [UInt8] {
        text.utf8.flatMap { needsEscape($0) ? escape($0) : [$0] }
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [UInt8(ascii: "\\"), byte]
        case 0x0A: return Array("\\n".utf8)
        case 0x0D: return Array("\\r".utf8)
        case 0x09: return Array("\\t".utf8)
        default:
            let digits = Array("0123456789abcdef".utf8)
            return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// Whether a text is a number as JSON writes them: no leading zeros, no plus, digits on both sides of the point.
    static func isNumber(_ text: [UInt8]) -> Bool {
        var index = 0
        func digits() -> Int {
            let start = index
            while index < text.count, text[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
            return index - start
        }
        if index < text.count, text[index] == UInt8(ascii: "-") { index += 1 }
        let wholeStart = index
        let wholeCount = digits()
        guard wholeCount > 0, wholeCount == 1 || text[wholeStart] != UInt8(ascii: "0") else { return false }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() > 0 else { return false }
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
            guard digits() > 0 else { return false }
        }
        return index == text.count
    }

    /// Whether a number is within 64 bits, or within a double when it has a point or an exponent. The parser refuses a
    /// whole line for one that is not.
    static func canBeHeld(number text: [UInt8]) -> Bool {
        let isWhole = !text.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        if isWhole, text.count <= 18 { return true }
        let digits = String(decoding: text, as: UTF8.self)
        if isWhole { return Int64(digits) != nil || UInt64(digits) != nil }
        return Double(digits)?.isFinite ?? false
    }
}
