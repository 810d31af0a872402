import CaliberCore

/// One metric's own keys: its type, a simple metric's aggregate, and what every metric says about itself.
struct MetricReading {
    let node: MetricResolution.Node
    let tables: TableScopes
    /// What filters may ask the values of.
    var metrics: MetricScope?
    let log: ProblemLog

    var value: YAMLValue { node.value }

    /// The type, when its keys are all there and none of another type's.
    func type() -> MetricTypeName? {
        guard let type = value["type"]?.text.flatMap({ MetricTypeName(rawValue: $0) }) else { return nil }
        var fits = true
        for entry in value.entries ?? [] {
            guard let types = DictionaryKeys.metric.key(named: entry.key)?.metricTypes, !types.contains(type) else {
                continue
            }
            fits = false
            let owners = types.map(\.rawValue).joined(separator: " and ")
            log.report(
                .shape(
                    .keyDoesNotFit(
                        key: entry.key, of: "a metric of type \(type.rawValue)",
                        reason: "it belongs to \(owners) metrics", at: entry.keyLocation)))
        }
        let missing = type.neededKeys.filter { value[$0] == nil }
        for key in missing {
            log.report(.metric(.missingKey(key: key, type: type.rawValue, at: value.location)))
        }
        return missing.isEmpty && fits ? type : nil
    }

    // MARK: Simple metrics

    func simple() -> (SimpleMetric, LogicalType)? {
        guard let tableValue = value["table"], let tableName = tableValue.text else { return nil }
        guard let table = tables.tables[tableName] else {
            if !tables.names.contains(tableName) {
                log.report(
                    .name(
                        .unknown(
                            .table, name: tableName, within: nil,
                            suggestions: NameSuggestion.nearest(to: tableName, among: tables.names),
                            at: tableValue.textLocation)))
            }
            return nil
        }
        // All three are read before any is given up on, so that all of their faults are told.
        let aggregate = aggregate(over: table)
        let anchor = anchor(of: table)
        let filter = value["filter"].flatMap {
            tables.compile($0, over: table.name, expecting: .condition, metrics: metrics, log)
        }
        let nonAdditive = nonAdditive(over: table)
        guard let aggregate, let anchor, let nonAdditive, filter != nil || value["filter"] == nil else { return nil }
        guard fits(aggregate.aggregation, anchor: anchor, nonAdditive, table) else { return nil }
        guard let fill = fill(of: aggregate.type) else { return nil }
        if anchor == nil, let spine = value["join_to_timespine"], spine.boolean == true {
            log.report(
                .shape(
                    .keyDoesNotFit(
                        key: "join_to_timespine", of: "a metric over table \(quoted(table.name))",
                        reason: "the table has no anchor, so the metric has no time", at: spine.location)))
        }
        let metric = SimpleMetric(
            table: table.name, aggregation: aggregate.aggregation, expression: aggregate.expression,
            filter: filter, anchor: anchor, fillNullsWith: fill,
            joinToTimeSpine: value["join_to_timespine"]?.boolean ?? false, nonAdditive: nonAdditive)
        return (metric, aggregate.type)
    }

    private struct Aggregate {
        let aggregation: Aggregation
        let expression: TypedExpression?
        let type: LogicalType
    }

    private func aggregate(over table: TableDefinition) -> Aggregate? {
        guard let name = value["agg"]?.text, let aggregation = aggregation(name) else { return nil }
        checkPercentileKeys(name)
        guard let expressionValue = value["expr"] else {
            guard aggregation == .count else {
                log.report(.metric(.expressionMissing(aggregation: name, at: value.location)))
                return nil
            }
            return Aggregate(aggregation: .count, expression: nil, type: .integer)
        }
        guard
            let expression = tables.compile(
                expressionValue, over: table.name, expecting: aggregation.expected, log)
        else { return nil }
        return Aggregate(
            aggregation: aggregation, expression: expression, type: aggregation.resultType(of: expression.type))
    }

    private func aggregation(_ name: String) -> Aggregation? {
        switch name {
        case "sum": return .sum
        case "count": return .count
        case "count_distinct": return .countDistinct
        case "min": return .min
        case "max": return .max
        case "average": return .average
        case "median": return .percentile(fraction: 0.5, continuous: true)
        case "sum_boolean": return .sumBoolean
        case "count_new": return .countNew
        case "percentile": return percentile()
        default: return nil
        }
    }

    private func percentile() -> Aggregation? {
        guard let percentile = value["percentile"] else {
            log.report(.metric(.percentileMissing(at: value.location)))
            return nil
        }
        guard let text = percentile.decimalText, let fraction = Double(text) else { return nil }
        guard (0...1).contains(fraction) else {
            log.report(.metric(.percentileOutOfRange(text: text, at: percentile.location)))
            return nil
        }
        return .percentile(fraction: fraction, continuous: value["percentile_type"]?.text != "discrete")
    }

    private func checkPercentileKeys(_ aggregation: String) {
        guard aggregation != "percentile" else { return }
        for entry in value.entries ?? [] where entry.key == "percentile" || entry.key == "percentile_type" {
            log.report(
                .shape(
                    .keyDoesNotFit(
                        key: entry.key, of: "agg \(aggregation)", reason: "it belongs to agg percentile",
                        at: entry.keyLocation)))
        }
    }

    /// The outer nil is a fault, reported; the inner one a metric without time.
    private func anchor(of table: TableDefinition) -> String?? {
        guard let anchorValue = value["agg_time_dimension"], let name = anchorValue.text else {
            return .some(table.anchor)
        }
        guard let column = table.column(named: name) else {
            if !tables.isBroken(name, in: table.name) {
                let names = table.columns.filter { $0.type == .timestamp }.map(\.name)
                log.report(
                    .name(
                        .unknown(
                            .column, name: name, within: "table \(quoted(table.name))",
                            suggestions: NameSuggestion.nearest(to: name, among: names),
                            at: anchorValue.textLocation)))
            }
            return nil
        }
        guard column.type == .timestamp else {
            log.report(
                .table(
                    .notATimestamp(
                        column: name, type: column.type.name, use: "the column of agg_time_dimension",
                        at: anchorValue.textLocation)))
            return nil
        }
        return .some(name)
    }

    /// The outer nil is a fault, reported.
    private func fill(of type: LogicalType) -> Int64?? {
        guard let fillValue = value["fill_nulls_with"] else { return .some(nil) }
        guard let text = fillValue.decimalText else { return nil }
        let filled: Int64? =
            switch type {
            case .integer, .number: Int64(text)
            case .money(let currency), .moneyRate(let currency):
                try? DecimalText.parse(text, scale: currency.minorDigits)
            case .duration: Int64(text) == 0 ? 0 : nil
            default: nil
            }
        guard let filled else {
            log.report(.metric(.badFill(text: text, type: type.name, at: fillValue.textLocation)))
            return nil
        }
        return .some(filled)
    }

    // MARK: Every metric

    func definition(_ content: MetricDefinition.Content, _ type: LogicalType) -> MetricDefinition? {
        checkUnit(type)
        guard let owner = value["owner"]?.text, let description = value["description"]?.text,
            value["version"]?.wholeNumber != nil, !node.id.isEmpty
        else { return nil }
        let status = value["status"].map { MetricDefinition.Status(rawValue: $0.text ?? "") } ?? .draft
        guard let status else { return nil }
        return MetricDefinition(
            id: node.id, name: node.name, version: node.version, owner: owner, status: status,
            label: value["label"]?.text ?? node.name, labelZH: value["label_zh"]?.text, description: description,
            synonyms: value["synonyms"]?.list?.compactMap(\.text) ?? [], updateFrequency: updateFrequency(),
            unit: value["unit"]?.text, type: type, content: content, location: value.location)
    }

    private func checkUnit(_ type: LogicalType) {
        guard let unitValue = value["unit"], let unit = unitValue.text, let currency = Currency(code: unit),
            currency.code == unit
        else { return }
        let isOfUnit = type.currency == currency
        if !isOfUnit { log.report(.metric(.unitMismatch(unit: unit, type: type.name, at: unitValue.textLocation))) }
    }

    private func updateFrequency() -> MetricDefinition.UpdateFrequency? {
        guard let every = value["update_frequency"]?["every"]?.text.flatMap(DurationText.parse) else { return nil }
        let lag = value["update_frequency"]?["max_lag"]?.text.flatMap(DurationText.parse)
        return MetricDefinition.UpdateFrequency(everyMicroseconds: every, maximumLagMicroseconds: lag ?? every)
    }
}

extension MetricTypeName {
    var neededKeys: [String] {
        switch self {
        case .simple: ["table", "agg"]
        case .ratio: ["numerator", "denominator"]
        case .derived: ["expr", "input_metrics"]
        case .conversion: ["base_metric", "conversion_metric", "entity"]
        case .cumulative: ["input_metric"]
        }
    }
}

extension Aggregation {
    /// What may be aggregated so; nil takes any type.
    var expected: ExpectedType? {
        switch self {
        case .sum, .average: .numeric
        case .count, .countDistinct, .countNew: nil
        case .min, .max: .ordered
        case .sumBoolean: .condition
        case .percentile(_, let continuous): continuous ? .numeric : .ordered
        }
    }

    /// The type of the aggregate of values of a type. Averages and interpolated values of whole units are fractional,
    /// but those of durations are rounded to a microsecond.
    package func resultType(of type: LogicalType) -> LogicalType {
        switch self {
        case .count, .countDistinct, .sumBoolean, .countNew: return .integer
        case .sum, .min, .max, .percentile(_, continuous: false): return type
        case .average, .percentile(_, continuous: true):
            switch type {
            case .integer: return .number
            case .money(let currency): return .moneyRate(currency)
            default: return type
            }
        }
    }
}
