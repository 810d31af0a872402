import CaliberCore

/// Makes evidence of events: the values that one event carries become a star about its account.
///
/// Blocked values are left out first, so that the account `0` of a test order is nobody's centre.
package struct EventEvidence {
    private let policy: IdentityPolicy
    private var kept: [EvidenceBatch.Value] = []

    package init(_ policy: IdentityPolicy) { self.policy = policy }

    /// Adds what one event says.
    ///
    /// The centre is the account, or without one the identifier of the best priority that is strong, or else of the best.
    ///
    /// - Parameter rule: what the evidence is filed under: the event's type.
    package mutating func add(
        _ values: [EvidenceBatch.Value], event: UnsafeRawBufferPointer, rule: UInt16, at time: Timestamp,
        to batch: inout EvidenceBatch
    ) {
        kept.removeAll(keepingCapacity: true)
        for value in values where policy.rules.indices.contains(value.identifier) {
            if !policy.blocked[value.identifier].blocks(value.text) { kept.append(value) }
        }
        guard let centre = kept.indices.min(by: { rank(kept[$0]) < rank(kept[$1]) }) else { return }
        if kept.count == 1 {
            batch.add(kept[0], first: time)
            return
        }
        for index in kept.indices where index != centre {
            batch.add(kept[centre], kept[index], rule: rule, event: event, first: time)
        }
    }

    private func rank(_ value: EvidenceBatch.Value) -> Int {
        let rule = policy.rules[value.identifier]
        let role =
            switch rule.role {
            case .account: 0
            case .link: 1
            case .value: rule.isStrong ? 2 : 3
            }
        return role * policy.rules.count + value.identifier
    }
}
