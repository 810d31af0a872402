import CaliberCore

/// A graph's evidence in its shortest form: each edge once with its bounds in time, each node that was seen alone, each
/// decision that holds. As the graph is a function of the set, whatever was saved is taken in like any other evidence.
extension IdentityGraph {
    /// What has changed since the last time, as parts of a bounded size; empty where nothing has. With it the parts written before
    /// are the whole graph.
    package func unsavedParts() -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var part = EvidencePart(of: self)
        let lone = Array(Set(unsavedNodes)).sorted()
        for node in lone {
            part.add(node: node)
            part.close(into: &parts, full: true)
        }
        let changed = Array(Set(unsavedEdges)).sorted().filter { Int($0) < savedEdgeCount }
        for edge in changed + Array(UInt32(savedEdgeCount)..<UInt32(edges.count)) {
            part.add(edge: edge)
            part.close(into: &parts, full: true)
        }
        for decision in decisions.unsaved { part.add(decision) }
        part.close(into: &parts, full: false)
        return parts
    }

    /// What `unsavedParts` gave is durable now.
    package func markSaved() {
        for node in unsavedNodes { nodes.records.base[Int(node)].flags.remove(.unsaved) }
        for edge in unsavedEdges { edges.records.base[Int(edge)].flags.remove(.unsaved) }
        unsavedNodes.removeAll()
        unsavedEdges.removeAll()
        decisions.unsaved.removeAll()
        savedEdgeCount = edges.count
    }

    /// Everything is to be saved anew.
    package func forgetSaved() {
        savedEdgeCount = 0
        unsavedEdges.removeAll()
        unsavedNodes = (0..<UInt32(nodes.count)).filter { nodes.records.base[Int($0)].flags.contains(.seenAlone) }
        for node in unsavedNodes { nodes.records.base[Int(node)].flags.insert(.unsaved) }
        decisions.unsaved = Array(decisions.holding.values)
    }

    /// Takes a part in.
    ///
    /// - Throws: `IdentityGraphProblem.damagedState` where the bytes are none of `unsavedParts`; nothing is taken in then.
    package func absorb(part number: Int, _ bytes: UnsafeRawBufferPointer) throws(IdentityGraphProblem) {
        guard let content = EvidencePart.read(bytes, policy) else { throw .damagedState(part: number) }
        try absorb(content.batch)
        if !content.decisions.isEmpty { try decide(content.decisions) }
    }
}

/// Evidence as bytes: names of nodes first, each once, then what refers to them by number.
struct EvidencePart {
    private let graph: IdentityGraph
    private var names = StateWriting()
    private var nameCount = 0
    private var places: [UInt32: Int] = [:]
    private var items = StateWriting()
    private var itemCount = 0
    private var decisions = StateWriting()
    private var decisionCount = 0

    private static let byteCount = 4 << 20

    init(of graph: IdentityGraph) { self.graph = graph }

    mutating func add(node: UInt32) {
        let record = graph.nodes.records.base[Int(node)]
        items.write(0)
        items.write(UInt64(place(of: node)))
        items.write(signed: record.firstSeen)
        items.write(signed: record.lastSeen &- record.firstSeen)
        itemCount += 1
    }

    mutating func add(edge: UInt32) {
        let record = graph.edges.records.base[Int(edge)]
        // Operators' merges are decisions, and saved as such.
        guard !record.flags.contains(.merge) else { return }
        let (one, other) = (place(of: record.one), place(of: record.other))
        items.write(1)
        items.write(UInt64(one))
        items.write(UInt64(other))
        items.write(graph.edges.rules[Int(record.rule)])
        items.write(graph.edges.event(of: edge))
        items.write(signed: record.first)
        items.write(signed: record.last &- record.first)
        items.write(UInt64(graph.edges.scores[edge] ?? 0))
        itemCount += 1
    }

    mutating func add(_ decision: Decision) {
        decisions.write(decision)
        decisionCount += 1
    }

    private mutating func place(of node: UInt32) -> Int {
        if let place = places[node] { return place }
        let kind = graph.nodes.kinds.kinds[Int(graph.nodes.records.base[Int(node)].kind)]
        names.write(graph.policy.identifierNames[kind.identifier])
        names.write(kind.scope)
        names.write(graph.nodes.text(node))
        places[node] = nameCount
        nameCount += 1
        return nameCount - 1
    }

    /// Puts what has gathered among the parts; with `full` only where it is enough for one.
    mutating func close(into parts: inout [[UInt8]], full: Bool) {
        guard itemCount + decisionCount > 0 else { return }
        guard !full || names.bytes.count + items.bytes.count >= EvidencePart.byteCount else { return }
        var part = StateWriting()
        part.write(UInt64(nameCount))
        part.write(UInt64(itemCount))
        part.write(UInt64(decisionCount))
        parts.append(part.bytes + names.bytes + items.bytes + decisions.bytes)
        self = EvidencePart(of: graph)
    }
}

extension EvidencePart {
    static func read(
        _ bytes: UnsafeRawBufferPointer, _ policy: IdentityPolicy
    ) -> (batch: EvidenceBatch, decisions: [Decision])? {
        var reading = StateReading(bytes)
        guard let nameCount = reading.index(below: bytes.count), let itemCount = reading.index(below: bytes.count),
            let decisionCount = reading.index(below: bytes.count)
        else { return nil }
        var batch = EvidenceBatch()
        var values: [EvidenceBatch.Value?] = []
        for _ in 0..<nameCount {
            guard let identifier = reading.string(), let scope = reading.string(), let text = reading.text() else {
                return nil
            }
            // An identifier that the policy has no more says nothing any more.
            values.append(
                policy.identifier(named: identifier).map {
                    EvidenceBatch.Value(identifier: $0, scope: batch.scope(scope), text: text)
                })
        }
        for _ in 0..<itemCount { guard read(&reading, values, into: &batch) else { return nil } }
        var decisions: [Decision] = []
        for _ in 0..<decisionCount {
            guard let decision = reading.decision() else { return nil }
            decisions.append(decision)
        }
        return reading.isAtEnd ? (batch, decisions) : nil
    }

    private static func read(
        _ reading: inout StateReading, _ values: [EvidenceBatch.Value?], into batch: inout EvidenceBatch
    ) -> Bool {
        guard let sort = reading.index(below: 2), let one = reading.index(below: values.count) else { return false }
        guard sort == 1 else {
            guard let first = reading.signed(), let length = reading.signed() else { return false }
            if let value = values[one] {
                batch.add(
                    value, first: Timestamp(microseconds: first), last: Timestamp(microseconds: first &+ length))
            }
            return true
        }
        guard let other = reading.index(below: values.count), let rule = reading.string(), let event = reading.text(),
            let first = reading.signed(), let length = reading.signed(),
            let score = reading.index(below: Int(UInt32.max))
        else { return false }
        if let left = values[one], let right = values[other] {
            batch.add(
                left, right, rule: batch.rule(rule), event: event, first: Timestamp(microseconds: first),
                last: Timestamp(microseconds: first &+ length), score: score)
        }
        return true
    }
}
