import CXXHash
import CaliberCore

/// A person's id: sixteen letters and digits that stand for the node that names the person.
///
/// The same evidence gives the same id, on any machine and in any order. The older of two persons that become one keeps its id;
/// the other's id goes on to lead to the same person, because the node that it stands for does.
package struct PersonID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// Crockford's base 32 of 80 bits: among a thousand million persons no two are alike but with odds of one in a million.
    init(naming node: NodeName) {
        var text = node.identifier + "\u{0}" + node.scope + "\u{0}" + node.value
        let hash = text.withUTF8 { XXH3_128bits($0.baseAddress, $0.count) }
        var letters: [UInt8] = []
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        for place in 0..<16 {
            let bit = place * 5
            var bits = bit < 64 ? hash.low64 >> UInt64(bit) : hash.high64 >> UInt64(bit - 64)
            if bit < 64, bit > 59 { bits |= hash.high64 << UInt64(64 - bit) }
            letters.append(alphabet[Int(bits & 31)])
        }
        description = String(decoding: letters, as: UTF8.self)
    }
}

/// One person as far as is known.
package struct Person: Hashable, Sendable {
    package let id: PersonID
    /// The node that names the person: a code for columns, one for each person.
    package let code: UInt32
    /// All nodes, in the order of their names.
    package let members: [NodeName]
    package let firstSeen: Timestamp?
    package let lastSeen: Timestamp?
}

/// One edge, for people.
package struct EdgeEvidence: Hashable, Sendable {
    package let one: NodeName
    package let other: NodeName
    package let rule: String
    /// Of the earliest evidence.
    package let event: String
    package let first: Timestamp
    package let last: Timestamp
    package let strength: Strength
    /// Thousandths, after decay.
    package let weight: Int

    package enum Strength: String, Hashable, Sendable { case `operator`, strong, weak }
}

/// An edge that joins nothing, for people.
package struct RefusedEdge: Hashable, Sendable {
    package let evidence: EdgeEvidence
    package let reason: Reason

    package enum Reason: Hashable, Sendable {
        /// The person would have more values of an identifier, within a scope, than it may.
        case overLimit(identifier: String, scope: String, most: Int)
        case heldApart
        /// It would join two groups with strong evidence of their own, and weighs too little.
        case waitsForReview
        /// It weighs too little to join anybody to anybody.
        case tooLight
        case cut
        /// A value that too many accounts share.
        case shared(NodeName)
        /// Its weight has halved too often.
        case faded
    }
}

/// Why two nodes are one person, or are not.
package enum WhyAnswer: Hashable, Sendable {
    /// A node that nothing was ever heard of.
    case unknown(NodeName)
    /// One person: edge by edge from one to the other, the fewest of the strongest.
    case together(path: [EdgeEvidence])
    /// Two persons, in spite of these edges between them; none where nothing speaks for it.
    case apart(refused: [RefusedEdge])
}
