import CaliberCore

/// JSON whose members stand in the order they are given, so that an answer's text is stable.
package indirect enum JSONText {
    case null
    case boolean(Bool)
    /// Digits as they are to stand.
    case literal(String)
    case string(String)
    case array([JSONText])
    case object([(String, JSONText)])

    package static func optional(_ text: String?) -> JSONText { text.map(JSONText.string) ?? .null }

    /// On one line.
    package var compact: String {
        switch self {
        case .array(let elements): "[" + elements.map(\.compact).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { QuotedText.json($0) + ":" + $1.compact }.joined(separator: ",") + "}"
        default: scalarText
        }
    }

    /// Objects broken into lines, and arrays with an element a line, so that rows can be read and compared.
    ///
    /// - Parameters:
    ///   - indent: spaces before the line this begins on.
    ///   - depth: levels that are broken into lines; what lies deeper stands on one.
    package func indented(_ indent: Int = 0, depth: Int) -> String {
        let inner = String(repeating: " ", count: indent + 2)
        let outer = String(repeating: " ", count: indent)
        switch self {
        case .array(let elements) where depth > 0 && !elements.isEmpty:
            let lines = elements.map { inner + $0.compact }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where depth > 0 && !members.isEmpty:
            let lines = members.map {
                inner + QuotedText.json($0) + ": " + $1.indented(indent + 2, depth: depth - 1)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default:
            return compact
        }
    }

    private var scalarText: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .literal(let digits): digits
        case .string(let text): QuotedText.json(text)
        case .array, .object: compact
        }
    }
}
