import CaliberCore

extension IdentityGraph {
    /// The rule of edges that operators make.
    package static let decisionRule = "operator"

    /// Takes operators' words in, and resolves what they touch.
    ///
    /// - Throws: `IdentityGraphProblem` where one names an unknown identifier, a blocked value, or a node with itself; nothing
    ///   is taken in then.
    package func decide(_ decisions: [Decision]) throws(IdentityGraphProblem) {
        for decision in decisions { try check(decision) }
        begin()
        for decision in decisions { try take(decision) }
        settle()
    }

    private func check(_ decision: Decision) throws(IdentityGraphProblem) {
        switch decision.verdict {
        case .split(let one, let other), .merge(let one, let other), .release(let one, let other),
            .cut(.edge(let one, let other, _)), .restore(.edge(let one, let other, _)):
            guard one != other else { throw .sameNode(node: one) }
            for name in [one, other] { try check(name) }
        case .cut, .restore: break
        }
    }

    private func check(_ name: NodeName) throws(IdentityGraphProblem) {
        guard let identifier = policy.identifier(named: name.identifier) else {
            throw .unknownIdentifierName(
                name: name.identifier,
                suggestions: NameSuggestion.nearest(to: name.identifier, among: policy.identifierNames))
        }
        var text = name.value
        let isBlocked = text.withUTF8 { policy.blocked[identifier].blocks(UnsafeRawBufferPointer($0)) }
        guard !isBlocked else { throw .blockedValue(node: name) }
    }

    private func take(_ decision: Decision) throws(IdentityGraphProblem) {
        guard decisions.take(decision) else { return }
        switch decision.verdict {
        case .split(let one, let other): try hold(one, other, merged: false, apart: true, decision)
        case .merge(let one, let other): try hold(one, other, merged: true, apart: false, decision)
        case .release(let one, let other): try hold(one, other, merged: false, apart: false, decision)
        case .cut(let selection): try set(selection, cut: true)
        case .restore(let selection): try set(selection, cut: false)
        }
    }

    /// A node that need not have been seen yet.
    private func node(named name: NodeName) throws(IdentityGraphProblem) -> UInt32 {
        guard let identifier = policy.identifier(named: name.identifier) else {
            throw .unknownIdentifierName(name: name.identifier, suggestions: [])
        }
        guard let kind = nodes.kind(identifier, within: name.scope) else {
            throw .tooMany(what: "scopes", limit: NodeKinds.limit)
        }
        var text = name.value
        return text.withUTF8 {
            let bytes = UnsafeRawBufferPointer($0)
            return nodes.intern(kind, bytes, NodePool.hash(kind, bytes))
        }
    }

    private func hold(
        _ oneName: NodeName, _ otherName: NodeName, merged: Bool, apart: Bool, _ decision: Decision
    ) throws(IdentityGraphProblem) {
        let (one, other) = (try node(named: oneName), try node(named: otherName))
        for (left, right) in [(one, other), (other, one)] {
            var others = (heldApart[left] ?? []).filter { $0 != right }
            if apart { others.append(right) }
            heldApart[left] = others.isEmpty ? nil : others
            if others.isEmpty {
                nodes.records.base[Int(left)].flags.remove(.heldApart)
            } else {
                nodes.records.base[Int(left)].flags.insert(.heldApart)
            }
            let root = root(of: left)
            let number = Int(componentNumber(root))
            // Where the last word that held apart is gone, weighing the edges once more costs time but changes nothing.
            if number != 0, apart { components.records.base[number].flags.insert(.heldApart) }
            markDirty(root)
        }
        guard let rule = edges.rule(IdentityGraph.decisionRule) else {
            throw .tooMany(what: "rules", limit: EdgeList.ruleLimit)
        }
        let hash = EdgeList.hash(one, other, rule)
        guard let edge = edges.find(one, other, rule, hash) else {
            if merged { addMerge(one, other, rule, hash, decision) }
            return
        }
        decisions.setMerge(edge, merged)
        edges.records.base[Int(edge)].first = decision.at.microseconds
        edges.records.base[Int(edge)].last = decision.at.microseconds
        newlyActive.append(edge)
    }

    private func addMerge(_ one: UInt32, _ other: UInt32, _ rule: UInt16, _ hash: UInt64, _ decision: Decision) {
        let records = nodes.records.base
        let edge = edges.add(
            EdgeRecord(
                first: decision.at.microseconds, last: decision.at.microseconds, one: one, other: other,
                nextOfOne: records[Int(one)].firstEdge, nextOfOther: records[Int(other)].firstEdge, event: 0,
                rule: rule, flags: .merge), UnsafeRawBufferPointer(start: nil, count: 0), hash)
        records[Int(one)].firstEdge = edge
        records[Int(other)].firstEdge = edge
        decisions.setMerge(edge, true)
        newlyActive.append(edge)
    }

    private func set(_ selection: EdgeSelection, cut: Bool) throws(IdentityGraphProblem) {
        switch selection {
        case .edge(let oneName, let otherName, let rule):
            let (one, other) = (try node(named: oneName), try node(named: otherName))
            decisions.setCut(DecisionLedger.CutPair(one, other), rule: rule, cut)
            forEachEdge(of: one) { edge, record in
                if record.pointee.end(beside: one) == other { recut(edge) }
            }
        case .rule(let name):
            decisions.setCut(rule: name, cut)
            for edge in 0..<UInt32(edges.count) { recut(edge) }
        case .weakerThan(let weight):
            decisions.setCut(weight: weight, cut)
            for edge in 0..<UInt32(edges.count) { recut(edge) }
        }
    }

    private func recut(_ edge: UInt32) {
        let isCut = decisions.cuts(edge, in: self)
        let record = edges.records.base + Int(edge)
        guard record.pointee.flags.contains(.cut) != isCut else { return }
        if isCut { record.pointee.flags.insert(.cut) } else { record.pointee.flags.remove(.cut) }
        newlyActive.append(edge)
    }

    /// Thousandths, before decay.
    func undecayedWeight(_ edge: UInt32) -> UInt32 {
        let record = edges.records.base[Int(edge)]
        if record.flags.contains(.scored) { return edges.scores[edge] ?? 0 }
        let one = nodes.kinds.rule(nodes.records.base[Int(record.one)].kind)
        let other = nodes.kinds.rule(nodes.records.base[Int(record.other)].kind)
        return one.isStrong ? other.weight : other.isStrong ? one.weight : min(one.weight, other.weight)
    }
}
