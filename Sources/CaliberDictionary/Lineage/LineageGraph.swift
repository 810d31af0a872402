import CaliberCore

/// One thing that figures come from or are.
public enum LineageNode: Hashable, Sendable, Comparable {
    case contract(String)
    /// The field may be `$time` or `$id` of the envelope, or empty for the events themselves (a count).
    case field(contract: String, field: String)
    case column(table: String, column: String)
    case metric(String)
    /// A saved query.
    case report(String)
    /// What days are cut by.
    case calendar(String)

    /// As a person asks for it: `payment.callback`, `payment.callback.amount`, `orders.paid`, `gmv`.
    public var name: String {
        switch self {
        case .contract(let name), .metric(let name), .report(let name), .calendar(let name): name
        case .field(let contract, let field): contract + "." + field
        case .column(let table, let column): table + "." + column
        }
    }

    public var kind: String {
        switch self {
        case .contract: "contract"
        case .field: "field"
        case .column: "column"
        case .metric: "metric"
        case .report: "report"
        case .calendar: "calendar"
        }
    }

    private var rank: Int {
        switch self {
        case .calendar: 0
        case .contract: 1
        case .field: 2
        case .column: 3
        case .metric: 4
        case .report: 5
        }
    }

    public static func < (left: LineageNode, right: LineageNode) -> Bool {
        (left.rank, left.name) < (right.rank, right.name)
    }
}

/// What the source of an edge decides about its target.
public enum LineageRole: String, Hashable, Sendable, CaseIterable, Comparable {
    /// The values themselves.
    case value
    /// Which rows count.
    case filter
    /// What they are cut by.
    case groupBy = "group-by"
    /// When they count.
    case anchor
    /// Which rows lie in the window, or in the earlier period.
    case window
    /// Which row of another table is read.
    case joinKey = "join-key"
    /// Which events are folded.
    case foldCondition = "fold-condition"
    /// Which row an event belongs to.
    case rowKey = "row-key"

    private var rank: Int { LineageRole.allCases.firstIndex(of: self) ?? 0 }

    public static func < (left: LineageRole, right: LineageRole) -> Bool { left.rank < right.rank }
}

public struct LineageEdge: Hashable, Sendable {
    public let from: LineageNode
    public let to: LineageNode
    public let role: LineageRole
}

/// Where every figure of a dictionary comes from, read off the definitions: contract → field → column → metric → metric → report,
/// filters, anchors, join keys and fold conditions included.
public struct Lineage: Sendable {
    /// Sorted: calendars, contracts, fields, columns, metrics, reports, each by name.
    public let nodes: [LineageNode]
    /// By target, then origin, then role.
    public let edges: [LineageEdge]
    /// How each node derives, in words: `sum of payment.callback.amount when result = 'success'`.
    let derivations: [LineageNode: String]
    private let incoming: [LineageNode: [LineageEdge]]
    private let outgoing: [LineageNode: [LineageEdge]]

    /// The lineage of the newest version of every metric, and of every column and contract.
    public init(of dictionary: MetricDictionary) {
        var builder = LineageBuilder(dictionary: dictionary)
        builder.addAll()
        nodes = builder.nodes.sorted()
        edges = builder.edges.sorted {
            ($0.to, $0.from, $0.role) < ($1.to, $1.from, $1.role)
        }
        derivations = builder.derivations
        incoming = Dictionary(grouping: edges, by: \.to)
        outgoing = Dictionary(grouping: edges, by: \.from)
    }

    /// Everything that a node comes from.
    ///
    /// - Parameter name: a metric's name or id, `table.column`, `contract.field` or a contract.
    /// - Throws: `unknown-lineage-node` with the nearest names.
    public func upstream(of name: String) throws(Diagnostic) -> LineageView {
        LineageView(self, root: try node(named: name), direction: .upstream)
    }

    /// Everything that comes from a node.
    public func downstream(of name: String) throws(Diagnostic) -> LineageView {
        LineageView(self, root: try node(named: name), direction: .downstream)
    }

    func edgesInto(_ node: LineageNode) -> [LineageEdge] { incoming[node] ?? [] }
    func edgesOut(of node: LineageNode) -> [LineageEdge] { outgoing[node] ?? [] }

    /// Metrics first, then reports, columns, fields, contracts and calendars: the nearer to the figures, the likelier it is meant.
    private func node(named name: String) throws(Diagnostic) -> LineageNode {
        if let node = nodes.first(where: { $0 == .metric(name) }) { return node }
        if let node = nodes.last(where: { $0.name == name }) { return node }
        throw Diagnostic(
            "unknown-lineage-node",
            "There is no metric, saved query, column, field, contract or calendar \(quoted(name)).",
            remedy: "Write a metric (gmv), a column (orders.paid), a field (payment.callback.amount) or a contract.",
            suggestions: NameSuggestion.nearest(to: name, among: nodes.map(\.name)))
    }
}
