import CaliberCore

/// Tables from their YAML: folds first, then joins, then derived columns, which may reach across joins.
struct TableResolution {
    let settings: DictionarySettings
    let log: ProblemLog
    private(set) var drafts: [TableDraft] = []
    private(set) var names = NameRegister(of: "a table")
    private var positions: [String: Int] = [:]

    init(_ values: [YAMLValue], folds: FoldResolution, settings: DictionarySettings, _ log: ProblemLog) {
        self.settings = settings
        self.log = log
        let reading = TableReading(folds: folds, settings: settings, log: log)
        for value in values {
            guard let draft = reading.read(value, &names) else { continue }
            positions[draft.name] = drafts.count
            drafts.append(draft)
        }
        for index in drafts.indices { readValidity(of: index) }
        for index in drafts.indices { readAnchor(of: index) }
        for index in drafts.indices { readJoins(of: index) }
        DerivedColumnResolution(log: log).resolve(&self)
    }

    func draft(named name: String) -> TableDraft? { positions[name].map { drafts[$0] } }
    func index(of table: String) -> Int? { positions[table] }
    var tables: [TableDefinition] { drafts.map(\.definition) }

    /// Looks up a column that must be stored; reports where there is none.
    private func storedColumn(
        _ value: YAMLValue, of index: Int, use: String, isTimestamp: Bool
    ) -> ColumnDraft? {
        let draft = drafts[index]
        guard let name = value.text, !draft.brokenNames.contains(name) else { return nil }
        guard let column = draft.column(named: name) else {
            log.report(
                .name(
                    .unknown(
                        .column, name: name, within: "table \(quoted(draft.name))",
                        suggestions: NameSuggestion.nearest(to: name, among: draft.columns.map(\.name)),
                        at: value.textLocation)))
            return nil
        }
        guard !column.isDerived, let type = column.type else {
            log.report(.table(.derivedNotAllowed(column: name, use: use, at: value.textLocation)))
            return nil
        }
        guard !isTimestamp || type == .timestamp else {
            log.report(.table(.notATimestamp(column: name, type: type.name, use: use, at: value.textLocation)))
            return nil
        }
        return column
    }

    private mutating func readAnchor(of index: Int) {
        guard let value = drafts[index].value["anchor"] else { return }
        drafts[index].anchor = storedColumn(value, of: index, use: "the anchor", isTimestamp: true)?.name
    }

    private mutating func readValidity(of index: Int) {
        guard let value = drafts[index].value["validity"], let from = value["from"] else { return }
        guard let start = storedColumn(from, of: index, use: "the beginning of a validity", isTimestamp: true) else {
            return
        }
        var end: ColumnDraft?
        if let to = value["to"] {
            end = storedColumn(to, of: index, use: "the end of a validity", isTimestamp: true)
            if end == nil { return }
        }
        let key = drafts[index].key.map(\.name)
        guard key.contains(start.name) else {
            log.report(
                .table(.join(.validityOutsideKey(column: start.name, key: key, at: from.textLocation))))
            return
        }
        let entity = key.filter { $0 != start.name }
        guard !entity.isEmpty else {
            log.report(.table(.join(.validityWithoutEntity(table: drafts[index].name, at: value.location))))
            return
        }
        drafts[index].validity = ValidityDefinition(entity: entity, from: start.name, to: end?.name)
    }

    private mutating func readJoins(of index: Int) {
        for value in drafts[index].value["joins"]?.list ?? [] {
            guard let name = value["name"]?.text, !drafts[index].brokenNames.contains(name) else { continue }
            if let join = join(name, value, of: index) {
                drafts[index].joins.append(join)
            } else {
                drafts[index].markBroken(name)
            }
        }
    }

    private func join(_ name: String, _ value: YAMLValue, of index: Int) -> JoinDefinition? {
        guard let tableValue = value["table"], let table = tableValue.text, let onValue = value["on"] else {
            return nil
        }
        guard let other = draft(named: table) else {
            if !names.contains(table) {
                log.report(
                    .name(
                        .unknown(
                            .table, name: table, within: nil,
                            suggestions: NameSuggestion.nearest(to: table, among: names.names),
                            at: tableValue.textLocation)))
            }
            return nil
        }
        let parts = onValue.list ?? [onValue]
        let columns = parts.compactMap {
            storedColumn($0, of: index, use: "a column that a join goes by", isTimestamp: false)
        }
        guard columns.count == parts.count, covers(name, columns, other, at: onValue.location) else { return nil }
        guard let validAt = validAt(name, value, other, of: index) else { return nil }
        return JoinDefinition(
            name: name, table: table, on: columns.map(\.name), validAt: validAt, location: value.location)
    }

    /// Whether the columns name at most one row of the other table.
    private func covers(
        _ name: String, _ columns: [ColumnDraft], _ other: TableDraft, at location: SourceLocation
    ) -> Bool {
        let entity = other.validity.map { validity in other.key.filter { validity.entity.contains($0.name) } }
        let key = entity ?? other.key
        guard columns.count == key.count else {
            // Faults in the other table's key were reported there.
            if other.brokenNames.isEmpty {
                let (on, names) = (columns.map(\.name), key.map(\.name))
                log.report(
                    .table(
                        .join(
                            columns.count < key.count
                                ? .fanOut(join: name, table: other.name, on: on, key: names, at: location)
                                : .surplus(join: name, table: other.name, on: on, key: names, at: location))))
            }
            return false
        }
        var fits = true
        for (column, keyColumn) in zip(columns, key) {
            guard let type = column.type, type != keyColumn.type, !(type.isString && keyColumn.type.isString)
            else { continue }
            fits = false
            log.report(
                .table(
                    .join(
                        .typeMismatch(
                            column: column.name, type: type.name, keyColumn: keyColumn.name,
                            keyType: keyColumn.type.name, at: location))))
        }
        return fits
    }

    /// The outer nil is a fault, reported; the inner one a join without a moment.
    private func validAt(_ name: String, _ value: YAMLValue, _ other: TableDraft, of index: Int) -> String?? {
        guard let validAt = value["valid_at"] else {
            guard other.validity != nil else { return .some(nil) }
            log.report(.table(.join(.validAtMissing(join: name, table: other.name, at: value.location))))
            return nil
        }
        guard other.validity != nil else {
            if other.value["validity"] == nil {
                log.report(.table(.join(.validAtUnused(join: name, table: other.name, at: validAt.location))))
            }
            return nil
        }
        return storedColumn(validAt, of: index, use: "the moment of a join", isTimestamp: true).map { .some($0.name) }
    }

    // MARK: Derived columns

    mutating func setDerived(_ expression: TypedExpression, _ type: LogicalType, table: Int, column: Int) {
        guard case .derived(let value, _) = drafts[table].columns[column].content else { return }
        drafts[table].columns[column].content = .derived(value, expression)
        drafts[table].columns[column].type = type
    }

    mutating func markBroken(table: Int, column: Int) {
        drafts[table].markBroken(drafts[table].columns[column].name)
    }

    /// Own columns and those of joined tables, as far as their types are known.
    func scope(of table: Int) -> ExpressionScope {
        var columns: [ColumnReference: LogicalType] = [:]
        walk(from: table) { path, column, _ in
            if let type = column.type { columns[ColumnReference(path: path, name: column.name)] = type }
        }
        return ExpressionScope(
            description: "table \(drafts[table].name)", columns: columns, currency: settings.currency,
            zone: settings.timeZone)
    }

    /// Every spelling of a name that has a fault already reported, as seen from a table.
    func brokenNames(seenFrom table: Int) -> Set<String> {
        var names: Set<String> = []
        func add(_ path: [String], _ name: String) {
            names.insert((path + [name]).joined(separator: "."))
            names.insert((path + [name]).joined(separator: "__"))
        }
        walkTables(from: table) { path, draft in
            for name in draft.brokenNames { add(path, name) }
        }
        return names
    }

    /// Whether a mention goes through a join that has a fault already reported.
    func goesThroughBrokenJoin(_ mention: String, from table: Int) -> Bool {
        let parts = mention.replacing("__", with: ".").split(separator: ".").map(String.init)
        var index = table
        for part in parts.dropLast() {
            if drafts[index].brokenNames.contains(part) { return true }
            guard let join = drafts[index].join(named: part), let next = positions[join.table] else { return false }
            index = next
        }
        return false
    }

    func walk(from table: Int, _ visit: (_ path: [String], _ column: ColumnDraft, _ table: Int) -> Void) {
        walkTables(from: table) { path, draft in
            guard let index = positions[draft.name] else { return }
            for column in draft.columns { visit(path, column, index) }
        }
    }

    private func walkTables(from table: Int, _ visit: (_ path: [String], _ draft: TableDraft) -> Void) {
        func step(_ index: Int, _ path: [String]) {
            visit(path, drafts[index])
            guard path.count < DictionaryLimits.joinHops else { return }
            for join in drafts[index].joins {
                if let next = positions[join.table] { step(next, path + [join.name]) }
            }
        }
        step(table, [])
    }
}
