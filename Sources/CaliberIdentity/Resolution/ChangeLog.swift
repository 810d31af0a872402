/// Nodes whose person may have changed, batch by batch.
struct ChangeLog {
    private(set) var generation = 0
    private var entries: [Entry] = []
    private var current: [UInt32] = []
    private var isOverfull = false

    private struct Entry {
        let generation: Int
        /// nil: too many to say.
        let nodes: [UInt32]?
        let nodeCount: Int
    }

    /// Of one batch; beyond it everybody may have changed.
    private static let mostNodes = 1_000_000
    private static let mostEntries = 256

    func listens(knownCount: Int) -> Bool { knownCount > 0 && !isOverfull }

    func hasRoom(for count: Int) -> Bool { current.count + count <= ChangeLog.mostNodes }

    mutating func add(_ node: UInt32) { current.append(node) }

    mutating func overflow() {
        isOverfull = true
        current = []
    }

    mutating func close(nodeCount: Int) {
        generation += 1
        entries.append(
            Entry(generation: generation, nodes: isOverfull ? nil : Array(Set(current)), nodeCount: nodeCount))
        if entries.count > ChangeLog.mostEntries { entries.removeFirst(entries.count - ChangeLog.mostEntries) }
        current.removeAll(keepingCapacity: true)
        isOverfull = false
    }

    /// nil: everything may have changed.
    func nodes(since wanted: Int) -> [UInt32]? {
        if wanted >= generation { return [] }
        guard let oldest = entries.first?.generation, wanted >= oldest - 1 else { return nil }
        var nodes: Set<UInt32> = []
        for entry in entries where entry.generation > wanted {
            guard let changed = entry.nodes else { return nil }
            nodes.formUnion(changed)
        }
        return nodes.sorted()
    }
}
