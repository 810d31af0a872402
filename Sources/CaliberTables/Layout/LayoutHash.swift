import CXXHash
import CaliberCore
import CaliberDictionary

/// A fingerprint of everything that decides what a table's stored rows are.
enum LayoutHash {
    /// Raised when the same definition comes to be stored in another way.
    static let formatVersion = 3

    static func of(_ table: TableDefinition, dictionary: MetricDictionary) -> String {
        var parts = ["format \(formatVersion)", table.name, table.anchor ?? "-"]
        for key in table.key {
            parts.append("key \(key.name) \(key.type.name)")
            parts += table.contracts.map { "\($0).\(key.field(in: $0))" }
        }
        var usesZone = false
        for column in table.columns {
            guard case .fold(let fold) = column.content else { continue }
            usesZone = usesZone || fold.condition != nil
            parts.append("column \(column.name) \(column.type.name) \(fold.kind.rawValue) \(fold.contract)")
            parts.append(fieldText(fold, dictionary: dictionary))
            parts.append(fold.condition.map(text) ?? "-")
        }
        if usesZone { parts.append(dictionary.settings.timeZone.identifier) }
        var joined = parts.joined(separator: "\u{1F}")
        let hash = joined.withUTF8 { XXH3_128bits($0.baseAddress, $0.count) }
        return [hash.high64, hash.low64].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The field by name, with what decides how it folds.
    private static func fieldText(_ fold: FoldDefinition, dictionary: MetricDictionary) -> String {
        switch fold.field {
        case nil: return "-"
        case .eventTime: return "$time"
        case .eventID: return "$id"
        case .data(let index):
            guard let fields = dictionary.contract(named: fold.contract)?.fields, fields.indices.contains(index) else {
                return "field \(index)"
            }
            return "\(fields[index].name) \(fields[index].type.name) \(fields[index].required)"
        }
    }

    /// The tree in one unambiguous line.
    static func text(_ expression: TypedExpression) -> String {
        "\(nodeText(expression.node)):\(expression.type.name)"
    }

    private static func nodeText(_ node: TypedExpression.Node) -> String {
        func list(_ name: String, _ parts: [String]) -> String { "\(name)(\(parts.joined(separator: ",")))" }
        switch node {
        case .literal(let literal): return literalText(literal)
        case .column(let reference): return "[\(reference.qualifiedName)]"
        case .negate(let operand): return list("negate", [text(operand)])
        case .not(let operand): return list("not", [text(operand)])
        case .arithmetic(let symbol, let left, let right): return list(symbol.rawValue, [text(left), text(right)])
        case .comparison(let symbol, let left, let right): return list(symbol.rawValue, [text(left), text(right)])
        case .and(let operands): return list("and", operands.map(text))
        case .or(let operands): return list("or", operands.map(text))
        case .isMember(let value, let members): return list("in", [text(value)] + members.map(literalText))
        case .isNull(let operand): return list("null", [text(operand)])
        case .choose(let branches, let otherwise):
            return list(
                "case", branches.flatMap { [text($0.condition), text($0.value)] } + [otherwise.map(text) ?? "-"])
        case .coalesce(let operands): return list("coalesce", operands.map(text))
        case .call(let function, let arguments): return list(function.rawValue, arguments.map(text))
        }
    }

    private static func literalText(_ literal: TypedExpression.Literal) -> String {
        switch literal {
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "0x\(String(value.bitPattern, radix: 16))"
        case .text(let value): "\(value.utf8.count)'\(value)'"
        case .null: "null"
        }
    }
}
