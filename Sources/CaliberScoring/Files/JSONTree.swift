import CaliberCore
import Foundation

/// JSON as it is written: numbers keep their digits, so a hash over it sees every change but those of white space and of
/// the order of keys.
indirect enum JSONTree: Hashable {
    /// Sorted by key.
    case object([Member])
    case array([JSONTree])
    case string(String)
    /// A number, `true`, `false` or `null`, as it is written.
    case literal(String)

    struct Member: Hashable {
        let key: String
        let value: JSONTree
    }

    static let depthLimit = 64

    subscript(key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    func removing(_ key: String) -> JSONTree {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.key != key })
    }

    /// On one line, without spaces.
    var compactText: String {
        var text = ""
        write(to: &text, colon: ":", comma: ",")
        return text
    }

    /// For people: what fits in a line stays on it, two spaces a level.
    func indentedText(level: Int = 0, widthLimit: Int = 110) -> String {
        var line = ""
        write(to: &line, colon: ": ", comma: ", ")
        if line.utf8.count + 2 * level <= widthLimit { return line }
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch self {
        case .object(let members):
            let lines = members.map {
                inner + QuotedText.json($0.key) + ": " + $0.value.indentedText(level: level + 1, widthLimit: widthLimit)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + outer + "}"
        case .array(let items):
            let lines = items.map { inner + $0.indentedText(level: level + 1, widthLimit: widthLimit) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + outer + "]"
        default: return line
        }
    }

    private func write(to text: inout String, colon: String, comma: String) {
        switch self {
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                text += (index > 0 ? comma : "") + QuotedText.json(member.key) + colon
                member.value.write(to: &text, colon: colon, comma: comma)
            }
            text += "}"
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += comma }
                item.write(to: &text, colon: colon, comma: comma)
            }
            text += "]"
        case .string(let string): text += QuotedText.json(string)
        case .literal(let literal): text += literal
        }
    }
}
