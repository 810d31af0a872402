/// An order in which everything comes after what it depends on.
struct DependencyOrder {
    /// Indices, dependencies first; members of circles are left out, and what depends on them is not.
    private(set) var order: [Int] = []
    /// Circles found, each from one member back to itself: `[a, b, a]`.
    private(set) var circles: [[Int]] = []

    private enum State { case unseen, open, done, inCircle }

    /// Depth first, with a stack of its own: chains may be as long as the dictionary.
    ///
    /// - Complexity: O(nodes + dependencies).
    init(count: Int, dependencies: (Int) -> [Int]) {
        var states = Array(repeating: State.unseen, count: count)
        for root in 0..<count where states[root] == .unseen {
            var path: [(node: Int, rest: ArraySlice<Int>)] = []
            func open(_ node: Int) {
                states[node] = .open
                path.append((node, dependencies(node)[...]))
            }
            open(root)
            while let top = path.indices.last {
                if let next = path[top].rest.popFirst() {
                    switch states[next] {
                    case .unseen: open(next)
                    case .open, .inCircle: closeCircle(at: next, path.map(\.node), &states)
                    case .done: break
                    }
                } else {
                    let node = path.removeLast().node
                    if states[node] == .open {
                        states[node] = .done
                        order.append(node)
                    }
                }
            }
        }
    }

    private mutating func closeCircle(at node: Int, _ path: [Int], _ states: inout [State]) {
        // A node of an earlier circle that is no longer on the path closes no circle of its own.
        guard let start = path.firstIndex(of: node) else { return }
        let circle = Array(path[start...])
        let isNew = circle.contains { states[$0] != .inCircle }
        for member in circle { states[member] = .inCircle }
        if isNew { circles.append(circle + [node]) }
    }
}
