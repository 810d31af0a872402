/// An edge's place in the one order in which edges are weighed, whatever order they came in.
///
/// Operators' words first, the latest before earlier ones; then strong edges by priority; then weak ones by their weight after
/// decay, then by priority. Among equals the earliest evidence, then the names of the ends, byte by byte, then the rule's.
/// So where evidence contradicts itself, the weakest falls.
struct CanonicalPlace {
    let rank: UInt64
    let time: Int64
    let edge: UInt32
    let weight: UInt32

    static let weakRank: UInt64 = 2 << 56

    init(_ edge: UInt32, in graph: IdentityGraph) {
        let record = graph.edges.records.base[Int(edge)]
        let kinds = graph.nodes.kinds.identifiers
        let records = graph.nodes.records.base
        let priority = UInt64(
            max(kinds[Int(records[Int(record.one)].kind)], kinds[Int(records[Int(record.other)].kind)]))
        self.edge = edge
        weight = graph.weight(edge)
        if record.flags.contains(.merge) {
            rank = 0
            time = record.first == .min ? .max : -record.first
        } else if record.flags.contains(.strong) {
            rank = 1 << 56 | priority
            time = record.first
        } else {
            rank = CanonicalPlace.weakRank | UInt64(UInt32.max - weight) << 16 | priority
            time = record.first
        }
    }

    var isWeak: Bool { rank >= CanonicalPlace.weakRank }

    static func precedes(_ left: CanonicalPlace, _ right: CanonicalPlace, in graph: IdentityGraph) -> Bool {
        if left.rank != right.rank { return left.rank < right.rank }
        if left.time != right.time { return left.time < right.time }
        return names(left.edge, precede: right.edge, in: graph)
    }

    private static func names(_ left: UInt32, precede right: UInt32, in graph: IdentityGraph) -> Bool {
        let (one, other) = (ends(left, in: graph), ends(right, in: graph))
        if one.low != other.low { return graph.nodes.precedes(one.low, other.low) }
        if one.high != other.high { return graph.nodes.precedes(one.high, other.high) }
        let leftRule = graph.edges.rules[Int(graph.edges.records.base[Int(left)].rule)]
        let rightRule = graph.edges.rules[Int(graph.edges.records.base[Int(right)].rule)]
        return leftRule.utf8.lexicographicallyPrecedes(rightRule.utf8)
    }

    private static func ends(_ edge: UInt32, in graph: IdentityGraph) -> (low: UInt32, high: UInt32) {
        let record = graph.edges.records.base[Int(edge)]
        return graph.nodes.precedes(record.one, record.other) ? (record.one, record.other) : (record.other, record.one)
    }
}
