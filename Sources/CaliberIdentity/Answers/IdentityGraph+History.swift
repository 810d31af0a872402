import CaliberCore

/// One person came to be part of another: which id stayed, which went, when, and by which evidence.
package struct Absorption: Hashable, Sendable {
    package let survivor: PersonID
    package let absorbed: PersonID
    package let at: Timestamp
    package let by: EdgeEvidence
}

extension IdentityGraph {
    /// How a person came together, in the order of time: each joining of two groups that both had an account by then, so that
    /// both had an id that somebody may have seen.
    ///
    /// It is read off the evidence as it stands, so that it is the same however the evidence came in.
    package func history(of name: NodeName) -> [Absorption] {
        guard let node = node(of: name) else { return [] }
        let members = members(ofPersonOf: node)
        var joining: [UInt32] = []
        for member in members {
            forEachEdge(of: member) { edge, record in
                if record.pointee.one == member, isAccepted(edge) { joining.append(edge) }
            }
        }
        joining.sort { left, right in
            let (one, other) = (edges.records.base[Int(left)], edges.records.base[Int(right)])
            if one.first != other.first { return one.first < other.first }
            let places = (CanonicalPlace(left, in: self), CanonicalPlace(right, in: self))
            return CanonicalPlace.precedes(places.0, places.1, in: self)
        }
        return absorptions(members, joining)
    }

    private func absorptions(_ members: [UInt32], _ joining: [UInt32]) -> [Absorption] {
        var parents = Dictionary(uniqueKeysWithValues: members.map { ($0, $0) })
        var anchors = parents
        func find(_ node: UInt32) -> UInt32 {
            var current = node
            while let parent = parents[current], parent != current { current = parent }
            return current
        }
        var absorptions: [Absorption] = []
        for edge in joining {
            let record = edges.records.base[Int(edge)]
            let (one, other) = (find(record.one), find(record.other))
            guard one != other, let left = anchors[one], let right = anchors[other] else { continue }
            let (survivor, absorbed) = precedesAsAnchor(left, right) ? (left, right) : (right, left)
            parents[other] = one
            anchors[one] = survivor
            guard isAccount(survivor), isAccount(absorbed) else { continue }
            absorptions.append(
                Absorption(
                    survivor: id(ofPerson: survivor), absorbed: id(ofPerson: absorbed),
                    at: Timestamp(microseconds: record.first), by: evidence(edge)))
        }
        return absorptions
    }

    private func isAccount(_ node: UInt32) -> Bool {
        nodes.kinds.rule(nodes.records.base[Int(node)].kind).role == .account
    }
}
