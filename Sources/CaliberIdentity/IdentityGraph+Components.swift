/// Raw components: union-find with union by size and path halving, whose members stand in rings.
///
/// Source: Tarjan, van Leeuwen, Worst-case Analysis of Set Union Algorithms, JACM 1984.
extension IdentityGraph {
    @inline(__always)
    func root(of node: UInt32) -> UInt32 {
        let records = nodes.records.base
        var current = node
        while true {
            let parent = records[Int(current)].rawParent
            if parent >= NodeRecord.isRoot { return current }
            let above = records[Int(parent)].rawParent
            if above >= NodeRecord.isRoot { return parent }
            records[Int(current)].rawParent = above
            current = above
        }
    }

    @inline(__always)
    private func strongRoot(of node: UInt32) -> UInt32 {
        let records = nodes.records.base
        var current = node
        while true {
            let parent = records[Int(current)].strongParent
            if parent >= NodeRecord.isRoot { return current }
            let above = records[Int(parent)].strongParent
            if above >= NodeRecord.isRoot { return parent }
            records[Int(current)].strongParent = above
            current = above
        }
    }

    /// 0 of a node alone.
    @inline(__always)
    func componentNumber(_ root: UInt32) -> UInt32 {
        nodes.records.base[Int(root)].rawParent & ~NodeRecord.isRoot
    }

    @inline(__always)
    private func component(_ root: UInt32) -> Component {
        let number = componentNumber(root)
        guard number == 0 else { return components.records.base[Int(number)] }
        let record = nodes.records.base[Int(root)]
        return Component(
            size: 1, anchor: root, somebodyCount: nodes.kinds.isSomebody(record.kind) ? 1 : 0, denseCount: 0,
            flags: record.flags.contains(.heldApart) ? .heldApart : [],
            summary: nodes.kinds.summaries[Int(record.kind)])
    }

    @inline(__always)
    func markDirty(_ root: UInt32) {
        let number = componentNumber(root)
        guard number != 0, !components.records.base[Int(number)].flags.contains(.dirty) else { return }
        components.records.base[Int(number)].flags.insert(.dirty)
        dirtyNodes.append(root)
    }

    func uniteNewlyActive() {
        for edge in newlyActive { unite(edge) }
        newlyActive.removeAll(keepingCapacity: true)
    }

    private func unite(_ edge: UInt32) {
        let record = edges.records.base[Int(edge)]
        let (one, other) = (root(of: record.one), root(of: record.other))
        if one != other { unite(one, other) } else { markDirty(one) }
        if record.flags.isDisjoint(with: [.strong, .merge]) {
            noteLightness(edge)
        } else {
            uniteStrongly(record.one, record.other)
        }
    }

    /// A component remembers that one of its edges was too light once.
    func noteLightness(_ edge: UInt32) {
        guard policy.attachWeight > 0, weight(edge) < policy.attachWeight else { return }
        let number = Int(componentNumber(root(of: edges.records.base[Int(edge)].one)))
        components.records.base[number].flags.insert(.light)
    }

    private func unite(_ one: UInt32, _ other: UInt32) {
        let (left, right) = (component(one), component(other))
        let (winner, loser) = left.size >= right.size ? (one, other) : (other, one)
        let survivesLeft = precedesAsAnchor(left.anchor, right.anchor)
        logMembers(of: survivesLeft ? other : one)
        var merged = Component(
            size: left.size + right.size, anchor: survivesLeft ? left.anchor : right.anchor,
            somebodyCount: left.somebodyCount + right.somebodyCount, denseCount: left.denseCount + right.denseCount,
            flags: left.flags.union(right.flags).union(.dirty),
            summary: left.summary)
        if merged.summary.add(right.summary, slack: slack) { merged.flags.insert(.suspect) }
        // A component that is dirty stands in the list by a node that it had, whatever its root is now.
        if !left.flags.union(right.flags).contains(.dirty) { dirtyNodes.append(winner) }
        let records = nodes.records.base
        let (winnerNumber, loserNumber) = (componentNumber(winner), componentNumber(loser))
        var number = winnerNumber
        if number == 0 { number = loserNumber } else if loserNumber != 0 { components.remove(loserNumber) }
        if number == 0 {
            number = components.add(merged)
        } else {
            components.records.base[Int(number)] = merged
        }
        swap(&records[Int(winner)].rawNext, &records[Int(loser)].rawNext)
        records[Int(loser)].rawParent = winner
        records[Int(winner)].rawParent = NodeRecord.isRoot | number
    }

    private func uniteStrongly(_ one: UInt32, _ other: UInt32) {
        let records = nodes.records.base
        let (left, right) = (strongRoot(of: one), strongRoot(of: other))
        guard left != right else { return }
        let leftSize = records[Int(left)].strongParent & ~NodeRecord.isRoot
        let rightSize = records[Int(right)].strongParent & ~NodeRecord.isRoot
        let (winner, loser) = leftSize >= rightSize ? (left, right) : (right, left)
        records[Int(loser)].strongParent = winner
        records[Int(winner)].strongParent = NodeRecord.isRoot | (leftSize + rightSize)
        let number = Int(componentNumber(root(of: one)))
        if leftSize > 0, rightSize > 0 { components.records.base[number].somebodyCount -= 1 }
        let before: UInt32 = (leftSize >= 2 ? 1 : 0) + (rightSize >= 2 ? 1 : 0)
        let after: UInt32 = leftSize + rightSize >= 2 ? 1 : 0
        components.records.base[number].denseCount += after
        components.records.base[number].denseCount -= before
    }

    @inline(__always)
    func forEachMember(of node: UInt32, _ body: (UInt32) -> Void) {
        var member = node
        repeat {
            // Read first: whoever takes rings apart does so in `body`.
            let next = nodes.records.base[Int(member)].rawNext
            body(member)
            member = next
        } while member != node
    }

    /// Takes components apart of which an edge has left, and puts them together from the edges that stay.
    func rebuildBroken() {
        guard !brokenNodes.isEmpty else { return }
        var members: [UInt32] = []
        for node in brokenNodes {
            let root = root(of: node)
            let number = componentNumber(root)
            // Already taken apart, by another edge that left.
            guard number != 0 else { continue }
            logMembers(of: root)
            forEachMember(of: root) { members.append($0) }
            components.remove(number)
            let first = members.count - Int(components.records.base[Int(number)].size)
            for member in members[first...] { isolate(member) }
        }
        for member in members {
            forEachEdge(of: member) { edge, record in
                if record.pointee.one == member, record.pointee.flags.contains(.active) { newlyActive.append(edge) }
            }
        }
        brokenNodes.removeAll(keepingCapacity: true)
    }

    private func isolate(_ node: UInt32) {
        let record = nodes.records.base + Int(node)
        record.pointee.rawParent = NodeRecord.isRoot
        record.pointee.rawNext = node
        record.pointee.strongParent = NodeRecord.isRoot | (nodes.kinds.isSomebody(record.pointee.kind) ? 1 : 0)
    }

    /// Whether one node rather than another names the person: accounts before strong traits, weak ones, links; then the
    /// one seen first; then by its name.
    func precedesAsAnchor(_ left: UInt32, _ right: UInt32) -> Bool {
        let (one, other) = (nodes.records.base[Int(left)], nodes.records.base[Int(right)])
        let (leftRank, rightRank) = (anchorRank(one.kind), anchorRank(other.kind))
        if leftRank != rightRank { return leftRank < rightRank }
        if one.firstSeen != other.firstSeen { return one.firstSeen < other.firstSeen }
        return nodes.precedes(left, right)
    }

    @inline(__always)
    private func anchorRank(_ kind: UInt16) -> Int {
        let rule = nodes.kinds.rule(kind)
        return switch rule.role {
        case .account: 0
        case .value: rule.isStrong ? 1 : 2
        case .link: 3
        }
    }

    /// Their persons may change.
    func logMembers(of root: UInt32) {
        guard changeLog.listens(knownCount: knownCount) else { return }
        let size = Int(component(root).size)
        guard changeLog.hasRoom(for: size) else { return changeLog.overflow() }
        forEachMember(of: root) { if $0 < knownCount { changeLog.add($0) } }
    }
}
