import CaliberCore

extension IdentityGraph {
    /// Why two nodes are one person, or why not.
    package func why(_ oneName: NodeName, _ otherName: NodeName) -> WhyAnswer {
        guard let one = node(of: oneName) else { return .unknown(oneName) }
        guard let other = node(of: otherName) else { return .unknown(otherName) }
        if personCode(of: one) == personCode(of: other) { return .together(path: path(from: one, to: other)) }
        return .apart(refused: refusals(between: one, and: other))
    }

    /// Fewest steps, where a weak edge is as far as `Steps.ofWeak` strong ones; of equals the one whose names come first.
    private func path(from one: UInt32, to other: UInt32) -> [EdgeEvidence] {
        var distances: [UInt32: Int] = [one: 0]
        var ways: [UInt32: (edge: UInt32, from: UInt32)] = [:]
        var heap = DistanceHeap()
        heap.push(distance: 0, one)
        while let (distance, node) = heap.pop(), node != other {
            guard distance == distances[node] else { continue }
            forEachEdge(of: node) { edge, record in
                guard isAccepted(edge) else { return }
                let next = record.pointee.end(beside: node)
                let length = distance + IdentityGraph.steps(record.pointee)
                let known = distances[next]
                let isBetter =
                    known.map { length < $0 || length == $0 && comesFirst(edge, from: node, ways[next]) } ?? true
                guard isBetter else { return }
                if known != length { heap.push(distance: length, next) }
                distances[next] = length
                ways[next] = (edge, node)
            }
        }
        var path: [EdgeEvidence] = []
        var node = other
        while node != one, let way = ways[node] {
            path.append(evidence(way.edge))
            node = way.from
        }
        return path.reversed()
    }

    private static func steps(_ record: EdgeRecord) -> Int {
        record.flags.isDisjoint(with: [.strong, .merge]) ? 1_000 : 1
    }

    private func comesFirst(_ edge: UInt32, from node: UInt32, _ way: (edge: UInt32, from: UInt32)?) -> Bool {
        guard let way else { return true }
        if node != way.from { return nodes.precedes(node, way.from) }
        return edges.rules[Int(edges.records.base[Int(edge)].rule)].utf8.lexicographicallyPrecedes(
            edges.rules[Int(edges.records.base[Int(way.edge)].rule)].utf8)
    }

    /// Edges between two persons that do not join them, and those of a value beside both that does not.
    private func refusals(between one: UInt32, and other: UInt32) -> [RefusedEdge] {
        let (left, right) = (personCode(of: one), personCode(of: other))
        let reasons = currentRefusals(around: [one, other])
        var found: [RefusedEdge] = []
        for member in members(ofPersonOf: one) {
            forEachEdge(of: member) { edge, record in
                guard !record.pointee.flags.contains(.merge) || decisions.merges(edge) else { return }
                let end = record.pointee.end(beside: member)
                let person = personCode(of: end)
                if person == right {
                    found.append(RefusedEdge(evidence: evidence(edge), reason: reason(edge, reasons)))
                } else if person != left {
                    // A value of neither: one that too many share, or that belongs to somebody else.
                    forEachEdge(of: end) { next, nextRecord in
                        guard personCode(of: nextRecord.pointee.end(beside: end)) == right else { return }
                        found.append(RefusedEdge(evidence: evidence(edge), reason: reason(edge, reasons)))
                        found.append(RefusedEdge(evidence: evidence(next), reason: reason(next, reasons)))
                    }
                }
            }
        }
        return Array(Set(found)).sorted(by: RefusedEdge.precedes)
    }

    private func reason(_ edge: UInt32, _ refusals: [UInt32: Refusal.Reason]) -> RefusedEdge.Reason {
        let record = edges.records.base[Int(edge)]
        if record.flags.contains(.cut) { return .cut }
        for end in [record.one, record.other] where nodes.records.base[Int(end)].flags.contains(.shared) {
            return .shared(name(of: end))
        }
        if !record.flags.contains(.active) { return .faded }
        switch refusals[edge] {
        case .overLimit(let kind):
            let named = nodes.kinds.kinds[Int(kind)]
            let rule = policy.rules[named.identifier]
            return .overLimit(
                identifier: policy.identifierNames[named.identifier], scope: named.scope, most: rule.valuesMost)
        case .heldApart: return .heldApart
        case .tooLight: return .tooLight
        case .waits, nil: return .waitsForReview
        }
    }

    /// Refusals of the components of some nodes, with all their parameters: edges themselves only know of which sort.
    private func currentRefusals(around wanted: [UInt32]) -> [UInt32: Refusal.Reason] {
        var reasons: [UInt32: Refusal.Reason] = [:]
        for root in Set(wanted.map { root(of: $0) }) {
            let number = Int(componentNumber(root))
            guard number != 0, components.records.base[number].flags.contains(.divided) else { continue }
            var members: [UInt32] = []
            forEachMember(of: root) { members.append($0) }
            for refusal in ComponentResolution(of: members, in: self, excluding: { _ in false }).refusals {
                reasons[refusal.edge] = refusal.reason
            }
        }
        return reasons
    }

    /// Everything that evidence speaks for and that was not joined, in the order of names.
    ///
    /// - Complexity: proportional to all edges, and to all divided components.
    package func refusedEdges() -> [RefusedEdge] {
        let refused = (0..<UInt32(edges.count)).filter { edge in
            !isAccepted(edge) && (!edges.records.base[Int(edge)].flags.contains(.merge) || decisions.merges(edge))
        }
        let reasons = currentRefusals(around: refused.map { edges.records.base[Int($0)].one })
        return refused.map { RefusedEdge(evidence: evidence($0), reason: reason($0, reasons)) }
            .sorted(by: RefusedEdge.precedes)
    }

    /// Merges that somebody is to look at.
    package func waitingForReview() -> [RefusedEdge] {
        refusedEdges().filter { $0.reason == .waitsForReview }
    }
}

extension RefusedEdge {
    static func precedes(_ left: RefusedEdge, _ right: RefusedEdge) -> Bool {
        let (one, other) = (left.evidence, right.evidence)
        if one.one != other.one { return one.one.precedes(other.one) }
        if one.other != other.other { return one.other.precedes(other.other) }
        return one.rule.utf8.lexicographicallyPrecedes(other.rule.utf8)
    }
}

/// Nodes by distance, the nearest first: a binary heap.
private struct DistanceHeap {
    private var entries: [(distance: Int, node: UInt32)] = []

    mutating func push(distance: Int, _ node: UInt32) {
        entries.append((distance, node))
        var place = entries.count - 1
        while place > 0, entries[place].distance < entries[(place - 1) / 2].distance {
            entries.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func pop() -> (Int, UInt32)? {
        guard let nearest = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return (nearest.distance, nearest.node) }
        entries[0] = last
        var place = 0
        while place * 2 + 1 < entries.count {
            var child = place * 2 + 1
            if child + 1 < entries.count, entries[child + 1].distance < entries[child].distance { child += 1 }
            guard entries[child].distance < entries[place].distance else { break }
            entries.swapAt(child, place)
            place = child
        }
        return (nearest.distance, nearest.node)
    }
}
