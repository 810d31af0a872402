import CaliberCore
import Crypto

/// What a metric counts, down to the event fields, as text: names, labels, owners and descriptions have no part in it.
///
/// Columns are written out as the folds they are, so a column or a table may be renamed without changing a meaning, and
/// two metrics that count the same have one hash whatever they are called.
public struct MetricMeaning: Hashable, Sendable {
    public struct Part: Hashable, Sendable {
        /// `aggregation`, `expression`, `filter`, `time`, `non-additive`, `rows`, `fill nulls with`, `time spine`; `formula`;
        /// `calculation`, `base`, `conversion`, `same`, `window`, `count once`; `longer periods`.
        public let label: String
        public let text: String

        public init(label: String, text: String) {
            self.label = label
            self.text = text
        }
    }

    public let parts: [Part]
    /// `sha256:` and 64 hexadecimal digits, over the parts.
    public let hash: String

    public init(parts: [Part]) {
        self.parts = parts
        hash = ContentHash.of("caliber meaning 1\n" + parts.map { "\($0.label): \($0.text)\n" }.joined())
    }

    /// The parts that differ from another meaning's, in the order of this one's, then what only the other has.
    public func differences(from old: MetricMeaning) -> [Difference] {
        let labels = (parts + old.parts).map(\.label).uniqued()
        return labels.compactMap { label in
            let (before, after) = (old[label], self[label])
            return before == after ? nil : Difference(label: label, old: before, new: after)
        }
    }

    public struct Difference: Hashable, Sendable {
        public let label: String
        /// nil: there was no such part.
        public let old: String?
        public let new: String?
    }

    private subscript(label: String) -> String? { parts.first { $0.label == label }?.text }
}

enum ContentHash {
    /// `sha256:` and 64 digits.
    static let textLength = 71

    /// SHA-256 of the text's UTF-8.
    static func of(_ text: String) -> String {
        var hasher = SHA256()
        var copy = text
        copy.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        var digits = "sha256:"
        for byte in hasher.finalize() {
            digits += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }
        return digits
    }
}
