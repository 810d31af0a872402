import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberIdentity
import CaliberStore

extension Engine {
    /// Who is one person by all that the log says: evidence, and the words of people on it.
    ///
    /// What was put away is taken up, and the log is gone through from there.
    ///
    /// - Parameter name: of the identity; the dictionary's only one otherwise.
    /// - Throws: `IdentityProblem` where the dictionary declares none of that name.
    package func identity(_ name: String? = nil) throws -> (definition: IdentityDefinition, graph: IdentityGraph) {
        let definition = try identityDefinition(name)
        let policy = IdentityPolicy(definition)
        let kept = try store.read { try IdentityStore(name: definition.name).open(policy, in: $0) }
        let graph = kept?.graph ?? IdentityGraph(policy)
        try advance(graph, definition, policy, after: LogPosition(sequence: kept?.position ?? 0))
        return (definition, graph)
    }

    @discardableResult
    func advance(
        _ graph: IdentityGraph, _ definition: IdentityDefinition, _ policy: IdentityPolicy, after start: LogPosition
    ) throws -> LogPosition {
        var reading = EvidenceReading(definition, policy, dictionary)
        var end = start
        try log.replay(after: start) { batches, position in
            try graph.absorb(reading.evidence(of: batches))
            // A word that the declaration does not bear out any more holds nobody up.
            for decision in IdentityDecisions.read(batches, of: definition.name) { try? graph.decide([decision]) }
            end = position
        }
        return end
    }

    /// Says that two values are, or are not, one person: an event as any other, which every figure follows.
    ///
    /// - Throws: `IdentityGraphProblem` for a value that the identity does not know of; `StoreProblem.leaseHeld` beside
    ///   another writer.
    package func decide(
        _ word: String, _ one: NodeName, _ other: NodeName, of name: String? = nil, who: String, why: String
    ) throws {
        let (definition, graph) = try identity(name)
        guard let word = IdentityDecisions.Word(rawValue: word) else { return }
        try graph.decide([Decision(word.verdict(one, other), who: who, why: why, at: now())])
        let line = try IdentityDecisions.line(word, one, other, of: definition.name, who: who, why: why, at: now())
        let account = try ingest([.bytes(line, origin: "identity")]).inputs.first?.report.account
        guard account?.accepted == 1 else { throw IdentityProblem.wordRefused.diagnostic }
    }

    private func identityDefinition(_ name: String?) throws -> IdentityDefinition {
        guard let name else {
            guard let only = dictionary.identities.first, dictionary.identities.count == 1 else {
                throw IdentityProblem.notNamed(all: dictionary.identities.map(\.name)).diagnostic
            }
            return only
        }
        guard let definition = dictionary.identity(named: name) else {
            throw IdentityProblem.unknown(name: name, all: dictionary.identities.map(\.name)).diagnostic
        }
        return definition
    }
}

/// Why nothing can be said of who is one person.
enum IdentityProblem {
    case notNamed(all: [String])
    case unknown(name: String, all: [String])
    case wordRefused

    var diagnostic: Diagnostic {
        switch self {
        case .notNamed(let all) where all.isEmpty:
            Diagnostic(
                "identity-undeclared", "The dictionary declares no identity, so nobody is known across channels.",
                remedy: "Declare one; docs/dictionary.md shows how.")
        case .notNamed(let all):
            Diagnostic(
                "identity-not-named", "The dictionary declares several identities.",
                remedy: "Name one of: \(all.joined(separator: ", ")).")
        case .unknown(let name, let all):
            Diagnostic(
                "unknown-identity", "The dictionary declares no identity \"\(name)\".",
                suggestions: NameSuggestion.nearest(to: name, among: all))
        case .wordRefused:
            Diagnostic(
                "identity-word-refused", "The contract \(IdentityDecisions.contract) does not take the word.",
                remedy: "Declare it as the shipped dictionary does, then: caliber quarantine list")
        }
    }
}
