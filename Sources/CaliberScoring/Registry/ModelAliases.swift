import CaliberCore

/// Which version of a model decides, which one is tried beside it, and how that came about.
public struct ModelAliases: Codable, Hashable, Sendable {
    public enum Alias: String, Codable, CaseIterable, Hashable, Sendable {
        /// The version whose scores decide.
        case champion
        /// The version that is compared with it.
        case challenger
    }

    public enum Action: String, Codable, Hashable, Sendable {
        case promote
        case rollback = "roll-back"
        /// A challenger that became champion is none any more.
        case release
    }

    public struct Entry: Codable, Hashable, Sendable {
        public var at: Timestamp
        public var by: String
        public var why: String
        public var action: Action
        public var alias: Alias
        public var from: String?
        public var to: String?
    }

    public private(set) var champion: String?
    public private(set) var challenger: String?
    /// Oldest first; only ever longer.
    public private(set) var history: [Entry] = []

    public init() {}

    public func version(of alias: Alias) -> String? {
        switch alias {
        case .champion: champion
        case .challenger: challenger
        }
    }

    public func aliases(of version: String) -> [Alias] {
        Alias.allCases.filter { self.version(of: $0) == version }
    }

    mutating func promote(_ version: String, to alias: Alias, at: Timestamp, by: String, why: String) {
        record(.promote, alias, to: version, at, by, why)
        if alias == .champion, challenger == version { record(.release, .challenger, to: nil, at, by, why) }
    }

    /// The champion before the present one, however often it was rolled back already.
    var championBefore: String? {
        var line: [String] = []
        for entry in history where entry.alias == .champion {
            if entry.action == .rollback { _ = line.popLast() } else if let to = entry.to { line.append(to) }
        }
        return line.dropLast().last
    }

    mutating func rollback(to version: String, at: Timestamp, by: String, why: String) {
        record(.rollback, .champion, to: version, at, by, why)
    }

    private mutating func record(
        _ action: Action, _ alias: Alias, to version: String?, _ at: Timestamp, _ by: String, _ why: String
    ) {
        history.append(
            Entry(at: at, by: by, why: why, action: action, alias: alias, from: self.version(of: alias), to: version))
        switch alias {
        case .champion: champion = version
        case .challenger: challenger = version
        }
    }
}
