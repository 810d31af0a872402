import CaliberCore

/// Which edges take part: a function of the evidence about their two ends.
extension IdentityGraph {
    /// A weight that has halved so often is none.
    static let mostHalvings: Int64 = 4

    /// Looks at the nodes that a batch touched: whether too many share them, which of their edges have faded or come back.
    func lookAgain() {
        // A value that says nothing any more changes nothing for other values: links are seen through all the same.
        for node in touchedNodes {
            let record = nodes.records.base + Int(node)
            record.pointee.flags.remove(.touched)
            guard record.pointee.flags.isDisjoint(with: [.shared, .blocked]) else { continue }
            let rule = nodes.kinds.rule(record.pointee.kind)
            if rule.sharedMost != .max, isSharedTooMuch(node, rule) {
                record.pointee.flags.insert(.shared)
                forEachEdge(of: node) { edge, _ in deactivate(edge) }
            } else if rule.halfLife != 0 {
                forEachEdge(of: node) { edge, edgeRecord in
                    if edgeRecord.pointee.flags.isDisjoint(with: [.strong, .merge, .scored]) {
                        newlyActive.append(edge)
                    }
                }
            }
        }
        touchedNodes.removeAll(keepingCapacity: true)
    }

    /// Gives each edge that may have become active or inactive its right state.
    func activate() {
        var kept = 0
        for place in newlyActive.indices {
            let edge = newlyActive[place]
            let record = edges.records.base + Int(edge)
            let isActive = record.pointee.flags.contains(.active)
            guard mayTakePart(edge) else {
                if isActive { deactivate(edge) }
                continue
            }
            if isActive {
                // Its weight or its time may have changed, and so its place among others.
                markDirty(root(of: record.pointee.one))
                if record.pointee.flags.isDisjoint(with: [.strong, .merge]) { noteLightness(edge) }
                continue
            }
            record.pointee.flags.insert(.active)
            newlyActive[kept] = edge
            kept += 1
        }
        newlyActive.removeSubrange(kept...)
    }

    func mayTakePart(_ edge: UInt32) -> Bool {
        let record = edges.records.base[Int(edge)]
        let ends = nodes.records.base[Int(record.one)].flags.union(nodes.records.base[Int(record.other)].flags)
        if record.flags.contains(.merge) { return decisions.merges(edge) }
        if record.flags.contains(.cut) || !ends.isDisjoint(with: [.shared, .blocked]) { return false }
        return record.flags.contains(.strong) || halvings(record) < IdentityGraph.mostHalvings
    }

    func deactivate(_ edge: UInt32) {
        let record = edges.records.base + Int(edge)
        guard record.pointee.flags.contains(.active) else { return }
        record.pointee.flags.remove(.active)
        brokenNodes.append(record.pointee.one)
    }

    /// How often the weight of a weak edge has halved between its last sighting and those of its values.
    @inline(__always)
    func halvings(_ record: EdgeRecord) -> Int64 {
        guard record.flags.isDisjoint(with: [.strong, .merge, .scored]) else { return 0 }
        return max(halvings(record, record.one), halvings(record, record.other))
    }

    @inline(__always)
    private func halvings(_ record: EdgeRecord, _ end: UInt32) -> Int64 {
        let node = nodes.records.base[Int(end)]
        let halfLife = nodes.kinds.rule(node.kind).halfLife
        guard halfLife != 0 else { return 0 }
        return min((node.lastSeen &- record.last) / halfLife, IdentityGraph.mostHalvings)
    }

    /// Thousandths, after decay.
    func weight(_ edge: UInt32) -> UInt32 {
        let record = edges.records.base[Int(edge)]
        if !record.flags.isDisjoint(with: [.strong, .merge]) { return 1_000 }
        return undecayedWeight(edge) >> UInt32(halvings(record))
    }
}

extension IdentityGraph {
    /// One that shares a value, from its first sighting with it to its last.
    private struct Sharer {
        var node: UInt32
        var first: Int64
        var last: Int64
    }

    /// Whether more accounts share a value than its identifier allows; or, where no account is known, more values of any other
    /// identifier. What was cut or has faded counts: a value known to be shared stays known.
    func isSharedTooMuch(_ node: UInt32, _ rule: IdentifierRule) -> Bool {
        if Int(nodes.records.base[Int(node)].degree) <= rule.sharedMost, !seesManyThroughLinks { return false }
        var accounts: [Sharer] = []
        var others: [UInt8: [Sharer]] = [:]
        forEachEdge(of: node) { _, record in
            guard record.pointee.flags.isDisjoint(with: [.merge, .scored]) else { return }
            let end = record.pointee.end(beside: node)
            let sharer = Sharer(node: end, first: record.pointee.first, last: record.pointee.last)
            let kind = nodes.records.base[Int(end)].kind
            switch nodes.kinds.rule(kind).role {
            case .account: accounts.append(sharer)
            case .value: others[nodes.kinds.identifiers[Int(kind)], default: []].append(sharer)
            case .link:
                forEachAccount(beside: end) {
                    accounts.append(Sharer(node: $0, first: sharer.first, last: sharer.last))
                }
            }
        }
        return ([accounts] + others.values).contains { most(of: $0, within: rule.sharedWindow) > rule.sharedMost }
    }

    private func forEachAccount(beside link: UInt32, _ body: (UInt32) -> Void) {
        forEachEdge(of: link) { _, record in
            guard record.pointee.flags.isDisjoint(with: [.merge, .scored]) else { return }
            let end = record.pointee.end(beside: link)
            if nodes.kinds.rule(nodes.records.base[Int(end)].kind).role == .account { body(end) }
        }
    }

    /// The most different sharers within any stretch of time; each counts from its first sighting to its last.
    private func most(of sharers: [Sharer], within window: Int64) -> Int {
        var different: [Sharer] = []
        for sharer in sharers.sorted(by: { $0.node < $1.node }) {
            if let last = different.indices.last, different[last].node == sharer.node {
                different[last].first = min(different[last].first, sharer.first)
                different[last].last = max(different[last].last, sharer.last)
            } else {
                different.append(sharer)
            }
        }
        guard window != 0 else { return different.count }
        let begins = different.map(\.first).sorted()
        let ends = different.map { $0.last.addingReportingOverflow(window) }
            .map { $0.overflow ? .max : $0.partialValue }.sorted()
        var most = 0
        var gone = 0
        for (come, begin) in begins.enumerated() {
            while gone < ends.count, ends[gone] <= begin { gone += 1 }
            most = max(most, come + 1 - gone)
        }
        return most
    }
}
