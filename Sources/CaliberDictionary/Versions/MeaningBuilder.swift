import CaliberCore

/// The meaning of one metric, from its definition and the meanings of its inputs.
struct MeaningBuilder {
    let tables: [String: TableDefinition]
    let columns: ColumnMeanings
    /// By alias.
    let inputs: [String: Input]

    struct Input {
        let meaning: MetricMeaning
        let filter: TypedExpression?
        let offset: TimeOffset?
        /// The tables of the simple metrics below it, which its filter is read over.
        let tables: [String]
    }

    /// - Returns: nil when an input of the formula is missing.
    func meaning(of metric: MetricDefinition) -> MetricMeaning? {
        switch metric.content {
        case .simple(let simple): return MetricMeaning(parts: parts(of: simple))
        case .ratio:
            let formula = TypedExpression(
                .arithmetic(
                    .divide, TypedExpression(.column(ColumnReference(name: "numerator")), metric.type),
                    TypedExpression(.column(ColumnReference(name: "denominator")), metric.type)), metric.type)
            return meaning(of: formula)
        case .derived(let expression, _):
            return meaning(of: expression)
        case .conversion(let conversion):
            return meaning(of: conversion)
        case .cumulative(let cumulative):
            return meaning(of: cumulative)
        }
    }

    private func parts(of metric: SimpleMetric) -> [MetricMeaning.Part] {
        var parts: [MetricMeaning.Part] = []
        var reached: Set<String> = []
        func add(_ label: String, _ meaning: ColumnMeanings.Meaning) {
            parts.append(MetricMeaning.Part(label: label, text: meaning.text))
            reached.formUnion(meaning.contracts)
        }
        parts.append(MetricMeaning.Part(label: "aggregation", text: metric.aggregation.canonicalText))
        if let expression = metric.expression {
            add("expression", columns.meaning(of: expression, over: metric.table))
        }
        if let filter = metric.filter { add("filter", columns.meaning(of: filter, over: metric.table)) }
        if let anchor = metric.anchor { add("time", columns.meaning(of: anchor, of: metric.table)) }
        if let nonAdditive = metric.nonAdditive { add("non-additive", meaning(of: nonAdditive, over: metric.table)) }
        // Without a time every row counts, whichever event made it.
        let table = tables[metric.table]
        let contracts = metric.anchor == nil ? Set(table?.contracts ?? []) : reached
        let own = contracts.intersection(table?.contracts ?? []).sorted()
        parts.append(
            MetricMeaning.Part(label: "rows", text: "one per key of \(columns.keyText(of: metric.table, in: own))"))
        if let fill = metric.fillNullsWith {
            parts.append(MetricMeaning.Part(label: "fill nulls with", text: String(fill)))
        }
        if metric.joinToTimeSpine { parts.append(MetricMeaning.Part(label: "time spine", text: "every period")) }
        return parts
    }

    private func meaning(of formula: TypedExpression) -> MetricMeaning? {
        // A formula that is an input and nothing else means what the input means.
        if case .column(let reference) = formula.node, let input = inputs[reference.name], input.filter == nil,
            input.offset == nil
        {
            return input.meaning
        }
        var isComplete = true
        let replaced = formula.replacing { reference -> TypedExpression? in
            guard let input = inputs[reference.name] else {
                isComplete = false
                return nil
            }
            return TypedExpression(.column(ColumnReference(name: text(of: input))), formula.type)
        }
        return isComplete
            ? MetricMeaning(parts: [MetricMeaning.Part(label: "formula", text: replaced.canonicalText)]) : nil
    }

    func text(of input: Input) -> String {
        let offset = input.offset.map { " " + $0.canonicalText } ?? ""
        guard let filter = input.filter else { return input.meaning.hash + offset }
        let filters = input.tables.map { columns.meaning(of: filter, over: $0).text }.uniqued()
        return "\(input.meaning.hash)\(offset) where \(filters.joined(separator: " or over another table "))"
    }

    private func meaning(of cumulative: CumulativeMetric) -> MetricMeaning? {
        guard let input = inputs[cumulative.input.alias] else { return nil }
        return MetricMeaning(parts: [
            MetricMeaning.Part(label: "formula", text: text(of: input)),
            MetricMeaning.Part(label: "window", text: cumulative.window.canonicalText),
            MetricMeaning.Part(label: "longer periods", text: "\(cumulative.periodAggregation.rawValue) day"),
        ])
    }
}

extension Aggregation {
    /// `percentile 0.95 continuous`; the median is a percentile.
    package var canonicalText: String {
        switch self {
        case .sum: "sum"
        case .count: "count"
        case .countDistinct: "count_distinct"
        case .min: "min"
        case .max: "max"
        case .average: "average"
        case .sumBoolean: "sum_boolean"
        case .countNew: "count_new"
        case .percentile(let fraction, let continuous):
            "percentile \(fraction) \(continuous ? "continuous" : "discrete")"
        }
    }
}
