import CaliberCore

/// Reads nodes and edges off the definitions.
struct LineageBuilder {
    let dictionary: MetricDictionary
    private(set) var nodes: Set<LineageNode> = []
    private(set) var edges: Set<LineageEdge> = []
    private(set) var derivations: [LineageNode: String] = [:]

    init(dictionary: MetricDictionary) {
        self.dictionary = dictionary
    }

    mutating func addAll() {
        for calendar in dictionary.calendars {
            describe(.calendar(calendar.name), "calendar, version \(calendar.version), \(calendar.rule)")
        }
        for contract in dictionary.contracts {
            for field in contract.fields { add(field.name, of: contract.name, field.type.name) }
            nodes.insert(.contract(contract.name))
            derivations[.contract(contract.name)] = "contract, version \(contract.version)"
        }
        for table in dictionary.tables {
            for column in table.columns { add(column, of: table) }
        }
        for metric in dictionary.metrics { add(metric) }
        for query in dictionary.savedQueries { add(query) }
    }

    mutating func describe(_ node: LineageNode, _ derivation: String) {
        nodes.insert(node)
        derivations[node] = derivation
    }

    private mutating func add(_ field: String, of contract: String, _ type: String) {
        let node = LineageNode.field(contract: contract, field: field)
        guard nodes.insert(node).inserted else { return }
        derivations[node] = type
        link(.contract(contract), node, .value)
    }

    mutating func link(_ from: LineageNode, _ to: LineageNode, _ role: LineageRole) {
        nodes.insert(from)
        nodes.insert(to)
        edges.insert(LineageEdge(from: from, to: to, role: role))
    }

    // MARK: Columns

    private mutating func add(_ column: ColumnDefinition, of table: TableDefinition) {
        let node = LineageNode.column(table: table.name, column: column.name)
        nodes.insert(node)
        switch column.content {
        case .key:
            derivations[node] = "key of \(table.name)"
            guard let key = table.key.first(where: { $0.name == column.name }) else { return }
            for contract in table.contracts {
                link(.field(contract: contract, field: key.field(in: contract)), node, .rowKey)
            }
        case .derived(let expression):
            derivations[node] = expression.displayText
            link(expression, over: table, to: node, .value)
        case .fold(let fold):
            add(fold, to: node)
        }
    }

    private mutating func add(_ fold: FoldDefinition, to node: LineageNode) {
        let contract = dictionary.contract(named: fold.contract)
        var origin = fold.contract
        switch fold.field {
        case nil: link(.contract(fold.contract), node, .value)
        case .eventTime?: origin = envelope("$time", "timestamp", fold.contract, node)
        case .eventID?: origin = envelope("$id", "identifier", fold.contract, node)
        case .data(let index)?:
            guard let field = contract?.fields[safe: index] else { break }
            origin += "." + field.name
            link(.field(contract: fold.contract, field: field.name), node, .value)
        }
        var text = fold.kind == .count ? "count of \(origin)" : "\(fold.kind.rawValue) of \(origin)"
        if let condition = fold.condition {
            text += " when \(condition.displayText)"
            for reference in condition.references {
                link(.field(contract: fold.contract, field: reference.name), node, .foldCondition)
            }
        }
        derivations[node] = text
    }

    private mutating func envelope(
        _ field: String, _ type: String, _ contract: String, _ node: LineageNode
    ) -> String {
        add(field, of: contract, type)
        link(.field(contract: contract, field: field), node, .value)
        return contract + "." + field
    }

    /// Links every column that an expression reads, and the columns that its joins go by.
    mutating func link(
        _ expression: TypedExpression, over table: TableDefinition, to node: LineageNode, _ role: LineageRole
    ) {
        for reference in expression.references {
            if let term = reference.metric {
                link(.metric(dictionary.metric(named: term.metric)?.name ?? term.metric), node, role)
                for column in term.by {
                    link(TypedExpression(.column(column), .text), over: table, to: node, .joinKey)
                }
                continue
            }
            var current = table
            for name in reference.path {
                guard let join = current.joins.first(where: { $0.name == name }),
                    let next = dictionary.table(named: join.table)
                else { break }
                for column in join.on + (join.validAt.map { [$0] } ?? []) {
                    link(.column(table: current.name, column: column), node, .joinKey)
                }
                if let validity = next.validity {
                    for column in [validity.from] + (validity.to.map { [$0] } ?? []) {
                        link(.column(table: next.name, column: column), node, .joinKey)
                    }
                }
                current = next
            }
            link(.column(table: current.name, column: reference.name), node, role)
        }
    }

    // MARK: Metrics

    private mutating func add(_ metric: MetricDefinition) {
        let node = LineageNode.metric(metric.name)
        nodes.insert(node)
        switch metric.content {
        case .simple(let simple): add(simple, to: node)
        case .ratio(let numerator, let denominator):
            let parts = [numerator, denominator].map {
                $0.filter == nil && $0.offset == nil ? text(of: $0) : "(\(text(of: $0)))"
            }
            derivations[node] = parts.joined(separator: " / ")
            add([numerator, denominator], to: node)
        case .derived(let expression, let inputs):
            let renamed = inputs.filter {
                $0.alias != $0.metric || $0.filter != nil || $0.version != nil || $0.offset != nil
            }
            let meanings = renamed.map { "\($0.alias) = \(text(of: $0))" }.joined(separator: ", ")
            derivations[node] = expression.displayText + (meanings.isEmpty ? "" : " with \(meanings)")
            add(inputs, to: node)
        case .conversion(let conversion): add(conversion, to: node)
        case .cumulative(let cumulative):
            derivations[node] = "\(text(of: cumulative.input)) over \(cumulative.window)"
            add([cumulative.input], to: node)
            linkTimes(below: cumulative.input, to: node, .window)
            if let grain = cumulative.window.calendarGrain { link(.calendar(grain.calendar.name), node, .window) }
        }
    }

    /// Links the moments that decide which rows lie in a window, or in an earlier period.
    private mutating func linkTimes(below input: MetricInput, to node: LineageNode, _ role: LineageRole) {
        guard let metric = dictionary.metric(named: input.metric, version: input.version) else { return }
        for simple in simpleMetrics(below: metric) {
            guard let anchor = simple.anchor else { continue }
            link(.column(table: simple.table, column: anchor), node, role)
        }
    }

    func text(of input: MetricInput) -> String {
        var text = input.metric
        if let version = input.version { text += "@\(version)" }
        if let offset = input.offset { text += " \(offset)" }
        if let filter = input.filter { text += " where \(filter.displayText)" }
        return text
    }

    private mutating func add(_ metric: SimpleMetric, to node: LineageNode) {
        guard let table = dictionary.table(named: metric.table) else { return }
        var text = metric.aggregation.canonicalText.replacing("_", with: " ")
        if let expression = metric.expression {
            text += " of \(expression.displayText)"
            link(expression, over: table, to: node, .value)
            text += " in \(table.name)"
        } else {
            text += " of rows in \(table.name)"
            for key in table.key { link(.column(table: table.name, column: key.name), node, .value) }
        }
        if let filter = metric.filter {
            text += " where \(filter.displayText)"
            link(filter, over: table, to: node, .filter)
        }
        if let anchor = metric.anchor {
            text += ", counted at \(anchor)"
            link(.column(table: table.name, column: anchor), node, .anchor)
        }
        if let nonAdditive = metric.nonAdditive { text += link(nonAdditive, over: table, to: node) }
        derivations[node] = text
    }

    mutating func describe(_ node: LineageNode, as text: String) { derivations[node] = text }

    mutating func add(_ inputs: [MetricInput], to node: LineageNode) {
        for input in inputs {
            guard let metric = dictionary.metric(named: input.metric, version: input.version) else { continue }
            let inputNode = LineageNode.metric(metric.name)
            link(inputNode, node, .value)
            if input.offset != nil { linkTimes(below: input, to: node, .window) }
            if let grain = input.offset?.calendarGrain { link(.calendar(grain.calendar.name), node, .window) }
            guard let filter = input.filter else { continue }
            for tableName in tables(below: metric) {
                guard let table = dictionary.table(named: tableName) else { continue }
                link(filter, over: table, to: node, .filter)
            }
        }
    }

    /// The tables of the simple metrics below a metric.
    func tables(below metric: MetricDefinition) -> [String] {
        simpleMetrics(below: metric).map(\.table).uniqued().sorted()
    }

    func simpleMetrics(below metric: MetricDefinition) -> [SimpleMetric] {
        var found: [SimpleMetric] = []
        var open = [metric]
        var seen: Set<String> = []
        while let next = open.popLast() {
            guard seen.insert("\(next.id)@\(next.version)").inserted else { continue }
            if case .simple(let simple) = next.content { found.append(simple) }
            open += next.rowInputs.compactMap { dictionary.metric(named: $0.metric, version: $0.version) }
        }
        return found
    }
}
