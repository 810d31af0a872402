import CaliberCore

/// A YAML node with its place: what the loader reads definitions from, and what tests and locked versions are kept as.
///
/// Key order is the file's. Scalars keep their text; whether it was quoted says if `12` is a number or a text.
public struct YAMLValue: Sendable, Hashable {
    public let content: Content
    public let location: SourceLocation

    public enum Content: Sendable, Hashable {
        case scalar(String, ScalarStyle)
        case list([YAMLValue])
        case mapping([Entry])
    }

    /// How a scalar is written: only a plain one is read as a number, a boolean or null.
    public enum ScalarStyle: Sendable, Hashable { case plain, quoted, block }

    /// One pair of a mapping. Keys are texts.
    public struct Entry: Sendable, Hashable {
        public let key: String
        public let keyLocation: SourceLocation
        public let value: YAMLValue

        public init(key: String, keyLocation: SourceLocation, value: YAMLValue) {
            self.key = key
            self.keyLocation = keyLocation
            self.value = value
        }
    }

    public init(_ content: Content, at location: SourceLocation) {
        self.content = content
        self.location = location
    }
}

extension YAMLValue {
    /// What a scalar means by YAML's core schema: only plain scalars are numbers, booleans or null.
    public enum Scalar: Sendable, Hashable {
        case null
        case boolean(Bool)
        /// The text as written: `1`, `-3`, `0.50`.
        case number(String)
        case text(String)
    }

    public var scalar: Scalar? {
        guard case .scalar(let text, let style) = content else { return nil }
        guard style == .plain else { return .text(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        default: return YAMLValue.isNumber(text) ? .number(text) : .text(text)
        }
    }

    /// The text of a scalar that has one; numbers and booleans give the text they were written as.
    public var text: String? {
        guard case .scalar(let text, _) = content, scalar != .null else { return nil }
        return text
    }

    /// Where a scalar's first character stands, past the quotation mark or the block's indicator.
    public var textLocation: SourceLocation {
        guard case .scalar(_, let style) = content else { return location }
        switch style {
        case .plain: return location
        case .quoted:
            return SourceLocation(file: location.file, line: location.line, column: location.column.map { $0 + 1 })
        case .block: return SourceLocation(file: location.file, line: location.line.map { $0 + 1 })
        }
    }

    public var isNull: Bool { scalar == .null }

    public var wholeNumber: Int64? {
        guard case .number(let text)? = scalar else { return nil }
        return Int64(text)
    }

    public var boolean: Bool? {
        guard case .boolean(let value)? = scalar else { return nil }
        return value
    }

    public var list: [YAMLValue]? {
        guard case .list(let values) = content else { return nil }
        return values
    }

    public var entries: [Entry]? {
        guard case .mapping(let entries) = content else { return nil }
        return entries
    }

    public subscript(key: String) -> YAMLValue? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// What the value is, for a message: `a list`, `the text "abc"`.
    var kindInWords: String {
        switch content {
        case .list: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let text, _):
            switch scalar {
            case .null: return "nothing"
            case .boolean: return text
            case .number: return "the number \(text)"
            default: return "the text \(quoted(text))"
            }
        }
    }

    /// JSON's numbers, with an optional plus sign: no octal, no hexadecimal, no infinity.
    private static func isNumber(_ text: String) -> Bool {
        var bytes = Substring(text).utf8
        if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        func takeDigits() -> Int {
            let digits = bytes.prefix { $0 &- UInt8(ascii: "0") <= 9 }.count
            bytes = bytes.dropFirst(digits)
            return digits
        }
        let leadingZero = bytes.first == UInt8(ascii: "0")
        let whole = takeDigits()
        guard whole > 0, whole == 1 || !leadingZero else { return false }
        if bytes.first == UInt8(ascii: ".") {
            bytes = bytes.dropFirst()
            guard takeDigits() > 0 else { return false }
        }
        if let mark = bytes.first, mark | 0x20 == UInt8(ascii: "e") {
            bytes = bytes.dropFirst()
            if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
            guard takeDigits() > 0 else { return false }
        }
        return bytes.isEmpty
    }
}

/// Text between quotation marks for a message, cut where it would fill the screen.
func quoted(_ text: String) -> String {
    let line = text.replacing("\n", with: "\\n")
    return line.count <= 80 ? "\"\(line)\"" : "\"\(line.prefix(77))…\""
}
