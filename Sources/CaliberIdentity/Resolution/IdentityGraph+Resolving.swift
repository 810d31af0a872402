extension IdentityGraph {
    func resolveDirty() {
        var place = 0
        while place < dirtyNodes.count {
            let root = root(of: dirtyNodes[place])
            place += 1
            let number = Int(componentNumber(root))
            guard number != 0, components.records.base[number].flags.contains(.dirty) else { continue }
            components.records.base[number].flags.remove(.dirty)
            resolve(root, number)
        }
        dirtyNodes.removeAll(keepingCapacity: true)
    }

    private func resolve(_ root: UInt32, _ number: Int) {
        let component = components.records.base[number]
        let wasDivided = component.flags.contains(.divided)
        guard needsResolution(root, component) else {
            if wasDivided {
                logMembers(of: root)
                components.records.base[number].flags.remove(.divided)
            }
            return
        }
        var members: [UInt32] = []
        forEachMember(of: root) { members.append($0) }
        let resolution = ComponentResolution(of: members, in: self) { _ in false }
        if resolution.isOnePerson {
            if wasDivided { logMembers(of: root) }
            components.records.base[number].flags.remove(.divided)
            return
        }
        logMembers(of: root)
        components.records.base[number].flags.insert(.divided)
        for (place, member) in members.enumerated() {
            nodes.records.base[Int(member)].person = resolution.persons[place]
            forEachEdge(of: member) { _, record in record.pointee.flags.subtract(.refusals) }
        }
        for refusal in resolution.refusals {
            edges.records.base[Int(refusal.edge)].flags.insert(refusal.reason.flag)
        }
    }

    /// Whether the edges of a component have to be weighed one by one: without a limit that may be broken, a second dense
    /// group or an operator's word, taking all of them is what weighing them would end with.
    private func needsResolution(_ root: UInt32, _ component: Component) -> Bool {
        if component.flags.contains(.heldApart) { return true }
        let isGuarded = policy.bridgeWeight > 0 && component.somebodyCount >= 2
        if isGuarded, component.denseCount >= 2 || component.flags.contains(.light) { return true }
        return component.flags.contains(.suspect) && !keepsLimits(root)
    }

    private func keepsLimits(_ root: UInt32) -> Bool {
        var members: [UInt32] = []
        forEachMember(of: root) { members.append($0) }
        return brokenLimit(members, []) == nil
    }

    /// A kind of which both groups have values and together too many; or one group alone, when the other is empty.
    func brokenLimit(_ some: [UInt32], _ others: [UInt32]) -> UInt16? {
        while kindCounts.count < nodes.kinds.kinds.count { kindCounts.append(0) }
        let records = nodes.records.base
        defer { for node in some { kindCounts[Int(records[Int(node)].kind)] = 0 } }
        for node in some { kindCounts[Int(records[Int(node)].kind)] += 1 }
        guard !others.isEmpty else {
            return some.first {
                isBroken(records[Int($0)].kind, some, others, Int(kindCounts[Int(records[Int($0)].kind)]))
            }
            .map { records[Int($0)].kind }
        }
        var broken: UInt16?
        // Kinds of the second group count on top of the first group's, so that both have to have some.
        for node in others where kindCounts[Int(records[Int(node)].kind)] > 0 {
            let kind = records[Int(node)].kind
            kindCounts[Int(kind)] += 1
            if isBroken(kind, some, others, Int(kindCounts[Int(kind)])) {
                broken = broken.map { nodes.kinds.precedes($0, kind) ? $0 : kind } ?? kind
            }
        }
        return broken
    }

    private func isBroken(_ kind: UInt16, _ some: [UInt32], _ others: [UInt32], _ count: Int) -> Bool {
        let rule = nodes.kinds.rule(kind)
        guard count > rule.valuesMost else { return false }
        guard rule.valuesWindow != 0 else { return true }
        var times: [Int64] = []
        for node in some where nodes.records.base[Int(node)].kind == kind {
            times.append(nodes.records.base[Int(node)].firstSeen)
        }
        for node in others where nodes.records.base[Int(node)].kind == kind {
            times.append(nodes.records.base[Int(node)].firstSeen)
        }
        times.sort()
        guard times.count > rule.valuesMost else { return false }
        return (rule.valuesMost..<times.count).contains { last in
            let (length, overflow) = times[last].subtractingReportingOverflow(times[last - rule.valuesMost])
            return !overflow && length < rule.valuesWindow
        }
    }
}
