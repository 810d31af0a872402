import CaliberEventLog

/// Lines of CloudEvents that wait to be taken in.
struct EventText {
    private var bytes: [UInt8] = []

    var byteCount: Int { bytes.count }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends the inside of a JSON string.
    mutating func appendEscaped(_ text: String) { bytes.append(contentsOf: JSONWriting.escaped(text)) }

    mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
