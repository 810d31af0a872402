import CaliberCore

/// An operator's word about the graph: evidence like any other, which outranks all of it.
///
/// Of several about the same thing the latest holds; of the same moment the one that joins least.
package struct Decision: Hashable, Sendable {
    package let verdict: Verdict
    package let who: String
    package let why: String
    package let at: Timestamp

    package init(_ verdict: Verdict, who: String, why: String, at: Timestamp) {
        self.verdict = verdict
        self.who = who
        self.why = why
        self.at = at
    }

    package enum Verdict: Hashable, Sendable {
        /// The two are never one person.
        case split(NodeName, NodeName)
        /// The two are one person, whatever limits say, unless they are split.
        case merge(NodeName, NodeName)
        /// An earlier split or merge of the two holds no more.
        case release(NodeName, NodeName)
        case cut(EdgeSelection)
        /// An earlier cut of the same selection holds no more.
        case restore(EdgeSelection)
    }
}

/// Edges that are cut together.
package enum EdgeSelection: Hashable, Sendable {
    /// What ties two nodes; of one rule, or of all.
    case edge(NodeName, NodeName, rule: String?)
    case rule(String)
    /// Weak edges whose identifiers, or whose own score, weigh less, in thousandths and before decay.
    case weakerThan(Int)
}

extension Decision {
    /// What the word is about: later words about the same thing take its place.
    enum Subject: Hashable {
        case pair(NodeName, NodeName)
        case edges(EdgeSelection)
    }

    var subject: Subject {
        switch verdict {
        case .split(let one, let other), .merge(let one, let other), .release(let one, let other):
            one.precedes(other) ? .pair(one, other) : .pair(other, one)
        case .cut(let selection), .restore(let selection): .edges(selection.ordered)
        }
    }

    /// Whether this one holds rather than another about the same thing.
    func outranks(_ other: Decision) -> Bool {
        if at != other.at { return at > other.at }
        if caution != other.caution { return caution > other.caution }
        if who != other.who { return who.utf8.lexicographicallyPrecedes(other.who.utf8) }
        return why.utf8.lexicographicallyPrecedes(other.why.utf8)
    }

    private var caution: Int {
        switch verdict {
        case .split, .cut: 2
        case .release, .restore: 1
        case .merge: 0
        }
    }
}

extension NodeName {
    func precedes(_ other: NodeName) -> Bool {
        for (one, other) in [(identifier, other.identifier), (scope, other.scope), (value, other.value)]
        where one != other {
            return one.utf8.lexicographicallyPrecedes(other.utf8)
        }
        return false
    }
}

extension EdgeSelection {
    /// The same edge is the same selection in both directions.
    var ordered: EdgeSelection {
        guard case .edge(let one, let other, let rule) = self, other.precedes(one) else { return self }
        return .edge(other, one, rule: rule)
    }
}
