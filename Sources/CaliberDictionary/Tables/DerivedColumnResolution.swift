import CaliberCore

/// Compiles derived columns in the order in which they build on each other, across tables and joins.
struct DerivedColumnResolution {
    let log: ProblemLog

    private struct Place: Hashable {
        let table: Int
        let column: Int
    }

    func resolve(_ tables: inout TableResolution) {
        let places = derivedPlaces(tables)
        let positions = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($1, $0) })
        var spellings: [Int: [String: Int]] = [:]
        let dependencies = places.map { place -> [Int] in
            let known = spellings[place.table] ?? spelledDerived(from: place.table, tables, positions)
            spellings[place.table] = known
            return mentions(place, tables).compactMap { known[$0] }.sorted()
        }
        let order = DependencyOrder(count: places.count) { dependencies[$0] }
        for circle in order.circles { reportCircle(circle.map { places[$0] }, &tables) }
        compile(order.order.map { places[$0] }, &tables)
        checkDepths(order.order.map { places[$0] }, tables)
    }

    private func derivedPlaces(_ tables: TableResolution) -> [Place] {
        var places: [Place] = []
        for (table, draft) in tables.drafts.enumerated() {
            for (column, content) in draft.columns.enumerated() where content.isDerived {
                places.append(Place(table: table, column: column))
            }
        }
        return places
    }

    private func mentions(_ place: Place, _ tables: TableResolution) -> Set<String> {
        guard case .derived(let value, _) = tables.drafts[place.table].columns[place.column].content,
            let text = value.text
        else { return [] }
        return ExpressionMentions.names(in: text)
    }

    /// Every way to write a derived column in an expression of a table.
    private func spelledDerived(
        from table: Int, _ tables: TableResolution, _ positions: [Place: Int]
    ) -> [String: Int] {
        var spelled: [String: Int] = [:]
        tables.walk(from: table) { path, column, owner in
            guard column.isDerived, let index = tables.drafts[owner].columnIndex(named: column.name),
                let position = positions[Place(table: owner, column: index)]
            else { return }
            spelled[(path + [column.name]).joined(separator: ".")] = position
            spelled[(path + [column.name]).joined(separator: "__")] = position
        }
        return spelled
    }

    private func reportCircle(_ circle: [Place], _ tables: inout TableResolution) {
        let names = circle.map { place in
            tables.drafts[place.table].name + "." + tables.drafts[place.table].columns[place.column].name
        }
        if let first = circle.first {
            log.report(
                .name(
                    .cycle(
                        what: "derived columns", path: names,
                        at: tables.drafts[first.table].columns[first.column].location)))
        }
        for place in circle { tables.markBroken(table: place.table, column: place.column) }
    }

    private func compile(_ places: [Place], _ tables: inout TableResolution) {
        // A scope is costly to build; it is built again only when a column it may name has become known.
        var scopes: [Int: ExpressionScope] = [:]
        var compiledSince: [Int: Bool] = [:]
        for place in places {
            let draft = tables.drafts[place.table]
            let column = draft.columns[place.column]
            guard case .derived(let value, _) = column.content else { continue }
            let mentions = mentions(place, tables)
            if scopes[place.table] == nil || compiledSince[place.table] == true {
                scopes[place.table] = tables.scope(of: place.table)
                compiledSince[place.table] = false
            }
            guard let scope = scopes[place.table],
                !mentions.contains(where: { tables.goesThroughBrokenJoin($0, from: place.table) })
            else {
                tables.markBroken(table: place.table, column: place.column)
                continue
            }
            let compiler = ScopedCompiler(
                scope: scope, brokenNames: tables.brokenNames(seenFrom: place.table), log: log)
            guard let expression = compiler.compile(value, expecting: nil),
                let type = ColumnTypes.agreed(
                    column.name, column.value ?? value, actual: expression.type, tables.settings, log)
            else {
                tables.markBroken(table: place.table, column: place.column)
                continue
            }
            tables.setDerived(expression, type, table: place.table, column: place.column)
            for table in tables.drafts.indices { compiledSince[table] = true }
        }
    }

    /// Derived columns of joined tables may join again; all steps together are limited.
    private func checkDepths(_ places: [Place], _ tables: TableResolution) {
        var depths: [Place: Int] = [:]
        for place in places {
            let draft = tables.drafts[place.table]
            guard case .derived(_, let expression?) = draft.columns[place.column].content else { continue }
            let depth =
                expression.references.map { reference in
                    reference.path.count
                        + (target(of: reference, from: place.table, tables).flatMap { depths[$0] } ?? 0)
                }.max() ?? 0
            depths[place] = depth
            if depth > DictionaryLimits.joinHops {
                log.report(
                    .table(
                        .join(
                            .tooDeep(
                                column: draft.columns[place.column].name, hops: depth,
                                limit: DictionaryLimits.joinHops, at: draft.columns[place.column].location))))
            }
        }
    }

    private func target(of reference: ColumnReference, from table: Int, _ tables: TableResolution) -> Place? {
        var index = table
        for name in reference.path {
            guard let join = tables.drafts[index].join(named: name), let next = tables.index(of: join.table) else {
                return nil
            }
            index = next
        }
        return tables.drafts[index].columnIndex(named: reference.name).map { Place(table: index, column: $0) }
    }
}
