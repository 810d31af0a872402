import CaliberCore

/// JSON that keeps the order of its keys, so that what is printed twice is the same twice.
indirect enum JSONValue: Hashable, Sendable {
    case object([Member])
    case array([JSONValue])
    case string(String)
    /// As it is written: `0.50` stays `0.50`.
    case number(String)
    case boolean(Bool)
    case null

    struct Member: Hashable, Sendable {
        let key: String
        let value: JSONValue
    }

    static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(key: $0.key, value: $0.value) })
    }

    /// On one line, without spaces.
    var text: String {
        switch self {
        case .object(let members):
            "{" + members.map { QuotedText.json($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .string(let text): QuotedText.json(text)
        case .number(let text): text
        case .boolean(let value): value ? "true" : "false"
        case .null: "null"
        }
    }

    /// For people: one member a line, two spaces a level; what is short stays on its line.
    func indentedText(_ level: Int = 0) -> String {
        let short = text
        if short.utf8.count + level * 2 <= 80 { return spacedText }
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch self {
        case .object(let members):
            let lines = members.map { inner + QuotedText.json($0.key) + ": " + $0.value.indentedText(level + 1) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + outer + "}"
        case .array(let values):
            let lines = values.map { inner + $0.indentedText(level + 1) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + outer + "]"
        default: return short
        }
    }

    private var spacedText: String {
        switch self {
        case .object(let members):
            "{" + members.map { QuotedText.json($0.key) + ": " + $0.value.spacedText }.joined(separator: ", ") + "}"
        case .array(let values): "[" + values.map(\.spacedText).joined(separator: ", ") + "]"
        default: text
        }
    }
}

extension YAMLValue {
    /// The JSON that the value stands for: quoted scalars stay texts, key order stays, `+3` becomes `3`.
    var json: JSONValue {
        switch content {
        case .mapping(let entries): return .object(entries.map { JSONValue.Member(key: $0.key, value: $0.value.json) })
        case .list(let values): return .array(values.map(\.json))
        case .scalar:
            switch scalar {
            case .boolean(let value): return .boolean(value)
            case .number(let text): return .number(text.hasPrefix("+") ? String(text.dropFirst()) : text)
            case .text(let text): return .string(text)
            case .null, nil: return .null
            }
        }
    }
}
