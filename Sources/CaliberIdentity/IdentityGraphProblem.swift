import CaliberCore

/// Why a graph did not take something.
package enum IdentityGraphProblem: Error, Hashable, Sendable {
    case unknownIdentifier(number: Int)
    case unknownIdentifierName(name: String, suggestions: [String])
    case blockedValue(node: NodeName)
    case sameNode(node: NodeName)
    case tooMany(what: String, limit: Int)
    case damagedState(part: Int)

    package var diagnostic: Diagnostic {
        switch self {
        case .unknownIdentifier(let number):
            Diagnostic("unknown-identifier", "The identity has no identifier number \(number).")
        case .unknownIdentifierName(let name, let suggestions):
            Diagnostic(
                "unknown-identifier", "The identity has no identifier \"\(name)\".", suggestions: suggestions)
        case .blockedValue(let node):
            Diagnostic(
                "blocked-value", "A value of \(node.identifier) is blocked and is nobody's.",
                remedy: "Take it out of `blocked` in the dictionary first.")
        case .sameNode(let node):
            Diagnostic("same-node", "A value of \(node.identifier) can't be tied to itself or held apart from itself.")
        case .tooMany(let what, let limit):
            Diagnostic("too-many-\(what)", "An identity graph has at most \(limit) \(what).")
        case .damagedState(let part):
            Diagnostic(
                "damaged-identity", "Part \(part) of the identity graph is damaged.",
                remedy: "Make it anew from the log.")
        }
    }
}
