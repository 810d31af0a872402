import CaliberCore

extension IdentityGraph {
    /// So many items are looked up side by side, as memory answers several requests as fast as one.
    static let itemsAtOnce = 16

    /// Puts a batch's evidence into nodes and edges; what follows from it is `settle`'s.
    func take(_ batch: EvidenceBatch, _ codes: BatchCodes) {
        batch.texts.withUnsafeBytes { texts in
            batch.items.withUnsafeBufferPointer { items in
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: IdentityGraph.itemsAtOnce * 2) { hashes in
                    for begin in stride(from: 0, to: items.count, by: IdentityGraph.itemsAtOnce) {
                        let end = min(begin + IdentityGraph.itemsAtOnce, items.count)
                        let block = UnsafeBufferPointer(rebasing: items[begin..<end])
                        glance(block, texts, codes, hashes)
                        intern(block, texts, codes, hashes)
                        for (place, item) in block.enumerated() { take(item, texts, codes, found[place]) }
                    }
                }
            }
        }
    }

    /// The nodes of an item's values, and the hash of the edge between them.
    struct FoundItem {
        var one: UInt32 = 0
        var other: UInt32 = 0
        var edgeHash: UInt64 = 0
    }

    /// Turns the values of a few items into nodes, and has what the look-ups of their edges will meet fetched.
    private func intern(
        _ items: UnsafeBufferPointer<EvidenceBatch.Item>, _ texts: UnsafeRawBufferPointer, _ codes: BatchCodes,
        _ hashes: UnsafeMutableBufferPointer<UInt64>
    ) {
        var seen: UInt64 = 0
        for (place, item) in items.enumerated() {
            let one = nodes.intern(codes.kind(item.one), IdentityGraph.text(item.one, texts), hashes[place * 2])
            found[place].one = one
            guard item.other.identifier != EvidenceBatch.nobody else { continue }
            let other = nodes.intern(
                codes.kind(item.other), IdentityGraph.text(item.other, texts), hashes[place * 2 + 1])
            found[place].other = other
            found[place].edgeHash = EdgeList.hash(one, other, codes.rules[Int(item.rule)])
            seen &+= edges.glance(found[place].edgeHash)
        }
        glanced &+= seen
    }

    /// Hashes the values of a few items and has what their look-ups will meet fetched.
    private func glance(
        _ items: UnsafeBufferPointer<EvidenceBatch.Item>, _ texts: UnsafeRawBufferPointer, _ codes: BatchCodes,
        _ hashes: UnsafeMutableBufferPointer<UInt64>
    ) {
        var seen: UInt64 = 0
        for (place, item) in items.enumerated() {
            hashes[place * 2] = NodePool.hash(codes.kind(item.one), IdentityGraph.text(item.one, texts))
            hashes[place * 2 + 1] =
                item.other.identifier == EvidenceBatch.nobody
                ? hashes[place * 2] : NodePool.hash(codes.kind(item.other), IdentityGraph.text(item.other, texts))
        }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: IdentityGraph.itemsAtOnce * 2) { starts in
            for place in 0..<items.count * 2 { seen &+= nodes.glance(hashes[place]) }
            for place in 0..<items.count * 2 { starts[place] = nodes.glance(at: nodes.glance(hashes[place])) }
            for place in 0..<items.count * 2 { seen &+= UInt64(nodes.glance(atText: starts[place])) }
        }
        glanced = seen
    }

    @inline(__always)
    private static func text(
        _ sighting: EvidenceBatch.Sighting, _ texts: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: texts[sighting.start..<sighting.start + Int(sighting.count)])
    }

    @inline(__always)
    private func take(
        _ item: EvidenceBatch.Item, _ texts: UnsafeRawBufferPointer, _ codes: BatchCodes, _ found: FoundItem
    ) {
        let (one, other) = (found.one, found.other)
        guard item.other.identifier != EvidenceBatch.nobody else { return see(one, alone: item) }
        let blocked = nodes.records.base[Int(one)].flags.union(nodes.records.base[Int(other)].flags)
            .contains(.blocked)
        guard !blocked, one != other else {
            // What a blocked value stands beside was seen all the same.
            see(one, alone: item)
            return see(other, alone: item)
        }
        let event = UnsafeRawBufferPointer(rebasing: texts[item.eventStart..<item.eventStart + Int(item.eventCount)])
        tie(one, other, codes.rules[Int(item.rule)], item, event, found.edgeHash)
    }

    private func see(_ node: UInt32, alone item: EvidenceBatch.Item) {
        let record = nodes.records.base + Int(node)
        guard !record.pointee.flags.contains(.blocked) else { return }
        let isNews = item.first < record.pointee.firstSeen || item.last > record.pointee.lastSeen
        if isNews || !record.pointee.flags.contains(.seenAlone) {
            record.pointee.flags.insert(.seenAlone)
            if !record.pointee.flags.contains(.unsaved) {
                record.pointee.flags.insert(.unsaved)
                unsavedNodes.append(node)
            }
        }
        see(node, item.first, item.last)
    }

    /// A node was seen from one moment to another.
    @inline(__always)
    private func see(_ node: UInt32, _ first: Int64, _ last: Int64) {
        let record = nodes.records.base + Int(node)
        if first < record.pointee.firstSeen {
            record.pointee.firstSeen = first
            becameEarlier(node)
        }
        if last > record.pointee.lastSeen {
            record.pointee.lastSeen = last
            if nodes.kinds.rule(record.pointee.kind).halfLife != 0 { touch(node) }
        }
    }

    /// Who is earliest names the person, and limits go by when values were first seen.
    @inline(__always)
    private func becameEarlier(_ node: UInt32) {
        let root = root(of: node)
        let number = componentNumber(root)
        guard number != 0 else { return }
        if precedesAsAnchor(node, components.records.base[Int(number)].anchor) {
            logMembers(of: root)
            components.records.base[Int(number)].anchor = node
        }
        markDirty(root)
    }

    private func tie(
        _ one: UInt32, _ other: UInt32, _ rule: UInt16, _ item: EvidenceBatch.Item, _ event: UnsafeRawBufferPointer,
        _ hash: UInt64
    ) {
        if let edge = edges.find(one, other, rule, hash) {
            widen(edge, item, event)
        } else {
            addEdge(one, other, rule, item, event, hash)
        }
        see(one, item.first, item.last)
        see(other, item.first, item.last)
    }

    private func addEdge(
        _ one: UInt32, _ other: UInt32, _ rule: UInt16, _ item: EvidenceBatch.Item, _ event: UnsafeRawBufferPointer,
        _ hash: UInt64
    ) {
        let records = nodes.records.base
        let (left, right) = (records + Int(one), records + Int(other))
        let (oneRule, otherRule) = (
            nodes.kinds.rule(left.pointee.kind), nodes.kinds.rule(right.pointee.kind)
        )
        var flags: EdgeFlags = item.score == 0 && oneRule.isStrong && otherRule.isStrong ? .strong : []
        if item.score != 0 { flags.insert(.scored) }
        let edge = edges.add(
            EdgeRecord(
                first: item.first, last: item.last, one: one, other: other, nextOfOne: left.pointee.firstEdge,
                nextOfOther: right.pointee.firstEdge, event: 0, rule: rule, flags: flags), event, hash)
        if item.score != 0 { edges.scores[edge] = item.score }
        left.pointee.firstEdge = edge
        right.pointee.firstEdge = edge
        if decisions.hasCuts, decisions.cuts(edge, in: self) {
            edges.records.base[Int(edge)].flags.insert(.cut)
        }
        newlyActive.append(edge)
        guard item.score == 0 else { return }
        left.pointee.degree &+= 1
        right.pointee.degree &+= 1
        if left.pointee.degree > oneRule.sharedMost || seesManyThroughLinks { touch(one) }
        if right.pointee.degree > otherRule.sharedMost || seesManyThroughLinks { touch(other) }
        if oneRule.role == .link, otherRule.role == .account { touchThoseBeside(link: one) }
        if otherRule.role == .link, oneRule.role == .account { touchThoseBeside(link: other) }
    }

    /// What is tied to a link is seen by its account through it.
    private func touchThoseBeside(link: UInt32) {
        forEachEdge(of: link) { edge, record in
            let value = record.pointee.end(beside: link)
            if nodes.kinds.rule(nodes.records.base[Int(value)].kind).role != .account { touch(value) }
        }
    }

    /// Evidence for an edge that is there already.
    private func widen(_ edge: UInt32, _ item: EvidenceBatch.Item, _ event: UnsafeRawBufferPointer) {
        let record = edges.records.base + Int(edge)
        var isChanged = false
        let isEarlier = item.first < record.pointee.first
        if isEarlier || item.first == record.pointee.first && IdentityGraph.precedes(event, edges.event(of: edge)) {
            record.pointee.first = item.first
            edges.replaceEvent(of: edge, by: event)
            isChanged = true
        }
        if item.last > record.pointee.last {
            record.pointee.last = item.last
            isChanged = true
        }
        if item.score > edges.scores[edge] ?? 0, record.pointee.flags.contains(.scored) {
            edges.scores[edge] = item.score
            isChanged = true
        }
        guard isChanged else { return }
        if Int(edge) < savedEdgeCount, !record.pointee.flags.contains(.unsaved) {
            record.pointee.flags.insert(.unsaved)
            unsavedEdges.append(edge)
        }
        newlyActive.append(edge)
        for end in [record.pointee.one, record.pointee.other] {
            markDirty(root(of: end))
            if nodes.kinds.rule(nodes.records.base[Int(end)].kind).sharedMost < Int(nodes.records.base[Int(end)].degree)
            {
                touch(end)
            }
        }
    }

    static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        left.lexicographicallyPrecedes(right)
    }

    @inline(__always)
    func touch(_ node: UInt32) {
        let record = nodes.records.base + Int(node)
        guard !record.pointee.flags.contains(.touched) else { return }
        record.pointee.flags.insert(.touched)
        touchedNodes.append(node)
    }

    @inline(__always)
    func forEachEdge(of node: UInt32, _ body: (UInt32, UnsafeMutablePointer<EdgeRecord>) -> Void) {
        var edge = nodes.records.base[Int(node)].firstEdge
        while edge != NodeRecord.noEdge {
            let record = edges.records.base + Int(edge)
            // Read first: what is done with the edge may not depend on where its list goes on.
            let next = record.pointee.next(of: node)
            body(edge, record)
            edge = next
        }
    }
}
