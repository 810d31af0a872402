import CaliberCore
import CaliberDictionary
import CaliberQuery

/// Answers a query one row at a time, as a person would explain it: the measure of what the engine says.
///
/// It reads dictionary and query itself; no plan, no period table, no code of the engine stands between.
struct NaiveQuery {
    let shop: TestShop
    let query: MetricQuery
    let zone: BusinessZone
    /// Dimensions in the order of the query's group-by.
    let groupBy: [Dimension]
    let range: Range<Int64>
    /// Puts groups together.
    var regrouped: (Key) -> Key = { $0 }
    let answers = NaiveAnswers()

    struct Dimension {
        let name: String
        let column: ColumnReference?
        let grain: TimeGrain?
        /// Periods that a day is looked up in, one after the other.
        var calendar: CalendarGrain?
    }

    typealias Key = [AnswerValue]

    init(_ query: MetricQuery, on shop: TestShop) {
        self.shop = shop
        self.query = query
        zone = query.timeZone.flatMap { BusinessZone(identifier: $0) } ?? shop.dictionary.settings.timeZone
        groupBy = query.groupBy.map { name in
            var parts = name.split(separator: "__").map(String.init)
            let calendar = parts.last.flatMap { name in
                shop.dictionary.calendarGrains.first { $0.name == name }
            }
            let grain = calendar == nil ? parts.last.flatMap { TimeGrain(rawValue: $0) } : .day
            if grain != nil { parts.removeLast() }
            let column =
                parts == ["metric_time"] ? nil : ColumnReference(path: parts.dropLast(), name: parts.last ?? "")
            return Dimension(name: name, column: column, grain: grain, calendar: calendar)
        }
        var lower = Int64.min
        var upper = Int64.max
        if let start = query.startTime, let moment = try? TimestampText.parse(start, zone: zone) {
            lower = moment.microseconds
        }
        if let end = query.endTime, let moment = try? TimestampText.parse(end, zone: zone) {
            upper =
                end.count == 10
                ? zone.timestamp(CivilDate(dayNumber: zone.date(of: moment).dayNumber + 1)).microseconds
                : moment.microseconds + 1
        }
        range = lower..<upper
    }

    /// Rows in the default order: times first, then the other dimensions, nulls last.
    func rows() -> [[AnswerValue]] {
        let metrics = query.metrics.compactMap { shop.dictionary.metric(named: $0.name) }
        var found: Set<Key> = groupBy.isEmpty ? [[]] : []
        for metric in metrics { found.formUnion(keys(of: metric, [])) }
        let keys = found.sorted(by: precedes)
        let columns = metrics.map { values(of: $0, [], keys) }
        return keys.indices.map { row in zip(groupBy, keys[row]).map(shown) + columns.map { $0[row] } }
    }

    /// A period by its label.
    private func shown(_ dimension: Dimension, _ value: AnswerValue) -> AnswerValue {
        guard let grain = dimension.calendar, case .integer(let day) = value,
            let period = grain.periods.first(where: { Int128($0.first.dayNumber) == day })
        else { return value }
        return .text(grain.label(of: period))
    }

    // MARK: Rows of one table

    private func rows(of simple: SimpleMetric, _ filters: [TypedExpression]) -> [(key: Key, cell: Cell?)] {
        selectedRows(of: simple, filters).map { ($0.key, $0.cell) }
    }

    /// Rows with the moments that they count at.
    func rows(
        of simple: SimpleMetric, _ filters: [TypedExpression], in range: Range<Int64>
    ) -> [(key: Key, cell: Cell?, moment: Int64)] {
        selectedRows(of: simple, filters, in: range).map { ($0.key, $0.cell, $0.moment) }
    }

    struct SelectedRow {
        let key: Key
        let cell: Cell?
        let moment: Int64
        let row: [String: Cell]
        let reader: NaiveExpression
    }

    /// - Parameter range: of the moments that count; the query's own when nil.
    func selectedRows(
        of simple: SimpleMetric, _ filters: [TypedExpression], in range: Range<Int64>? = nil
    ) -> [SelectedRow] {
        guard let table = shop.tables[simple.table] else { return [] }
        let range = range ?? self.range
        var counted: [SelectedRow] = []
        let firsts = simple.aggregation == .countNew ? firstRows(of: simple) : nil
        let conditions =
            [simple.filter].compactMap { $0 } + filters + whereFilters(table.definition, simple.anchor)
        for row in table.orderedRows {
            let reader = NaiveExpression(zone: zone) { self.cell($0, row, table.definition, anchor: simple.anchor) }
            var counts: Int64 = 0
            if let anchor = simple.anchor {
                guard case .integer(let moment) = reader.value(column(anchor)), range.contains(moment) else { continue }
                counts = moment
            }
            guard conditions.allSatisfy({ reader.value($0) == .boolean(true) }) else { continue }
            if let firsts, !firsts.contains(row) { continue }
            let key = regrouped(groupBy.map { groupValue($0, reader, simple.anchor, table.definition) })
            counted.append(
                SelectedRow(
                    key: key, cell: simple.expression.map(reader.value), moment: counts, row: row, reader: reader))
        }
        return simple.nonAdditive.map { endRows(of: counted, $0) } ?? counted
    }

    /// All rows that pass a filter and have a moment, whatever the query asks.
    func allRows(of simple: SimpleMetric, _ filters: [TypedExpression]) -> [SelectedRow] {
        guard let table = shop.tables[simple.table] else { return [] }
        return table.orderedRows.compactMap { row in
            let reader = NaiveExpression(zone: zone) { self.cell($0, row, table.definition, anchor: simple.anchor) }
            guard let anchor = simple.anchor, case .integer(let moment) = reader.value(column(anchor)),
                ([simple.filter].compactMap { $0 } + filters).allSatisfy({ reader.value($0) == .boolean(true) })
            else { return nil }
            return SelectedRow(
                key: [], cell: simple.expression.map(reader.value), moment: moment, row: row, reader: reader)
        }
    }

    private func column(_ name: String) -> TypedExpression {
        TypedExpression(.column(ColumnReference(name: name)), .timestamp)
    }

    private func whereFilters(_ table: TableDefinition, _ anchor: String?) -> [TypedExpression] {
        var columns: [ColumnReference: LogicalType] = [ColumnReference(name: "metric_time"): .timestamp]
        for column in table.columns { columns[ColumnReference(name: column.name)] = column.type }
        for join in table.joins {
            for column in ShopDictionary.tables.first(where: { $0.name == join.table })?.columns ?? [] {
                columns[ColumnReference(path: [join.name], name: column.name)] = column.type
            }
        }
        return query.filters.map { ShopDictionary.compile($0, columns) }
    }

    private func groupValue(
        _ dimension: Dimension, _ reader: NaiveExpression, _ anchor: String?, _ table: TableDefinition
    ) -> AnswerValue {
        let reference = dimension.column ?? ColumnReference(name: anchor ?? "")
        let cell = reader.value(TypedExpression(.column(reference), .timestamp))
        guard let grain = dimension.grain, case .integer(let value) = cell else {
            switch cell {
            case .null: return .null
            case .integer(let value): return .integer(Int128(value))
            case .number(let value): return .number(value)
            case .boolean(let value): return .boolean(value)
            case .text(let value): return .text(value)
            }
        }
        if let calendar = dimension.calendar {
            let day =
                dimension.name.hasPrefix("ship_day")
                ? Int32(value) : zone.date(of: Timestamp(microseconds: value)).dayNumber
            let period = calendar.periods.first { $0.first.dayNumber <= day && day < $0.past.dayNumber }
            return period.map { .integer(Int128($0.first.dayNumber)) } ?? .null
        }
        if dimension.name.hasPrefix("ship_day") {
            return .integer(Int128(grain.start(of: CivilDate(dayNumber: Int32(value))).dayNumber))
        }
        let moment = Timestamp(microseconds: value)
        return grain == .hour
            ? .integer(Int128(zone.start(of: .hour, holding: moment).microseconds))
            : .integer(Int128(grain.start(of: zone.date(of: moment)).dayNumber))
    }

    /// A column of a row, of a derived column's expression, or of the joined row.
    private func cell(
        _ reference: ColumnReference, _ row: [String: Cell], _ table: TableDefinition, anchor: String?
    ) -> Cell {
        if let term = reference.metric { return value(of: term, for: row, table) }
        guard let join = reference.path.first else {
            if reference.name == "metric_time", let anchor { return row[anchor] ?? .null }
            if case .derived(let expression) = table.column(named: reference.name)?.content {
                return NaiveExpression(zone: zone) { self.cell($0, row, table, anchor: nil) }.value(expression)
            }
            return row[reference.name] ?? .null
        }
        guard let definition = table.joins.first(where: { $0.name == join }),
            let target = shop.tables[definition.table], let joined = joinedRow(definition, row, target)
        else { return .null }
        let rest = ColumnReference(path: Array(reference.path.dropFirst()), name: reference.name)
        return cell(rest, joined, target.definition, anchor: nil)
    }

    private func joinedRow(
        _ join: JoinDefinition, _ row: [String: Cell], _ target: TestTable
    ) -> [String: Cell]? {
        let key = target.definition.validity?.entity ?? target.definition.key.map(\.name)
        let wanted = join.on.map { row[$0] ?? .null }
        return target.rows.first { candidate in
            guard !wanted.contains(.null), key.map({ candidate[$0] ?? .null }) == wanted else { return false }
            guard let validity = target.definition.validity else { return true }
            guard case .integer(let moment) = row[join.validAt ?? ""] ?? .null else { return false }
            guard case .integer(let from) = candidate[validity.from] ?? .null, from <= moment else { return false }
            if case .integer(let until) = candidate[validity.to ?? ""] ?? .null { return moment < until }
            return true
        }
    }

    // MARK: Metrics

    private func keys(
        of metric: MetricDefinition, _ filters: [TypedExpression], _ steps: [NaiveStep] = []
    ) -> Set<Key> {
        switch metric.content {
        case .simple(let simple) where !steps.isEmpty:
            return Set(frames(of: simple, filters, steps).keys)
        case .simple(let simple): return Set(rows(of: simple, filters).map(\.key))
        case .ratio(let numerator, let denominator):
            return inputKeys([numerator, denominator], filters, steps)
        case .derived(_, let inputs): return inputKeys(inputs, filters, steps)
        case .conversion(let conversion): return inputKeys([conversion.base], filters, steps)
        case .cumulative(let cumulative):
            return inputKeys([cumulative.input], filters, steps + [.window(cumulative)])
        }
    }

    private func inputKeys(
        _ inputs: [MetricInput], _ filters: [TypedExpression], _ steps: [NaiveStep]
    ) -> Set<Key> {
        inputs.reduce(into: []) { keys, input in
            guard let metric = shop.dictionary.metric(named: input.metric) else { return }
            let offset = [input.offset].compactMap { $0.map(NaiveStep.offset) }
            keys.formUnion(self.keys(of: metric, filters + [input.filter].compactMap { $0 }, steps + offset))
        }
    }

    private func values(
        of metric: MetricDefinition, _ filters: [TypedExpression], _ keys: [Key], _ steps: [NaiveStep] = []
    ) -> [AnswerValue] {
        func values(_ input: MetricInput, _ inner: [NaiveStep] = []) -> [AnswerValue] {
            guard let metric = shop.dictionary.metric(named: input.metric) else { return [] }
            let offset = [input.offset].compactMap { $0.map(NaiveStep.offset) }
            return self.values(
                of: metric, filters + [input.filter].compactMap { $0 }, keys, steps + inner + offset)
        }
        switch metric.content {
        case .simple(let simple) where !steps.isEmpty:
            return framedValues(of: simple, filters, steps, keys, type: metric.type)
        case .cumulative(let cumulative):
            return values(cumulative.input, [.window(cumulative)])
        case .simple(let simple):
            let groups = Dictionary(grouping: rows(of: simple, filters), by: \.key)
            return keys.map { key in
                let value =
                    groups[key].map { NaiveAggregate.value(simple.aggregation, $0.map(\.cell), metric.type) }
                    ?? (groupBy.isEmpty ? NaiveAggregate.value(simple.aggregation, [], metric.type) : .null)
                if value == .null, let fill = simple.fillNullsWith { return .integer(Int128(fill)) }
                return value
            }
        case .conversion(let conversion): return conversions(conversion, filters, keys)
        case .ratio(let numerator, let denominator):
            return zip(values(numerator), values(denominator)).map { top, bottom in
                guard let top = top.double, let bottom = bottom.double, bottom != 0 else { return .null }
                return .number(top / bottom)
            }
        case .derived(let expression, let inputs):
            let columns = Dictionary(uniqueKeysWithValues: inputs.map { ($0.alias, values($0)) })
            return keys.indices.map { row in
                let reader = NaiveExpression(zone: zone) { reference in
                    switch columns[reference.name]?[row] {
                    case .integer(let value): .integer(Int64(value))
                    case .number(let value): .number(value)
                    default: .null
                    }
                }
                switch reader.value(expression) {
                case .integer(let value): return .integer(Int128(value))
                case .number(let value): return .number(value)
                default: return .null
                }
            }
        }
    }

    // MARK: Order

    private func precedes(_ left: Key, _ right: Key) -> Bool {
        let times = groupBy.indices.filter { groupBy[$0].grain != nil }
        for position in times + groupBy.indices.filter({ groupBy[$0].grain == nil })
        where left[position] != right[position] {
            switch (left[position], right[position]) {
            case (.null, _): return false
            case (_, .null): return true
            case (.integer(let one), .integer(let other)): return one < other
            case (.boolean(let one), .boolean(let other)): return !one && other
            case (.text(let one), .text(let other)):
                return Array(one.utf8).lexicographicallyPrecedes(Array(other.utf8))
            default: return false
            }
        }
        return false
    }
}

extension AnswerValue {
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
