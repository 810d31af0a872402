import CaliberCore

extension MetricReading {
    /// The outer nil is a fault, reported; the inner one a metric that adds up along time.
    func nonAdditive(over table: TableDefinition) -> NonAdditiveDimension?? {
        guard let section = value["non_additive_dimension"] else { return .some(nil) }
        guard section.entries != nil, let nameValue = section["name"], let name = nameValue.text else { return nil }
        let choice = section["window_choice"].map { NonAdditiveDimension.Choice(rawValue: $0.text ?? "") } ?? .max
        guard let column = ownColumn(name, of: table, at: nameValue) else { return nil }
        guard column.type == .timestamp else {
            log.report(
                .table(
                    .notATimestamp(
                        column: name, type: column.type.name, use: "the column of non_additive_dimension",
                        at: nameValue.textLocation)))
            return nil
        }
        var groupings: [String] = []
        var isComplete = true
        for grouping in section["window_groupings"]?.list ?? [] {
            guard let text = grouping.text, ownColumn(text, of: table, at: grouping) != nil else {
                isComplete = false
                continue
            }
            if !groupings.contains(text) { groupings.append(text) }
        }
        guard isComplete, let choice else { return nil }
        return NonAdditiveDimension(column: name, choice: choice, groupings: groupings)
    }

    /// A column of the table's own rows; what is wrong with the name is reported.
    func ownColumn(_ name: String, of table: TableDefinition, at value: YAMLValue) -> ColumnDefinition? {
        if let column = table.column(named: name) { return column }
        if !tables.isBroken(name, in: table.name) {
            log.report(
                .name(
                    .unknown(
                        .column, name: name, within: "table \(quoted(table.name))",
                        suggestions: NameSuggestion.nearest(to: name, among: table.columns.map(\.name)),
                        at: value.textLocation)))
        }
        return nil
    }

    /// Whether the aggregation goes together with the rest: what is counted at its first row needs a time, and adds up
    /// along it.
    func fits(
        _ aggregation: Aggregation, anchor: String?, _ nonAdditive: NonAdditiveDimension?, _ table: TableDefinition
    ) -> Bool {
        guard aggregation == .countNew else { return true }
        let place = value["agg"]?.location ?? value.location
        if anchor == nil {
            log.report(
                .shape(
                    .keyDoesNotFit(
                        key: "count_new", of: "a metric over table \(quoted(table.name))",
                        reason: "the table has no anchor, so no row is the first", at: place)))
            return false
        }
        if nonAdditive != nil {
            log.report(
                .shape(
                    .keyDoesNotFit(
                        key: "non_additive_dimension", of: "agg count_new",
                        reason: "every value counts at one moment already",
                        at: value["non_additive_dimension"]?.location ?? place)))
            return false
        }
        return true
    }
}
