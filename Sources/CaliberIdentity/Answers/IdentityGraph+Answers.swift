import CaliberCore

extension IdentityGraph {
    /// The code of a node; nil of one that nothing was ever heard of.
    package func node(of name: NodeName) -> UInt32? {
        guard let identifier = policy.identifier(named: name.identifier),
            let kind = nodes.kinds.code(identifier, within: name.scope)
        else { return nil }
        var text = name.value
        return text.withUTF8 {
            let bytes = UnsafeRawBufferPointer($0)
            return nodes.find(kind, bytes, NodePool.hash(kind, bytes))
        }
    }

    package func name(of node: UInt32) -> NodeName {
        let kind = nodes.kinds.kinds[Int(nodes.records.base[Int(node)].kind)]
        return NodeName(policy.identifierNames[kind.identifier], nodes.string(node), within: kind.scope)
    }

    /// The code of a node's person: that of the node which names the person.
    @inline(__always)
    package func personCode(of node: UInt32) -> UInt32 {
        let root = root(of: node)
        let number = componentNumber(root)
        guard number != 0 else { return node }
        let component = components.records.base[Int(number)]
        return component.flags.contains(.divided) ? nodes.records.base[Int(node)].person : component.anchor
    }

    /// By node, the code of its person: what columns of node codes are resolved through.
    package func personCodes() -> [UInt32] {
        [UInt32](unsafeUninitializedCapacity: nodes.count) { codes, count in
            for node in 0..<nodes.count { codes[node] = personCode(of: UInt32(node)) }
            count = nodes.count
        }
    }

    package func id(ofPerson code: UInt32) -> PersonID { PersonID(naming: name(of: code)) }

    package func person(of name: NodeName) -> Person? { node(of: name).map { person(ofNode: $0) } }

    package func person(ofNode node: UInt32) -> Person {
        let code = personCode(of: node)
        let members = members(ofPersonOf: node)
        let seen = members.filter { nodes.records.base[Int($0)].firstSeen != .max }
        return Person(
            id: id(ofPerson: code), code: code,
            members: members.map { name(of: $0) }.sorted { $0.precedes($1) },
            firstSeen: seen.map { nodes.records.base[Int($0)].firstSeen }.min().map(Timestamp.init(microseconds:)),
            lastSeen: seen.map { nodes.records.base[Int($0)].lastSeen }.max().map(Timestamp.init(microseconds:)))
    }

    /// The person of an id, also of one that was absorbed since.
    ///
    /// - Complexity: proportional to all nodes.
    package func person(of id: PersonID) -> Person? {
        for node in 0..<UInt32(nodes.count) where PersonID(naming: name(of: node)) == id {
            return person(ofNode: node)
        }
        return nil
    }

    func members(ofPersonOf node: UInt32) -> [UInt32] {
        let code = personCode(of: node)
        var members: [UInt32] = []
        forEachMember(of: node) { if personCode(of: $0) == code { members.append($0) } }
        return members
    }

    /// Whether an edge joins: it takes part and was not refused.
    func isAccepted(_ edge: UInt32) -> Bool {
        let record = edges.records.base[Int(edge)]
        return record.flags.contains(.active) && personCode(of: record.one) == personCode(of: record.other)
    }

    func evidence(_ edge: UInt32) -> EdgeEvidence {
        let record = edges.records.base[Int(edge)]
        let (one, other) = (name(of: record.one), name(of: record.other))
        let isOrdered = one.precedes(other)
        return EdgeEvidence(
            one: isOrdered ? one : other, other: isOrdered ? other : one, rule: edges.rules[Int(record.rule)],
            event: String(decoding: edges.event(of: edge), as: UTF8.self), first: Timestamp(microseconds: record.first),
            last: Timestamp(microseconds: record.last),
            strength: record.flags.contains(.merge) ? .operator : record.flags.contains(.strong) ? .strong : .weak,
            weight: Int(weight(edge)))
    }

    /// Nodes whose person may have changed since a generation, or that are new; nil where that may be anybody.
    package func changes(since generation: Int) -> [UInt32]? { changeLog.nodes(since: generation) }

    /// Rises with each batch.
    package var generation: Int { changeLog.generation }
}
