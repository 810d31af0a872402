extension LineageBuilder {
    /// The base and the conversion are the values; what ties one to the other decides which rows count.
    mutating func add(_ metric: ConversionMetric, to node: LineageNode) {
        let base = text(of: metric.base)
        var text = metric.calculation == .conversions ? "conversions of " : "share of "
        text += "\(base) followed by \(self.text(of: metric.conversion)) of the same "
        text += (metric.entity + metric.constantProperties.map(\.baseColumn)).joined(separator: " and ")
        describe(node, as: text)
        add([metric.base, metric.conversion], to: node)
        let pairs =
            metric.entity.map { ($0, $0) } + metric.constantProperties.map { ($0.baseColumn, $0.conversionColumn) }
        for (input, columns) in [(metric.base, pairs.map(\.0)), (metric.conversion, pairs.map(\.1))] {
            guard let counted = dictionary.metric(named: input.metric, version: input.version) else { continue }
            for table in tables(below: counted) {
                for column in columns { link(.column(table: table, column: column), node, .joinKey) }
            }
        }
    }

    /// - Returns: the rest of the sentence that says what the metric is.
    mutating func link(
        _ dimension: NonAdditiveDimension, over table: TableDefinition, to node: LineageNode
    ) -> String {
        for column in [dimension.column] + dimension.groupings {
            link(.column(table: table.name, column: column), node, .filter)
        }
        var text = ", only the rows of the \(dimension.choice == .max ? "last" : "first") \(dimension.column)"
        if !dimension.groupings.isEmpty { text += " of each \(dimension.groupings.joined(separator: " and "))" }
        return text
    }
}

extension MetricDefinition {
    /// The inputs whose rows are the metric's own: a filter put on the metric reaches these.
    var rowInputs: [MetricInput] {
        if case .conversion(let conversion) = content { [conversion.base] } else { inputs }
    }
}
