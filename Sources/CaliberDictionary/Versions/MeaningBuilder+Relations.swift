extension MeaningBuilder {
    /// Base and conversion by their meanings, what ties them by the columns' meanings.
    func meaning(of metric: ConversionMetric) -> MetricMeaning? {
        guard let base = inputs["base"], let conversion = inputs["conversion"], let baseTable = base.tables.first,
            let conversionTable = conversion.tables.first
        else { return nil }
        func pair(_ baseColumn: String, _ conversionColumn: String) -> String {
            let left = columns.meaning(of: baseColumn, of: baseTable).text
            return "\(left) = \(columns.meaning(of: conversionColumn, of: conversionTable).text)"
        }
        // Which of the pairs is called the entity makes no difference, nor does their order.
        let ties =
            metric.entity.map { pair($0, $0) }
            + metric.constantProperties.map { pair($0.baseColumn, $0.conversionColumn) }
        return MetricMeaning(parts: [
            MetricMeaning.Part(label: "calculation", text: metric.calculation.rawValue),
            MetricMeaning.Part(label: "base", text: text(of: base)),
            MetricMeaning.Part(label: "conversion", text: text(of: conversion)),
            MetricMeaning.Part(label: "same", text: ties.uniqued().sorted().joined(separator: " and ")),
            MetricMeaning.Part(
                label: "window", text: metric.windowMicroseconds.map { "\($0) microseconds" } ?? "any time after"),
            MetricMeaning.Part(label: "count once", text: metric.countOnce.rawValue),
        ])
    }

    /// `last by (last of …) per (first of …)`.
    func meaning(of dimension: NonAdditiveDimension, over table: String) -> ColumnMeanings.Meaning {
        let moment = columns.meaning(of: dimension.column, of: table)
        let groupings = dimension.groupings.map { columns.meaning(of: $0, of: table) }
        var text = "\(dimension.choice.rawValue) of (\(moment.text))"
        let names = groupings.map(\.text).uniqued().sorted()
        if !names.isEmpty { text += " for each (\(names.joined(separator: ", ")))" }
        let contracts = (moment.contracts + groupings.flatMap(\.contracts)).uniqued().sorted()
        return ColumnMeanings.Meaning(text: text, contracts: contracts)
    }
}
