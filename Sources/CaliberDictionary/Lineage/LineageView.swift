import CaliberCore

/// One node with all that it comes from, or all that comes from it.
public struct LineageView: Sendable {
    public enum Direction: String, Sendable { case upstream, downstream }

    public let root: LineageNode
    public let direction: Direction
    /// Everything reached, the root too, sorted.
    public let nodes: [LineageNode]
    /// Every edge between them on the way, by target, origin and role.
    public let edges: [LineageEdge]
    private let lineage: Lineage

    init(_ lineage: Lineage, root: LineageNode, direction: Direction) {
        self.lineage = lineage
        self.root = root
        self.direction = direction
        var reached: Set<LineageNode> = [root]
        var edges: Set<LineageEdge> = []
        var open = [root]
        while let node = open.popLast() {
            for edge in LineageView.steps(from: node, lineage, direction) {
                edges.insert(edge)
                let next = direction == .upstream ? edge.from : edge.to
                if reached.insert(next).inserted { open.append(next) }
            }
        }
        nodes = reached.sorted()
        self.edges = edges.sorted { ($0.to, $0.from, $0.role) < ($1.to, $1.from, $1.role) }
    }

    private static func steps(
        from node: LineageNode, _ lineage: Lineage, _ direction: Direction
    ) -> [LineageEdge] {
        direction == .upstream ? lineage.edgesInto(node) : lineage.edgesOut(of: node)
    }

    // MARK: Text

    /// Lines past this many are counted, not printed.
    public static let treeLineLimit = 10_000

    /// A tree for a terminal: one node a line with its roles and how it derives. A node met again is not opened again.
    public var tree: String {
        var lines: [String] = []
        var opened: Set<LineageNode> = []
        // A stack of its own: metrics may build on each other in chains as long as the dictionary.
        var stack: [(node: LineageNode, roles: [LineageRole], lead: String, childLead: String)] = [(root, [], "", "")]
        var leftOut = 0
        while let (node, roles, lead, childLead) = stack.popLast() {
            let children = children(of: node)
            let isRepeated = !children.isEmpty && !opened.insert(node).inserted
            if lines.count < LineageView.treeLineLimit {
                lines.append(lead + line(node, roles) + (isRepeated ? "  (see above)" : ""))
            } else {
                leftOut += 1
            }
            guard !isRepeated else { continue }
            for (index, child) in children.enumerated().reversed() {
                let isLast = index == children.count - 1
                stack.append(
                    (
                        child.node, child.roles, childLead + (isLast ? "└─ " : "├─ "),
                        childLead + (isLast ? "   " : "│  ")
                    ))
            }
        }
        if leftOut > 0 { lines.append("… and \(leftOut) more") }
        return lines.map { $0 + "\n" }.joined()
    }

    private func children(of node: LineageNode) -> [(node: LineageNode, roles: [LineageRole])] {
        var roles: [LineageNode: [LineageRole]] = [:]
        for edge in LineageView.steps(from: node, lineage, direction) {
            roles[direction == .upstream ? edge.from : edge.to, default: []].append(edge.role)
        }
        // Values come first, then what decides about them.
        return roles.map { (node: $0.key, roles: $0.value.sorted()) }.sorted {
            ($0.roles.first ?? .value, $0.node) < ($1.roles.first ?? .value, $1.node)
        }
    }

    private func line(_ node: LineageNode, _ roles: [LineageRole]) -> String {
        var text = node.name
        let remarks = roles.filter { $0 != .value }.map(\.rawValue)
        if !remarks.isEmpty {
            text += " [\((roles.contains(.value) ? ["value"] + remarks : remarks).joined(separator: ", "))]"
        }
        if let derivation = lineage.derivations[node] { text += "  " + derivation }
        return text
    }

    // MARK: JSON

    /// `{"root", "direction", "nodes": [{"kind", "name", "derivation"}], "edges": [{"from", "to", "role"}]}`, in a
    /// stable order, two spaces a level.
    public var json: String {
        func reference(_ node: LineageNode) -> JSONValue { .string("\(node.kind):\(node.name)") }
        let value: JSONValue = .object([
            "root": reference(root),
            "direction": .string(direction.rawValue),
            "nodes": .array(
                nodes.map { node in
                    .object([
                        "id": reference(node), "kind": .string(node.kind), "name": .string(node.name),
                        "derivation": lineage.derivations[node].map { .string($0) } ?? .null,
                    ])
                }),
            "edges": .array(
                edges.map { edge in
                    .object([
                        "from": reference(edge.from), "to": reference(edge.to), "role": .string(edge.role.rawValue),
                    ])
                }),
        ])
        return value.indentedText() + "\n"
    }
}
