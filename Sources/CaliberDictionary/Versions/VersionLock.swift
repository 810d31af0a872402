import CaliberCore

/// Every metric version ever accepted: the hash of its meaning, the meaning in parts, and the definition itself.
///
/// Kept as `versions.lock` beside `caliber.yaml` and under version control. Its text is a function of its content, one
/// fact a line, so that a change of meaning is a change of lines.
public struct VersionLock: Hashable, Sendable {
    /// By id, ascending.
    public let entries: [Entry]
    /// By name, ascending.
    public let calendars: [Calendar]

    public static let empty = VersionLock(entries: [])

    public struct Entry: Hashable, Sendable {
        public let id: String
        /// The name when it was last accepted.
        public let name: String
        /// No longer defined, and accepted as such; the id stays taken.
        public let isRemoved: Bool
        /// Ascending.
        public let versions: [Version]

        public init(id: String, name: String, isRemoved: Bool, versions: [Version]) {
            self.id = id
            self.name = name
            self.isRemoved = isRemoved
            self.versions = versions.sorted { $0.version < $1.version }
        }

        func version(_ number: Int) -> Version? { versions.first { $0.version == number } }
    }

    public struct Version: Hashable, Sendable {
        public let version: Int
        public let hash: String
        public let meaning: [MetricMeaning.Part]
        /// The metric's keys as they were written, with the versions of its inputs pinned.
        public let definition: YAMLValue

        public init(version: Int, hash: String, meaning: [MetricMeaning.Part], definition: YAMLValue) {
            self.version = version
            self.hash = hash
            self.meaning = meaning
            self.definition = definition
        }
    }

    /// A calendar as it was last accepted.
    public struct Calendar: Hashable, Sendable {
        public let name: String
        public let version: Int
        /// Its rule, or its dates by year or season.
        public let meaning: [MetricMeaning.Part]

        public init(name: String, version: Int, meaning: [MetricMeaning.Part]) {
            self.name = name
            self.version = version
            self.meaning = meaning
        }
    }

    public init(entries: [Entry], calendars: [Calendar] = []) {
        self.entries = entries.sorted { $0.id < $1.id }
        self.calendars = calendars.sorted { $0.name < $1.name }
    }

    func entry(of id: String) -> Entry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].id == id ? entries[low] : nil
    }

    // MARK: Text

    /// The file's text.
    public var text: String {
        var text = """
            # Written by `caliber dictionary check --accept`; not edited by hand. Keep it under version control.
            lock: 1
            metrics:\(entries.isEmpty ? " {}" : "")

            """
        for entry in entries {
            text += "  \(entry.id):\n"
            text += "    name: \(QuotedText.json(entry.name))\n"
            if entry.isRemoved { text += "    removed: true\n" }
            text += "    versions:\n"
            for version in entry.versions { text += VersionLock.text(of: version) }
        }
        if !calendars.isEmpty { text += "calendars:\n" }
        for calendar in calendars {
            text += "  \(calendar.name):\n    version: \(calendar.version)\n    meaning:\n"
            for part in calendar.meaning {
                text += "      \(QuotedText.json(part.label)): \(QuotedText.json(part.text))\n"
            }
        }
        return text
    }

    private static func text(of version: Version) -> String {
        var text = "      \(version.version):\n        hash: \(QuotedText.json(version.hash))\n        meaning:\n"
        for part in version.meaning {
            text += "          \(QuotedText.json(part.label)): \(QuotedText.json(part.text))\n"
        }
        text += "        definition:\n"
        for entry in version.definition.entries ?? [] {
            text += "          \(entry.key): \(entry.value.flowText)\n"
        }
        return text
    }
}

extension YAMLValue {
    /// On one line; texts in double quotes, so that they are read back as they are.
    var flowText: String {
        switch content {
        case .mapping(let entries):
            return "{" + entries.map { "\(YAMLValue.keyText($0.key)): \($0.value.flowText)" }.joined(separator: ", ")
                + "}"
        case .list(let values): return "[" + values.map(\.flowText).joined(separator: ", ") + "]"
        case .scalar:
            switch scalar {
            case .text(let text): return QuotedText.json(text)
            case .number(let text): return text
            case .boolean(let value): return value ? "true" : "false"
            case .null, nil: return "null"
            }
        }
    }

    private static func keyText(_ key: String) -> String { DefinitionNames.isName(key) ? key : QuotedText.json(key) }
}
