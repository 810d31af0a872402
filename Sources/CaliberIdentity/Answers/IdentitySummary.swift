/// How many accounts are how many people.
package struct IdentitySummary: Hashable, Sendable {
    package var accountCount = 0
    /// With an account at least.
    package var personCount = 0
    package var severalAccountsCount = 0
    /// With accounts in several scopes: channels, where accounts are unique in channels.
    package var severalScopesCount = 0
    package var nodeCount = 0
    package var edgeCount = 0
    package var acceptedCount = 0
    /// Ties that join nothing, by reason.
    package var refusedCounts: [String: Int] = [:]
}

extension IdentityGraph {
    /// - Complexity: proportional to all nodes and edges.
    package func summary() -> IdentitySummary {
        var summary = IdentitySummary()
        summary.nodeCount = nodes.count
        summary.edgeCount = edges.count
        var accountsOfPerson = [UInt32](repeating: 0, count: nodes.count)
        var scopeOfPerson = [UInt16](repeating: 0, count: nodes.count)
        var hasScopes = [Bool](repeating: false, count: nodes.count)
        for node in 0..<nodes.count {
            let kind = nodes.records.base[node].kind
            guard nodes.kinds.rule(kind).role == .account else { continue }
            summary.accountCount += 1
            let person = Int(personCode(of: UInt32(node)))
            accountsOfPerson[person] += 1
            if accountsOfPerson[person] == 1 {
                scopeOfPerson[person] = kind
            } else if scopeOfPerson[person] != kind {
                hasScopes[person] = true
            }
        }
        for person in accountsOfPerson.indices where accountsOfPerson[person] > 0 {
            summary.personCount += 1
            if accountsOfPerson[person] > 1 { summary.severalAccountsCount += 1 }
            if hasScopes[person] { summary.severalScopesCount += 1 }
        }
        let refused = refusedEdges()
        summary.acceptedCount = edges.count - refused.count
        for edge in refused { summary.refusedCounts[edge.reason.name, default: 0] += 1 }
        return summary
    }

    package func isAccount(_ name: NodeName) -> Bool {
        policy.identifier(named: name.identifier).map { policy.rules[$0].role == .account } ?? false
    }

    /// Every node whose value is a text, whatever its identifier and scope.
    package func names(ofValue value: String) -> [NodeName] {
        nodes.kinds.kinds.compactMap { kind in
            let name = NodeName(policy.identifierNames[kind.identifier], value, within: kind.scope)
            return node(of: name) == nil ? nil : name
        }.sorted { $0.precedes($1) }
    }
}

extension RefusedEdge.Reason {
    /// Without its particulars.
    fileprivate var name: String {
        switch self {
        case .overLimit: "over a limit"
        case .heldApart: "held apart by a person"
        case .waitsForReview: "waits for a person"
        case .tooLight: "too light"
        case .cut: "cut"
        case .shared: "shared by too many"
        case .faded: "faded"
        }
    }
}

extension NodeName {
    /// `user_id@douyin:u-17` or `phone_hash:9f86`, as `description` writes them; nil for another text.
    package init?(parsing text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let left = text[..<colon].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let identifier = left.first, !identifier.isEmpty, text.index(after: colon) < text.endIndex else {
            return nil
        }
        self.init(
            String(identifier), String(text[text.index(after: colon)...]),
            within: left.count > 1 ? String(left[1]) : "")
    }
}
