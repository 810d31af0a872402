import CaliberCore

/// Who is one person, by all evidence that there is.
///
/// The partition into persons, their ids, what is refused and what waits for review are a function of the *set* of evidence
/// and decisions: order, repeats and batches make no difference. After each batch only the components that it touched are
/// resolved again.
///
/// A graph belongs to one thread at a time.
package final class IdentityGraph {
    package let policy: IdentityPolicy
    // Why accesses need no check at run time is said at `NodeKinds`.
    let nodes: NodePool
    let edges = EdgeList()
    @exclusivity(unchecked) var components = ComponentList()
    let slack: UInt64
    /// Whether a node that an event ties to a value may stand for more than one account.
    let seesManyThroughLinks: Bool

    // What a batch has changed so far.
    @exclusivity(unchecked) var dirtyNodes: [UInt32] = []
    @exclusivity(unchecked) var touchedNodes: [UInt32] = []
    @exclusivity(unchecked) var newlyActive: [UInt32] = []
    @exclusivity(unchecked) var brokenNodes: [UInt32] = []

    @exclusivity(unchecked) var decisions = DecisionLedger()
    /// For each node that is held apart from others: from whom.
    @exclusivity(unchecked) var heldApart: [UInt32: [UInt32]] = [:]

    @exclusivity(unchecked) var changeLog = ChangeLog()
    /// Nodes that were there when the batch began.
    @exclusivity(unchecked) var knownCount = 0

    // How far the store has it.
    @exclusivity(unchecked) var savedEdgeCount = 0
    @exclusivity(unchecked) var unsavedNodes: [UInt32] = []
    @exclusivity(unchecked) var unsavedEdges: [UInt32] = []

    /// What was fetched ahead; kept so that the fetching is not thought needless.
    @exclusivity(unchecked) var glanced: UInt64 = 0
    /// Scratch of intake: the nodes of a few items.
    let found = UnsafeMutablePointer<FoundItem>.allocate(capacity: IdentityGraph.itemsAtOnce)
    /// Scratch of resolutions: a node's place in its component.
    @exclusivity(unchecked) var places = GrowingBuffer<UInt32>(capacity: 64)
    @exclusivity(unchecked) var kindCounts: [Int32] = []

    package init(_ policy: IdentityPolicy) {
        self.policy = policy
        nodes = NodePool(kinds: NodeKinds(policy))
        found.initialize(repeating: FoundItem(), count: IdentityGraph.itemsAtOnce)
        slack = LimitSummary.slack(policy.rules)
        seesManyThroughLinks = policy.rules.contains { $0.role == .link && $0.sharedMost > 1 }
    }

    deinit {
        components.release()
        places.free()
        found.deallocate()
    }

    package var nodeCount: Int { nodes.count }
    package var edgeCount: Int { edges.count }

    /// Takes evidence in, and resolves what it touches.
    ///
    /// - Complexity: proportional to the batch and to the components it touches.
    /// - Throws: `IdentityGraphProblem` where a batch names what the policy does not know; nothing is taken in then.
    package func absorb(_ batch: EvidenceBatch) throws(IdentityGraphProblem) {
        let codes = try BatchCodes(batch, graph: self)
        begin()
        take(batch, codes)
        settle()
    }

    func begin() { knownCount = nodes.count }

    /// Brings everything up to date with the edges and nodes that have changed.
    func settle() {
        lookAgain()
        activate()
        rebuildBroken()
        uniteNewlyActive()
        resolveDirty()
        changeLog.close(nodeCount: nodes.count)
    }
}

/// A batch's words in the graph's codes.
struct BatchCodes {
    /// By scope, then by identifier.
    private var kinds: [UInt16]
    private let identifierCount: Int
    let rules: [UInt16]

    init(_ batch: EvidenceBatch, graph: IdentityGraph) throws(IdentityGraphProblem) {
        identifierCount = graph.policy.rules.count
        var used = [Bool](repeating: false, count: batch.scopes.count * identifierCount)
        for item in batch.items {
            for sighting in [item.one, item.other] where sighting.identifier != EvidenceBatch.nobody {
                guard Int(sighting.identifier) < identifierCount, Int(sighting.scope) < batch.scopes.count else {
                    throw .unknownIdentifier(number: Int(sighting.identifier))
                }
                used[Int(sighting.scope) * identifierCount + Int(sighting.identifier)] = true
            }
        }
        kinds = [UInt16](repeating: 0, count: used.count)
        for place in used.indices where used[place] {
            let scope = batch.scopes[place / identifierCount]
            guard let kind = graph.nodes.kind(place % identifierCount, within: scope) else {
                throw .tooMany(what: "scopes", limit: NodeKinds.limit)
            }
            kinds[place] = kind
        }
        var rules: [UInt16] = []
        for name in batch.rules {
            guard let rule = graph.edges.rule(name) else { throw .tooMany(what: "rules", limit: EdgeList.ruleLimit) }
            rules.append(rule)
        }
        self.rules = rules
    }

    @inline(__always)
    func kind(_ sighting: EvidenceBatch.Sighting) -> UInt16 {
        kinds[Int(sighting.scope) * identifierCount + Int(sighting.identifier)]
    }
}
