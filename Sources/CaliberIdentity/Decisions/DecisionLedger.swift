/// Which decisions hold.
struct DecisionLedger {
    private(set) var holding: [Decision.Subject: Decision] = [:]
    /// By merge edge: whether the merge holds.
    private var mergeEdges: [UInt32: Bool] = [:]
    private(set) var cutPairs: [CutPair: Set<String?>] = [:]
    private(set) var cutRules: Set<String> = []
    private(set) var cutWeights: Set<Int> = []
    /// Since the last save.
    var unsaved: [Decision] = []

    struct CutPair: Hashable {
        let low: UInt32
        let high: UInt32

        init(_ one: UInt32, _ other: UInt32) {
            low = min(one, other)
            high = max(one, other)
        }
    }

    var hasCuts: Bool { !cutPairs.isEmpty || !cutRules.isEmpty || !cutWeights.isEmpty }

    /// - Returns: whether it holds from now on.
    mutating func take(_ decision: Decision) -> Bool {
        if let other = holding[decision.subject], other == decision || !decision.outranks(other) { return false }
        holding[decision.subject] = decision
        unsaved.append(decision)
        return true
    }

    func merges(_ edge: UInt32) -> Bool { mergeEdges[edge] ?? false }

    mutating func setMerge(_ edge: UInt32, _ holds: Bool) { mergeEdges[edge] = holds }

    mutating func setCut(_ pair: CutPair, rule: String?, _ holds: Bool) {
        if holds { cutPairs[pair, default: []].insert(rule) } else { cutPairs[pair]?.remove(rule) }
        if cutPairs[pair]?.isEmpty == true { cutPairs[pair] = nil }
    }

    mutating func setCut(rule: String, _ holds: Bool) {
        if holds { cutRules.insert(rule) } else { cutRules.remove(rule) }
    }

    mutating func setCut(weight: Int, _ holds: Bool) {
        if holds { cutWeights.insert(weight) } else { cutWeights.remove(weight) }
    }

    /// Whether a cut that holds is about an edge.
    func cuts(_ edge: UInt32, in graph: IdentityGraph) -> Bool {
        let record = graph.edges.records.base[Int(edge)]
        guard !record.flags.contains(.merge) else { return false }
        let rule = graph.edges.rules[Int(record.rule)]
        if cutRules.contains(rule) { return true }
        if let rules = cutPairs[CutPair(record.one, record.other)], rules.contains(nil) || rules.contains(rule) {
            return true
        }
        guard let most = cutWeights.max(), !record.flags.contains(.strong) else { return false }
        return graph.undecayedWeight(edge) < most
    }
}
