import CaliberCore

/// JSON to be sent, its keys in the order in which they were written.
indirect enum JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case null
    case list([JSONValue])
    case object([(name: String, value: JSONValue)])

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements.map { ($0.0, $0.1) }) }

    /// An object of texts, by name.
    init(_ texts: [String: String]) {
        self = .object(texts.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
    }

    init(_ text: String?) { self = text.map(JSONValue.text) ?? .null }

    /// Without spaces or line breaks.
    var written: String {
        switch self {
        case .text(let text): QuotedText.json(text)
        case .integer(let integer): String(integer)
        case .boolean(let boolean): boolean ? "true" : "false"
        case .null: "null"
        case .list(let items): "[" + items.map(\.written).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { QuotedText.json($0.name) + ":" + $0.value.written }.joined(separator: ",") + "}"
        }
    }

    /// How many bytes a text takes within quotation marks.
    static func byteCount(of text: String) -> Int { QuotedText.json(text).utf8.count - 2 }
}
