import CaliberEventLog

/// Lines of CloudEvents that wait to be taken in.
struct EventText {
    private var bytes: [UInt8] = []

    var byteCount: Int { bytes.count }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends the inside of a JSON string: stretches without anything to escape as they are.
    mutating func appendEscaped(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for index in 0..<utf8.count where EventText.needsEscape(utf8[index]) {
                bytes.append(contentsOf: utf8[start..<index])
                bytes.append(contentsOf: JSONWriting.escaped(String(UnicodeScalar(utf8[index]))))
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
    }

    /// Only characters of one byte do.
    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
