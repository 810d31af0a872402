/// The persons of one raw component: its edges are taken in the canonical order, and one joins two groups only where the
/// joined group keeps every limit.
///
/// A weak edge that weighs too little for the two groups it ties is put aside: much is needed where both have strong evidence of
/// their own, little where both are somebody, nothing where one is but a value. All that are put aside between the same two
/// groups join them when their values weigh enough together.
struct ComponentResolution {
    /// By member, the node that names its person.
    private(set) var persons: [UInt32] = []
    private(set) var refusals: [Refusal] = []

    private let graph: IdentityGraph
    private let members: [UInt32]
    private var parents: [UInt32]
    /// By root: those of its members that limits count.
    private var counted: [[UInt32]]
    /// By root, once the strong edges have been taken: how many accounts and strong traits they have tied, two at most.
    private var standing: [UInt8]
    private var apart: [(UInt32, UInt32)] = []

    /// - Parameter excluding: edges that are left out, to see what would be without them.
    init(of members: [UInt32], in graph: IdentityGraph, excluding isExcluded: (UInt32) -> Bool) {
        self.graph = graph
        self.members = members
        parents = Array(0..<UInt32(members.count))
        standing = [UInt8](repeating: 0, count: members.count)
        graph.places.extend(to: graph.nodes.count, filling: 0)
        for (place, member) in members.enumerated() { graph.places.base[Int(member)] = UInt32(place) }
        counted = members.map { node in
            let rule = graph.nodes.kinds.rule(graph.nodes.records.base[Int(node)].kind)
            return rule.valuesMost == .max ? [] : [node]
        }
        readHeldApart()
        var order: [CanonicalPlace] = []
        for member in members {
            graph.forEachEdge(of: member) { edge, record in
                if record.pointee.one == member, record.pointee.flags.contains(.active), !isExcluded(edge) {
                    order.append(CanonicalPlace(edge, in: graph))
                }
            }
        }
        order.sort { CanonicalPlace.precedes($0, $1, in: graph) }
        weigh(order)
        name()
    }

    var isOnePerson: Bool { persons.allSatisfy { $0 == persons.first } }

    private mutating func readHeldApart() {
        guard !graph.heldApart.isEmpty else { return }
        for (place, member) in members.enumerated() {
            for other in graph.heldApart[member] ?? [] {
                // Whoever it is held apart from may be in another component: then its place is not one of these members.
                let otherPlace = graph.places.base[Int(other)]
                if Int(otherPlace) < members.count, members[Int(otherPlace)] == other {
                    apart.append((UInt32(place), otherPlace))
                }
            }
        }
    }

    private mutating func weigh(_ order: [CanonicalPlace]) {
        var isWeak = false
        var aside: [CanonicalPlace] = []
        for place in order {
            if place.isWeak, !isWeak {
                isWeak = true
                findStanding()
            }
            let (one, other) = ends(place.edge)
            guard one != other else { continue }
            if let reason = obstacle(one, other, isOperators: place.rank == 0) {
                refusals.append(Refusal(edge: place.edge, reason: reason))
            } else if isWeak, place.weight < neededWeight(one, other) {
                aside.append(place)
            } else {
                join(one, other)
            }
        }
        weighTogether(aside)
    }

    private mutating func findStanding() {
        for place in members.indices {
            guard graph.nodes.kinds.isSomebody(graph.nodes.records.base[Int(members[place])].kind) else { continue }
            let root = Int(find(UInt32(place)))
            standing[root] = min(standing[root] + 1, 2)
        }
    }

    /// Thousandths.
    private func neededWeight(_ one: UInt32, _ other: UInt32) -> UInt32 {
        switch min(standing[Int(one)], standing[Int(other)]) {
        case 0: 0
        case 1: graph.policy.attachWeight
        default: graph.policy.bridgeWeight
        }
    }

    private mutating func ends(_ edge: UInt32) -> (UInt32, UInt32) {
        let record = graph.edges.records.base[Int(edge)]
        return (
            find(graph.places.base[Int(record.one)]), find(graph.places.base[Int(record.other)])
        )
    }

    private mutating func obstacle(_ one: UInt32, _ other: UInt32, isOperators: Bool) -> Refusal.Reason? {
        for (left, right) in apart {
            let (a, b) = (find(left), find(right))
            if a == one && b == other || a == other && b == one { return .heldApart }
        }
        guard !isOperators else { return nil }
        let (some, others) = (counted[Int(one)], counted[Int(other)])
        guard !some.isEmpty, !others.isEmpty else { return nil }
        return graph.brokenLimit(some, others).map { .overLimit(kind: $0) }
    }

    private mutating func find(_ place: UInt32) -> UInt32 {
        var current = place
        while parents[Int(current)] != current {
            parents[Int(current)] = parents[Int(parents[Int(current)])]
            current = parents[Int(current)]
        }
        return current
    }

    private mutating func join(_ one: UInt32, _ other: UInt32) {
        let (winner, loser) = counted[Int(one)].count >= counted[Int(other)].count ? (one, other) : (other, one)
        parents[Int(loser)] = winner
        counted[Int(winner)] += counted[Int(loser)]
        counted[Int(loser)] = []
        standing[Int(winner)] = max(standing[Int(winner)], standing[Int(loser)])
    }

    private mutating func name() {
        var anchors = [UInt32?](repeating: nil, count: members.count)
        for place in members.indices {
            let root = Int(find(UInt32(place)))
            if anchors[root].map({ graph.precedesAsAnchor(members[place], $0) }) ?? true {
                anchors[root] = members[place]
            }
        }
        persons = members.indices.map { anchors[Int(find(UInt32($0)))] ?? members[$0] }
    }
}

extension ComponentResolution {
    /// Weak edges between the same two groups.
    private struct Bridge {
        let one: UInt32
        let other: UInt32
        /// By the value that the evidence is about: a device counts once, however many edges it has.
        var weights: [UInt32: UInt32] = [:]
        var edges: [UInt32] = []
        var weight: UInt32 { weights.values.reduce(0) { $0 &+ $1 } }
    }

    private struct Ends: Hashable {
        let low: UInt32
        let high: UInt32
    }

    /// Joins groups whose bridges weigh enough together, until none does.
    private mutating func weighTogether(_ aside: [CanonicalPlace]) {
        var waiting = aside
        var hasJoined = true
        while hasJoined {
            hasJoined = false
            waiting.removeAll { place in
                let (one, other) = ends(place.edge)
                return one == other
            }
            for bridge in bridges(waiting) {
                // An earlier one of this round may have changed the groups: the next round sees to it.
                guard find(bridge.one) == bridge.one, find(bridge.other) == bridge.other,
                    bridge.weight >= neededWeight(bridge.one, bridge.other),
                    obstacle(bridge.one, bridge.other, isOperators: false) == nil
                else { continue }
                join(bridge.one, bridge.other)
                hasJoined = true
            }
        }
        for bridge in bridges(waiting) {
            let isWorthALook = bridge.weight >= graph.policy.attachWeight
            let reason = obstacle(bridge.one, bridge.other, isOperators: false) ?? (isWorthALook ? .waits : .tooLight)
            refusals += bridge.edges.map { Refusal(edge: $0, reason: reason) }
        }
    }

    /// In the canonical order of each one's first edge.
    private mutating func bridges(_ waiting: [CanonicalPlace]) -> [Bridge] {
        var places: [Ends: Int] = [:]
        var bridges: [Bridge] = []
        for place in waiting {
            let (one, other) = ends(place.edge)
            let ends = Ends(low: min(one, other), high: max(one, other))
            let index = places[ends] ?? bridges.count
            if index == bridges.count {
                places[ends] = index
                bridges.append(Bridge(one: one, other: other))
            }
            bridges[index].edges.append(place.edge)
            let value = evidenceValue(place.edge)
            bridges[index].weights[value] = max(bridges[index].weights[value] ?? 0, place.weight)
        }
        return bridges
    }

    /// The weak end of an edge; of a scored pair the edge itself, beyond all nodes.
    private func evidenceValue(_ edge: UInt32) -> UInt32 {
        let record = graph.edges.records.base[Int(edge)]
        if record.flags.contains(.scored) { return NodeRecord.isRoot | edge }
        let isStrong = graph.nodes.kinds.rule(graph.nodes.records.base[Int(record.one)].kind).isStrong
        guard isStrong == graph.nodes.kinds.rule(graph.nodes.records.base[Int(record.other)].kind).isStrong else {
            return isStrong ? record.other : record.one
        }
        return graph.nodes.precedes(record.one, record.other) ? record.one : record.other
    }
}
