import CaliberCore

/// Metrics from their YAML, those of the files and the earlier versions that the lock keeps, each after what it is
/// built from.
struct MetricResolution {
    /// A metric on its way to a definition.
    struct Node {
        let id: String
        let name: String
        let version: Int
        let value: YAMLValue
        /// Of an earlier version, what keeps it from being queried; nil for the files' metrics, whose faults are errors.
        let ownLog: ProblemLog?
        var definition: MetricDefinition?
        var meaning: MetricMeaning?
        /// Tables that its rows come from.
        var tables: [String] = []
        var traits = TimeTraits()

        var isEarlier: Bool { ownLog != nil }
    }

    let tables: TableScopes
    let log: ProblemLog
    private(set) var nodes: [Node] = []
    private var newestByName: [String: Int] = [:]
    private var newestByID: [String: Int] = [:]
    private var byVersion: [String: Int] = [:]
    private var names = NameRegister(of: "a metric")

    init(_ values: [YAMLValue], lock: VersionLock, tables: TableScopes, _ log: ProblemLog) {
        self.tables = tables
        self.log = log
        for value in values { readCurrent(value) }
        readEarlier(lock)
        resolveAll()
    }

    var metrics: [MetricDefinition] { nodes.filter { !$0.isEarlier }.compactMap(\.definition) }

    func newest(id: String) -> Node? { newestByID[id].map { nodes[$0] } }

    private mutating func readCurrent(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a metric", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log)
        else { return }
        guard let idValue = value["id"], let id = idValue.text else {
            nodes.append(Node(id: "", name: name, version: 1, value: value, ownLog: nil))
            newestByName[name] = nodes.count - 1
            return
        }
        let version = Int(value["version"]?.wholeNumber ?? 1)
        newestByName[name] = nodes.count
        if !DefinitionNames.isMetricID(id) {
            log.report(.name(.badID(id: id, at: idValue.textLocation)))
        } else if let first = newestByID[id] {
            log.report(
                .name(
                    .duplicateID(
                        id: id, first: nodes[first].value.location, firstName: nodes[first].name,
                        at: idValue.location)))
        } else {
            newestByID[id] = nodes.count
            byVersion["\(id)@\(version)"] = nodes.count
        }
        nodes.append(Node(id: id, name: name, version: version, value: value, ownLog: nil))
    }

    private mutating func readEarlier(_ lock: VersionLock) {
        for entry in lock.entries {
            guard let newest = newestByID[entry.id] else { continue }
            for version in entry.versions where version.version < nodes[newest].version {
                let ownLog = ProblemLog()
                DictionaryKeys.metric.check(version.definition, ownLog.report)
                byVersion["\(entry.id)@\(version.version)"] = nodes.count
                nodes.append(
                    Node(
                        id: entry.id, name: nodes[newest].name, version: version.version, value: version.definition,
                        ownLog: ownLog))
            }
        }
    }

    // MARK: Order

    private mutating func resolveAll() {
        let dependencies = nodes.map { node in
            MetricInputReading.references(node.value).compactMap { reference in
                position(of: reference.name, version: reference.version)
            }
        }
        let order = DependencyOrder(count: nodes.count) { dependencies[$0] }
        for circle in order.circles {
            guard let first = circle.first else { continue }
            log(of: nodes[first]).report(
                .name(
                    .cycle(what: "metrics", path: circle.map { nodes[$0].name }, at: nodes[first].value.location)))
        }
        for index in order.order { resolve(index) }
    }

    private func log(of node: Node) -> ProblemLog { node.ownLog ?? log }

    /// The metric that an input names: by name, and by version where one is given.
    private func position(of name: String, version: Int?) -> Int? {
        guard let newest = newestByName[name] else { return nil }
        guard let version, nodes[newest].version != version else { return newest }
        return byVersion["\(nodes[newest].id)@\(version)"]
    }

    private mutating func resolve(_ index: Int) {
        let node = nodes[index]
        let log = log(of: node)
        let scope = metricScope(of: node)
        let reading = MetricReading(node: node, tables: tables, metrics: scope, log: log)
        guard let type = reading.type() else { return }
        switch type {
        case .simple:
            guard let (content, valueType) = reading.simple() else { return }
            nodes[index].tables = [content.table]
            if content.anchor == nil { nodes[index].traits.withoutTime = node.name }
            finish(index, .simple(content), valueType, reading)
        case .ratio, .derived, .cumulative, .conversion:
            var found: [MetricInputReading.Reference: MetricInputReading.Found] = [:]
            for reference in MetricInputReading.references(node.value) {
                found[reference] = lookup(reference.name, reference.version)
            }
            let inputs = MetricInputReading(
                node: node, type: type, tables: tables, found: found, metrics: scope, log: log)
            guard let (content, valueType, leaves) = inputs.read() else { return }
            nodes[index].tables = leaves
            nodes[index].traits = traits(of: content, named: node.name)
            finish(index, content, valueType, reading)
        }
    }

    /// The metrics that a definition's filters ask the values of.
    private func metricScope(of node: Node) -> MetricScope {
        var known: [String: MetricScope.Known] = [:]
        for reference in MetricInputReading.filterReferences(node.value) {
            let text = reference.version.map { "\(reference.name)@\($0)" } ?? reference.name
            switch lookup(reference.name, reference.version) {
            case .found(let definition, let tableNames, _):
                let columns = tableNames.compactMap { tables.scope(of: $0)?.columns }
                known[text] = .found(definition.type, dimensions: MetricScope.dimensions(of: columns))
            case .faulty: known[text] = .faulty
            case .unknown, .unknownVersion: break
            }
        }
        return MetricScope(metrics: known, names: Array(newestByName.keys))
    }

    private func lookup(_ name: String, _ version: Int?) -> MetricInputReading.Found {
        guard let position = position(of: name, version: version) else {
            guard let newest = newestByName[name] else {
                return .unknown(suggestions: NameSuggestion.nearest(to: name, among: newestByName.keys))
            }
            let id = nodes[newest].id
            return .unknownVersion(known: nodes.filter { $0.id == id }.map(\.version).sorted())
        }
        guard let definition = nodes[position].definition else { return .faulty }
        return .found(definition, tables: nodes[position].tables, nodes[position].traits)
    }

    private func traits(of content: MetricDefinition.Content, named name: String) -> TimeTraits {
        var traits = TimeTraits()
        if case .cumulative = content { traits.cumulative = name }
        for input in content.inputs {
            if let position = position(of: input.metric, version: input.version) {
                traits.merge(nodes[position].traits)
            }
        }
        return traits
    }

    private mutating func finish(
        _ index: Int, _ content: MetricDefinition.Content, _ type: LogicalType, _ reading: MetricReading
    ) {
        guard let definition = reading.definition(content, type) else { return }
        nodes[index].definition = definition
        var inputs: [String: MeaningBuilder.Input] = [:]
        for input in definition.inputs {
            guard let position = position(of: input.metric, version: input.version),
                let meaning = nodes[position].meaning
            else { return }
            inputs[input.alias] = MeaningBuilder.Input(
                meaning: meaning, filter: input.filter, offset: input.offset, tables: nodes[position].tables)
        }
        let builder = MeaningBuilder(tables: tables.tables, columns: tables.columnMeanings, inputs: inputs)
        nodes[index].meaning = builder.meaning(of: definition)
        // What is asked for in filters of metrics that are resolved later.
        guard let hash = nodes[index].meaning?.hash else { return }
        tables.columnMeanings.metricHashes["\(definition.name)@\(definition.version)"] = hash
        if !nodes[index].isEarlier { tables.columnMeanings.metricHashes[definition.name] = hash }
    }
}
