import CaliberCore
import CaliberDictionary
import CaliberQuery

/// Answers that filters ask for, each computed once.
final class NaiveAnswers {
    private var known: [MetricQuery: [[AnswerValue]]] = [:]

    func rows(of query: MetricQuery, on shop: TestShop) -> [[AnswerValue]] {
        if let rows = known[query] { return rows }
        let rows = NaiveQuery(query, on: shop).rows()
        known[query] = rows
        return rows
    }
}

/// Metrics whose rows depend on other rows, by looking at every other row.
extension NaiveQuery {
    /// Of every value the row that no other row with it comes before.
    func firstRows(of simple: SimpleMetric) -> Set<[String: Cell]> {
        let all = allRows(of: simple, []).filter { $0.cell != .null }
        let groups = Dictionary(grouping: all, by: \.cell)
        return Set(
            groups.values.compactMap { rows in
                rows.first { one in !rows.contains { other in comes(other, before: one, simple) } }?.row
            })
    }

    private func comes(_ one: SelectedRow, before other: SelectedRow, _ simple: SimpleMetric) -> Bool {
        let (left, right) = (moment(one, simple.anchor), moment(other, simple.anchor))
        return left == right ? key(one, simple) < key(other, simple) : left < right
    }

    private func moment(_ row: SelectedRow, _ name: String?) -> Int64 {
        if case .integer(let moment)? = row.row[name ?? ""] { moment } else { .min }
    }

    private func key(_ row: SelectedRow, _ simple: SimpleMetric) -> String {
        let name = shop.tables[simple.table]?.definition.key.first?.name ?? ""
        if case .text(let text)? = row.row[name] { return text }
        return ""
    }

    /// The rows of the last (or first) moment among those of the same groupings and periods.
    func endRows(of rows: [SelectedRow], _ dimension: NonAdditiveDimension) -> [SelectedRow] {
        let periods = groupBy.indices.filter { position in
            let asked = groupBy[position]
            return asked.grain != nil
                && (asked.column == nil || asked.column == ColumnReference(name: dimension.column))
        }
        func group(_ row: SelectedRow) -> [AnyHashable] {
            dimension.groupings.map { AnyHashable(row.row[$0] ?? .null) } + periods.map { AnyHashable(row.key[$0]) }
        }
        let timed = rows.filter { moment($0, dimension.column) != .min }
        return Dictionary(grouping: timed, by: group).values.flatMap { rows in
            let moments = rows.map { moment($0, dimension.column) }
            let end = dimension.choice == .max ? moments.max() : moments.min()
            return rows.filter { moment($0, dimension.column) == end }
        }
    }

    func conversions(
        _ metric: ConversionMetric, _ filters: [TypedExpression], _ keys: [Key]
    ) -> [AnswerValue] {
        guard let baseDefinition = shop.dictionary.metric(named: metric.base.metric),
            let conversionDefinition = shop.dictionary.metric(named: metric.conversion.metric),
            case .simple(let base) = baseDefinition.content, case .simple(let conversion) = conversionDefinition.content
        else { return [] }
        let own = [metric.base.filter].compactMap { $0 }
        let bases = allRows(of: base, own).filter { $0.cell != .null }
        var counts: [[String: Cell]: Int] = [:]
        for row in allRows(of: conversion, []) where row.cell != .null {
            let found = bases.filter { canConvert($0, by: row, metric, base, conversion) }
            let latest = found.first { one in !found.contains { comes(one, before: $0, base) } }
            if let latest { counts[latest.row, default: 0] += 1 }
        }
        let groups = Dictionary(grouping: selectedRows(of: base, own + filters), by: \.key)
        return keys.map { key in
            guard let rows = groups[key] else { return groupBy.isEmpty ? empty(metric) : .null }
            let converted: Double
            let all: Double
            if base.aggregation == .countDistinct {
                converted = Double(Set(rows.filter { counts[$0.row] != nil }.map(\.cell).filter { $0 != .null }).count)
                all = Double(Set(rows.map(\.cell).filter { $0 != .null }).count)
            } else {
                let numbers = rows.map { counts[$0.row] ?? 0 }
                converted = Double(numbers.map { metric.countOnce == .base ? min($0, 1) : $0 }.reduce(0, +))
                all = Double(rows.count { $0.cell != .null })
            }
            if metric.calculation == .conversions { return .integer(Int128(converted)) }
            return all == 0 ? .null : .number(converted / all)
        }
    }

    /// A metric for what columns of a row name, asked for by itself.
    func value(of term: MetricTerm, for row: [String: Cell], _ table: TableDefinition) -> Cell {
        var asked = MetricQuery(metrics: [MetricReference(name: term.metric)], groupBy: term.by.map(\.qualifiedName))
        asked.timeZone = query.timeZone
        let wanted = term.by.map { column -> AnswerValue in
            if case .text(let text)? = row[column.name] { .text(text) } else { .null }
        }
        guard !wanted.contains(.null) else { return .null }
        let found = answers.rows(of: asked, on: shop).first { Array($0.prefix(wanted.count)) == wanted }
        switch found?.last {
        case .integer(let value): return .integer(Int64(value))
        case .number(let value): return .number(value)
        default: return .null
        }
    }

    private func empty(_ metric: ConversionMetric) -> AnswerValue { .null }

    private func canConvert(
        _ base: SelectedRow, by row: SelectedRow, _ metric: ConversionMetric, _ baseMetric: SimpleMetric,
        _ conversionMetric: SimpleMetric
    ) -> Bool {
        let pairs =
            metric.entity.map { ($0, $0) } + metric.constantProperties.map { ($0.baseColumn, $0.conversionColumn) }
        for (left, right) in pairs {
            guard let one = base.row[left], one != .null, one == row.row[right] else { return false }
        }
        let (then, now) = (moment(base, baseMetric.anchor), moment(row, conversionMetric.anchor))
        if baseMetric.table == conversionMetric.table, baseMetric.anchor == conversionMetric.anchor {
            guard comes(base, before: row, baseMetric) else { return false }
        } else {
            guard then <= now else { return false }
        }
        return metric.windowMicroseconds.map { now - then < $0 } ?? true
    }
}
