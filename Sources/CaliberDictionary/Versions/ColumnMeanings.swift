import CaliberCore

/// What columns hold, down to the event fields, as text.
final class ColumnMeanings {
    private let settings: DictionarySettings
    private let tables: [String: TableDefinition]
    private let contracts: [String: ContractDefinition]
    private var known: [String: Meaning] = [:]
    /// What metrics count, by `gmv` and `gmv@2`, as far as they are resolved.
    var metricHashes: [String: String] = [:]
    private var derivations: [String: TypedExpression] = [:]

    struct Meaning {
        let text: String
        /// Contracts whose events it comes from, sorted.
        let contracts: [String]
    }

    /// A longer text stands as its hash: columns that use others twice would double it at every step.
    private static let longestText = 4096
    private static let largestTree = 500

    init(
        settings: DictionarySettings, tables: [String: TableDefinition], contracts: [String: ContractDefinition]
    ) {
        self.settings = settings
        self.tables = tables
        self.contracts = contracts
    }

    /// An expression over a table, with every column written out.
    func meaning(of expression: TypedExpression, over table: String) -> Meaning {
        var reached: Set<String> = []
        let replaced = inlined(expression, over: table).replacing { reference in
            let meaning = self.meaning(of: reference, from: table)
            reached.formUnion(meaning.contracts)
            return TypedExpression(
                .column(ColumnReference(name: meaning.text)), column(reference, from: table)?.column.type ?? .text)
        }
        var text = replaced.canonicalText
        if replaced.dependsOnZone { text += " in \(settings.timeZone.identifier)" }
        return Meaning(text: shortened(text), contracts: reached.sorted())
    }

    /// An expression with derived columns, also those of joined tables, replaced by what they derive from.
    ///
    /// Columns that use others twice double the tree at every step, so a column that grew too large stands for itself;
    /// its own meaning is then written out and hashed.
    private func inlined(_ expression: TypedExpression, over table: String) -> TypedExpression {
        let replaced = expression.replacing { reference in derivation(of: reference, from: table) }
        return replaced.isLarger(thanNodeCount: ColumnMeanings.largestTree) ? expression : replaced
    }

    private func derivation(of reference: ColumnReference, from tableName: String) -> TypedExpression? {
        guard let (owner, column) = column(reference, from: tableName),
            case .derived(let expression) = column.content
        else { return nil }
        let address = tableName + " " + reference.qualifiedName
        if let known = derivations[address] { return known }
        let own = inlined(expression, over: owner.name)
        let seenFromHere = own.replacing { inner in
            TypedExpression(
                .column(ColumnReference(path: reference.path + inner.path, name: inner.name)),
                self.column(inner, from: owner.name)?.column.type ?? .text)
        }
        derivations[address] = seenFromHere
        return seenFromHere
    }

    /// The column that a reference names, and the table it stands in.
    private func column(
        _ reference: ColumnReference, from tableName: String
    ) -> (table: TableDefinition, column: ColumnDefinition)? {
        var owner = tables[tableName]
        for name in reference.path {
            owner = owner?.joins.first { $0.name == name }.flatMap { tables[$0.table] }
        }
        guard let owner, let column = owner.column(named: reference.name) else { return nil }
        return (owner, column)
    }

    func meaning(of column: String, of table: String) -> Meaning {
        meaning(of: ColumnReference(name: column), from: table)
    }

    /// `payment.callback(order_id), order.created(order_id)`: the fields by which events find their row.
    func keyText(of table: String, in contracts: [String]) -> String {
        guard let key = tables[table]?.key else { return "" }
        return contracts.map { contract in
            "\(contract)(\(key.map { "\($0.field(in: contract)) \(typeText($0.type))" }.joined(separator: ", ")))"
        }.joined(separator: ", ")
    }

    private func meaning(of reference: ColumnReference, from table: String) -> Meaning {
        if let term = reference.metric { return meaning(of: term, from: table) }
        let address = table + " " + reference.qualifiedName
        if let meaning = known[address] { return meaning }
        let meaning = reference.path.isEmpty ? own(reference.name, of: table) : joined(reference, from: table)
        known[address] = meaning
        return meaning
    }

    /// A metric's value for what columns name: the metric by its meaning, the columns by theirs.
    private func meaning(of term: MetricTerm, from table: String) -> Meaning {
        let by = term.by.map { meaning(of: $0, from: table) }
        let hash = metricHashes[term.versionedName] ?? "unknown \(term.versionedName)"
        return Meaning(
            text: "\(hash) by (\(by.map(\.text).joined(separator: ", ")))",
            contracts: by.flatMap(\.contracts).uniqued().sorted())
    }

    private func own(_ name: String, of tableName: String) -> Meaning {
        guard let table = tables[tableName], let column = table.column(named: name) else {
            return Meaning(text: "unknown \(name)", contracts: [])
        }
        switch column.content {
        case .key:
            let position = (table.key.firstIndex { $0.name == name } ?? 0) + 1
            return Meaning(text: "key \(position) as \(typeText(column.type))", contracts: [])
        case .fold(let fold):
            return Meaning(text: shortened(text(of: fold, as: column.type)), contracts: [fold.contract])
        case .derived(let expression):
            return meaning(of: expression, over: tableName)
        }
    }

    /// A column of another table's row: what it holds, by which fields that row is named, and by which columns here.
    private func joined(_ reference: ColumnReference, from tableName: String) -> Meaning {
        guard let join = tables[tableName]?.joins.first(where: { $0.name == reference.path.first }),
            let other = tables[join.table]
        else { return Meaning(text: "unknown \(reference.qualifiedName)", contracts: []) }
        let target = meaning(
            of: ColumnReference(path: Array(reference.path.dropFirst()), name: reference.name), from: join.table)
        let on = join.on.map { meaning(of: $0, of: tableName) }
        var text = "\(target.text) of the row of \(keyText(of: join.table, in: target.contracts)) "
        text += "joined on (\(on.map(\.text).joined(separator: ", ")))"
        var reached = Set(target.contracts).union(on.flatMap(\.contracts))
        if let validAt = join.validAt, let validity = other.validity {
            let moment = meaning(of: validAt, of: tableName)
            let end = validity.to.map { meaning(of: $0, of: join.table).text } ?? "the next"
            text += " valid at (\(moment.text)) from (\(meaning(of: validity.from, of: join.table).text)) to (\(end))"
            reached.formUnion(moment.contracts)
        }
        return Meaning(text: shortened(text), contracts: reached.sorted())
    }

    private func text(of fold: FoldDefinition, as type: LogicalType) -> String {
        var origin = fold.contract
        switch fold.field {
        case nil: break
        case .eventTime?: origin += ".$time"
        case .eventID?: origin += ".$id"
        case .data(let index)?:
            guard let field = contracts[fold.contract]?.fields[safe: index] else { break }
            origin += "." + field.name
            if let zone = field.timeZone { origin += " in \(zone.identifier)" }
        }
        var text = "\(fold.kind.rawValue) of \(origin)"
        if let condition = fold.condition {
            text += " when \(condition.canonicalText)"
            if condition.dependsOnZone { text += " in \(settings.timeZone.identifier)" }
        }
        return text + " as \(typeText(type))"
    }

    /// How texts are stored (few values or many) does not change what is counted.
    private func typeText(_ type: LogicalType) -> String { type.isString ? "text" : type.name }

    private func shortened(_ text: String) -> String {
        text.utf8.count <= ColumnMeanings.longestText ? text : ContentHash.of(text)
    }
}

extension TypedExpression {
    /// Whether a part of a moment is asked for, which the business zone decides.
    var dependsOnZone: Bool {
        if case .call(let function, let arguments) = node, arguments.first?.type == .timestamp {
            switch function {
            case .year, .quarter, .month, .week, .day, .hour, .weekday, .date: return true
            default: break
            }
        }
        return parts.contains(where: \.dependsOnZone)
    }
}
