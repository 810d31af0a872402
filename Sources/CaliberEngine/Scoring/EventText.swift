import CaliberEventLog

/// Lines of CloudEvents that wait to be taken in.
struct EventText {
    private var bytes: [UInt8] = []

    var byteCount: Int { bytes.count }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends the inside of a JSON string.
    mutating func appendEscaped(_ text: String) {
        var text = text
        text.withUTF8 { appendEscaped($0) }
    }

    mutating func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
        // JSON within JSON has a quote every few bytes, all other text none.
        guard let first = utf8.firstIndex(where: EventText.needsEscape) else { return bytes.append(contentsOf: utf8) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: utf8.count * EventText.greatestEscapeLength) {
            escaped in
            var count = 0
            for byte in utf8[..<first] {
                escaped[count] = byte
                count += 1
            }
            for byte in utf8[first...] {
                if !EventText.needsEscape(byte) {
                    escaped[count] = byte
                    count += 1
                } else if byte >= 0x20 {
                    escaped[count] = UInt8(ascii: "\\")
                    escaped[count + 1] = byte
                    count += 2
                } else {
                    for part in JSONWriting.escaped(String(UnicodeScalar(byte))) {
                        escaped[count] = part
                        count += 1
                    }
                }
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: escaped[..<count]))
        }
    }

    /// `\u0000`.
    private static let greatestEscapeLength = 6

    /// Only characters of one byte do.
    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Hands the lines over, and goes on in their place in memory where nobody kept them.
    mutating func takeBytes<Result>(_ body: ([UInt8]) throws -> Result) rethrows -> Result {
        defer { bytes.removeAll(keepingCapacity: true) }
        return try body(bytes)
    }
}
