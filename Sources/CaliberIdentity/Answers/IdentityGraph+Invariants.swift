extension IdentityGraph {
    /// What is wrong with the graph; empty where all holds. For tests: it looks at everything.
    package func brokenInvariants() -> [String] {
        var problems: [String] = []
        var persons: [UInt32: [UInt32]] = [:]
        for node in 0..<UInt32(nodes.count) { persons[personCode(of: node), default: []].append(node) }
        for (person, members) in persons {
            if personCode(of: person) != person { problems.append("person \(person) is not its own") }
            if let first = members.min(by: { precedesAsAnchor($0, $1) }), first != person {
                problems.append("person \(person) should be named by \(first)")
            }
            let hasMerge = members.contains { member in
                var found = false
                forEachEdge(of: member) { edge, _ in found = found || decisions.merges(edge) }
                return found
            }
            if !hasMerge, let kind = brokenLimit(members, []) {
                problems.append("person \(person) has too many of \(nodes.kinds.kinds[Int(kind)])")
            }
            for member in members {
                for other in heldApart[member] ?? [] where personCode(of: other) == person {
                    problems.append("\(member) and \(other) are held apart and one person")
                }
            }
        }
        for edge in 0..<UInt32(edges.count) {
            let record = edges.records.base[Int(edge)]
            if record.flags.contains(.active) != mayTakePart(edge) {
                problems.append("edge \(edge) has the wrong activity")
            }
            if record.flags.contains(.active), root(of: record.one) != root(of: record.other) {
                problems.append("edge \(edge) ties two components")
            }
        }
        return problems
    }
}
