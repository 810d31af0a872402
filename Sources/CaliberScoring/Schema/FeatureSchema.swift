import CaliberCore
import Crypto
import Foundation

/// What the columns of a feature row mean, in their order.
public struct FeatureSchema: Codable, Hashable, Sendable {
    public let columns: [Column]

    /// One column of a feature row.
    public struct Column: Codable, Hashable, Sendable {
        public var id: String
        /// What the column counts, as canonical text: another text is another column.
        public var definition: String
        /// What it says, for people.
        public var description: String
        public var advice: Advice?
        /// Columns of one group are one reason; nil stands alone.
        public var group: String?
        /// For a column that is 1 where its group's category has this value, else 0.
        public var level: String?
        /// Someone can change it: a way back over the review line may lead through it.
        public var isActionable: Bool
        /// Which change someone would make; either where nil.
        public var better: Direction?
        /// The values that can occur.
        public var minimum: Double?
        public var maximum: Double?
        /// Values lie this far apart: 1 for counts; nil for any number.
        public var step: Double?
        public var unit: String?

        public init(
            id: String, definition: String, description: String = "", advice: Advice? = nil, group: String? = nil,
            level: String? = nil, isActionable: Bool = false, better: Direction? = nil, minimum: Double? = nil,
            maximum: Double? = nil, step: Double? = nil, unit: String? = nil
        ) {
            self.id = id
            self.definition = definition
            self.description = description
            self.advice = advice
            self.group = group
            self.level = level
            self.isActionable = isActionable
            self.better = better
            self.minimum = minimum
            self.maximum = maximum
            self.step = step
            self.unit = unit
        }

        /// 16 hexadecimal digits over id and definition.
        public var hash: String {
            var hasher = SHA256()
            hasher.update(id, definition)
            return String(hasher.hexadecimalDigest.prefix(16))
        }
    }

    /// Where a better value lies.
    public enum Direction: String, Codable, Hashable, Sendable {
        case lower
        case higher
    }

    /// What to do about an order for which the column is a reason.
    public struct Advice: Codable, Hashable, Sendable {
        public var english: String
        public var chinese: String

        public init(english: String, chinese: String) {
            self.english = english
            self.chinese = chinese
        }
    }

    /// - Throws: `.duplicateColumn`, `.impossibleBounds`.
    public init(columns: [Column]) throws(ModelProblem) {
        var seen: Set<String> = []
        for column in columns {
            guard seen.insert(column.id).inserted else { throw .duplicateColumn(id: column.id) }
            let bounds = [column.minimum ?? -.infinity, column.maximum ?? .infinity, column.step ?? 1]
            guard !bounds.contains(where: \.isNaN), bounds[0] <= bounds[1], bounds[2] > 0 else {
                throw .impossibleBounds(id: column.id)
            }
        }
        self.columns = columns
    }

    /// SHA-256 over ids and definitions in their order, in hexadecimal.
    public var hash: String {
        var hasher = SHA256()
        for column in columns { hasher.update(column.id, column.definition) }
        return hasher.hexadecimalDigest
    }

    /// What changed since a model was trained; nil when nothing did.
    public func mismatch(withTrained trained: [TrainedColumn]) -> SchemaMismatch? {
        let current = columns.map { TrainedColumn(id: $0.id, hash: $0.hash) }
        guard current != trained else { return nil }
        let trainedHashes = Dictionary(trained.map { ($0.id, $0.hash) }, uniquingKeysWith: { first, _ in first })
        let currentIDs = Set(current.map(\.id))
        let mismatch = SchemaMismatch(
            added: current.map(\.id).filter { trainedHashes[$0] == nil },
            removed: trained.map(\.id).filter { !currentIDs.contains($0) },
            changed: current.filter { (trainedHashes[$0.id] ?? $0.hash) != $0.hash }.map(\.id))
        return mismatch
    }

    /// What a model file keeps of a column's meaning.
    public struct TrainedColumn: Codable, Hashable, Sendable {
        public var id: String
        public var hash: String

        public init(id: String, hash: String) {
            self.id = id
            self.hash = hash
        }
    }
}

/// Columns that a dictionary and a model do not share; all empty when only their order differs.
public struct SchemaMismatch: Hashable, Sendable {
    /// In the dictionary, not in the model.
    public var added: [String]
    /// In the model, not in the dictionary.
    public var removed: [String]
    /// In both, with another definition.
    public var changed: [String]

    static let nameLimit = 6

    /// `1 column added (a), 2 removed (b, c)`.
    public var summary: String {
        let parts = [("added", added), ("removed", removed), ("changed", changed)].filter { !$0.1.isEmpty }
        if parts.isEmpty { return "the same columns stand in another order" }
        return parts.map { word, names in
            let shown = names.prefix(SchemaMismatch.nameLimit).joined(separator: ", ")
            let more = names.count - SchemaMismatch.nameLimit
            return "\(names.count) \(word) (\(shown)\(more > 0 ? " and \(more) more" : ""))"
        }.joined(separator: ", ")
    }
}

extension SHA256 {
    /// Texts with their lengths before them, so that none can run into the next.
    mutating func update(_ texts: String...) {
        for text in texts {
            update(data: Data("\(text.utf8.count):".utf8))
            update(data: Data(text.utf8))
        }
    }

    var hexadecimalDigest: String {
        finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
