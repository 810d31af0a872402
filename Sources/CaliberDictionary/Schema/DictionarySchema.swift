/// The JSON Schema (draft 2020-12) of a dictionary's files, for editors: printed from the tables that the loader checks
/// files with.
public enum DictionarySchema {
    /// The schema of definition files; `caliber.yaml` has its own under `$defs/settings`.
    public static func json() -> String {
        var definitions: [JSONValue.Member] = []
        var seen: Set<String> = []
        var open = [DictionaryKeys.settings, DictionaryKeys.file]
        while let table = open.popLast() {
            guard seen.insert(table.schemaName).inserted else { continue }
            definitions.append(JSONValue.Member(key: table.schemaName, value: schema(of: table)))
            open += table.keys.flatMap { $0.kind.sections }
        }
        definitions.sort { $0.key < $1.key }
        let root: JSONValue = .object([
            "$schema": .string("https://json-schema.org/draft/2020-12/schema"),
            "title": .string("Caliber dictionary"),
            "description": .string("Definition files; caliber.yaml follows $defs/settings."),
            "$ref": .string("#/$defs/file"),
            "$defs": .object(definitions),
        ])
        return root.indentedText() + "\n"
    }

    /// Every key that a definition may have, as `section.key`, sorted.
    package static var keyPaths: [String] {
        var paths: Set<String> = []
        var seen: Set<String> = []
        var open = [DictionaryKeys.settings, DictionaryKeys.file]
        while let table = open.popLast() {
            guard seen.insert(table.schemaName).inserted else { continue }
            for key in table.keys { paths.insert("\(table.schemaName).\(key.name)") }
            open += table.keys.flatMap { $0.kind.sections }
        }
        return paths.sorted()
    }

    private static func schema(of table: KeyTable) -> JSONValue {
        // Keys of metric types that are not supported are left out, so an editor marks them as the loader does.
        let keys = table.keys
        var members: [JSONValue.Member] = [
            JSONValue.Member(key: "type", value: .string("object")),
            JSONValue.Member(key: "description", value: .string(table.description)),
            JSONValue.Member(key: "additionalProperties", value: .boolean(false)),
            JSONValue.Member(
                key: "required",
                value: .array(
                    keys.filter { $0.presence == .required || $0.presence == .owner }.map { .string($0.name) })),
            JSONValue.Member(
                key: "properties",
                value: .object(
                    keys.map { JSONValue.Member(key: $0.name, value: described($0.kind, $0.description)) })),
        ]
        let rules = typeRules(of: keys)
        if !rules.isEmpty { members.append(JSONValue.Member(key: "allOf", value: .array(rules))) }
        return .object(members)
    }

    /// Which keys a metric of each type must have, and which it must not.
    private static func typeRules(of keys: [Key]) -> [JSONValue] {
        guard keys.contains(where: { $0.metricTypes != nil }) else { return [] }
        return MetricTypeName.allCases.map { type in
            let excluded = keys.filter { $0.metricTypes?.contains(type) == false }
            return .object([
                "if": .object([
                    "properties": .object(["type": .object(["const": .string(type.rawValue)])]),
                    "required": .array([.string("type")]),
                ]),
                "then": .object([
                    "required": .array(type.neededKeys.map { .string($0) }),
                    "properties": .object(excluded.map { JSONValue.Member(key: $0.name, value: .boolean(false)) }),
                ]),
            ])
        }
    }

    private static func described(_ kind: ValueKind, _ description: String) -> JSONValue {
        let described = JSONValue.Member(key: "description", value: .string(description))
        guard case .object(let members) = kind.schema else { return .object([described]) }
        return .object([described] + members)
    }
}

extension ValueKind {
    /// The key tables below.
    var sections: [KeyTable] {
        switch self {
        case .section(let table): [table]
        case .list(let kind), .named(let kind, _): kind.sections
        case .oneOf(let kinds): kinds.flatMap(\.sections)
        default: []
        }
    }

    var schema: JSONValue {
        switch self {
        case .text: .object(["type": .array([.string("string"), .string("number"), .string("boolean")])])
        case .expression: .object(["type": .array([.string("string"), .string("boolean")])])
        case .wholeNumber(let range):
            .object([
                "type": .string("integer"), "minimum": .number(String(range.lowerBound)),
                "maximum": .number(String(range.upperBound)),
            ])
        case .decimal: .object(["type": .array([.string("number"), .string("string")])])
        case .boolean: .object(["type": .string("boolean")])
        case .choice(let choices): .object(["enum": .array(choices.map { .string($0) })])
        case .duration, .calendarSpan:
            .object(["type": .string("string"), "pattern": .string("^ *[0-9]+ *[a-z]+ *$")])
        case .list(let kind): .object(["type": .string("array"), "items": kind.schema])
        case .section(let table): .object(["$ref": .string("#/$defs/\(table.schemaName)")])
        case .named(let kind, _): .object(["type": .string("object"), "additionalProperties": kind.schema])
        case .oneOf(let kinds): .object(["anyOf": .array(kinds.map(\.schema))])
        case .scalar:
            .object([
                "type": .array([.string("string"), .string("number"), .string("boolean"), .string("null")])
            ])
        case .anything: .object([:])
        }
    }
}
