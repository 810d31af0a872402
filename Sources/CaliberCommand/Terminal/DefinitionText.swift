import CaliberCore
import CaliberDictionary
import CaliberEngine

/// Definitions in words, for people who were not there when they were written.
enum DefinitionText {
    static func describe(_ metric: MetricDefinition, in loaded: LoadedDictionary) -> String {
        var facts: [[String]] = [
            ["id", "\(metric.id)   version \(metric.version)   \(metric.status.rawValue)"],
            ["owner", metric.owner],
            ["meaning 业务口径", metric.description],
            ["counted 技术口径", counting(metric)],
        ]
        if case .simple(let simple) = metric.content {
            facts.append(["table", simple.table])
            if let anchor = simple.anchor { facts.append(["time", "\(anchor); rows without it are not counted"]) }
            if let filter = simple.filter { facts.append(["filter", filter.displayText]) }
            if let nonAdditive = simple.nonAdditive { facts.append(["along time", along(nonAdditive)]) }
            if let fill = simple.fillNullsWith { facts.append(["null is", String(fill)]) }
        }
        facts.append(["type", metric.type.name])
        if let unit = metric.unit { facts.append(["unit", unit]) }
        if let frequency = metric.updateFrequency {
            facts.append([
                "updated",
                "every \(DurationText.format(microseconds: frequency.everyMicroseconds)), at most "
                    + "\(DurationText.format(microseconds: frequency.maximumLagMicroseconds)) late",
            ])
        }
        if !metric.synonyms.isEmpty { facts.append(["also called", metric.synonyms.joined(separator: ", ")]) }
        let earlier = loaded.dictionary.earlierMetrics.filter { $0.name == metric.name }.map(\.version).sorted()
        if !earlier.isEmpty {
            facts.append(["earlier versions", earlier.map { "\(metric.name)@\($0)" }.joined(separator: ", ")])
        }
        facts.append(["definition", "\(loaded.definitionHash(of: metric)), \(metric.location)"])
        let title = [metric.name, metric.label, metric.labelZH].compactMap { $0 }.joined(separator: " · ")
        return title + "\n" + TextColumns.align(facts)
    }

    /// `sum of paid`, `refunded_amount / gmv`.
    private static func counting(_ metric: MetricDefinition) -> String {
        switch metric.content {
        case .simple(let simple):
            let what = simple.expression?.displayText ?? "rows"
            return "\(simple.aggregation.words) \(what)"
        case .ratio(let numerator, let denominator):
            return "\(input(numerator)) / \(input(denominator))"
        case .derived(let expression, let inputs):
            let renamed = inputs.filter { $0.alias != $0.metric || $0.filter != nil || $0.offset != nil }
            let notes = renamed.map { "\($0.alias) is \(input($0))" }
            return ([expression.displayText] + notes).joined(separator: "; ")
        case .conversion(let conversion):
            return self.conversion(conversion)
        case .cumulative(let cumulative):
            return "\(input(cumulative.input)) over \(cumulative.window); of longer periods the "
                + "\(cumulative.periodAggregation.rawValue) day"
        }
    }

    private static func along(_ dimension: NonAdditiveDimension) -> String {
        let moment = dimension.choice == .max ? "last" : "first"
        let each = dimension.groupings.isEmpty ? "" : " for each \(dimension.groupings.joined(separator: ", "))"
        return "not added up: of each period the rows of the \(moment) \(dimension.column)\(each)"
    }

    private static func conversion(_ metric: ConversionMetric) -> String {
        let ties =
            metric.entity
            + metric.constantProperties.map {
                $0.baseColumn == $0.conversionColumn ? $0.baseColumn : "\($0.baseColumn) (as \($0.conversionColumn))"
            }
        let window = metric.windowMicroseconds.map { " within \(DurationText.format(microseconds: $0))" } ?? ""
        let counted = metric.countOnce == .base ? "each of the first at most once" : "every conversion"
        return "\(metric.calculation == .conversions ? "number" : "share") of \(input(metric.base)) followed by "
            + "\(input(metric.conversion)) of the same \(ties.joined(separator: ", "))\(window); \(counted)"
    }

    private static func input(_ input: MetricInput) -> String {
        var name = input.version.map { "\(input.metric)@\($0)" } ?? input.metric
        if let offset = input.offset { name += " \(offset)" }
        return input.filter.map { "\(name) where \($0.displayText)" } ?? name
    }

    static func describe(_ table: TableDefinition, in dictionary: MetricDictionary) -> String {
        var facts: [[String]] = []
        if let description = table.description { facts.append(["what", description]) }
        if let owner = table.owner { facts.append(["owner", owner]) }
        facts.append(["key", table.key.map { "\($0.name) (\($0.type.name))" }.joined(separator: ", ")])
        facts.append(["anchor", table.anchor ?? "none: a dimension table"])
        if let validity = table.validity {
            facts.append(["validity", "from \(validity.from) until \(validity.to ?? "the next")"])
        }
        let columns = table.columns.map { column in ["\(column.name)", column.type.name, content(column, dictionary)] }
        let joins = table.joins.map { join in
            [
                join.name,
                "\(join.table) on \(join.on.joined(separator: ", "))\(join.validAt.map { ", valid at \($0)" } ?? "")",
            ]
        }
        var text = table.name + "\n" + TextColumns.align(facts) + "\n\nColumns\n" + TextColumns.align(columns)
        if !joins.isEmpty { text += "\n\nJoins, many to one\n" + TextColumns.align(joins) }
        return text
    }

    private static func content(_ column: ColumnDefinition, _ dictionary: MetricDictionary) -> String {
        switch column.content {
        case .key: "key"
        case .derived(let expression): "= \(expression.displayText)"
        case .fold(let fold):
            "\(fold.kind.rawValue) of \(folded(fold, dictionary))"
                + (fold.condition.map { " when \($0.displayText)" } ?? "")
        }
    }

    /// `payment.callback.amount`; the contract alone where its events are counted.
    private static func folded(_ fold: FoldDefinition, _ dictionary: MetricDictionary) -> String {
        switch fold.field {
        case nil: return fold.contract
        case .eventTime: return "\(fold.contract).$time"
        case .eventID: return "\(fold.contract).$id"
        case .data(let index):
            let fields = dictionary.contract(named: fold.contract)?.fields ?? []
            return fields.indices.contains(index) ? "\(fold.contract).\(fields[index].name)" : fold.contract
        }
    }

    static func describe(_ contract: ContractDefinition) -> String {
        var facts: [[String]] = [["version", String(contract.version)]]
        if let description = contract.description { facts.insert(["what", description], at: 0) }
        if let owner = contract.owner { facts.append(["owner", owner]) }
        facts.append(["undeclared fields", contract.undeclaredFields.rawValue])
        let fields = contract.fields.map { field in
            [field.name, field.type.name, field.required ? "required" : "", rules(field)]
        }
        var text = contract.name + "\n" + TextColumns.align(facts) + "\n\nFields\n" + TextColumns.align(fields)
        if !contract.checks.isEmpty {
            text += "\n\nChecks\n" + TextColumns.align(contract.checks.map { [$0.name, $0.expression.displayText] })
        }
        return text
    }

    private static func rules(_ field: FieldDefinition) -> String {
        var rules: [String] = []
        if let allowed = field.allowed { rules.append("one of " + allowed.joined(separator: ", ")) }
        if let pattern = field.pattern { rules.append("matches \(pattern)") }
        if let lengths = field.lengths {
            rules.append(
                lengths.lowerBound == lengths.upperBound
                    ? "\(lengths.lowerBound) characters" : "\(lengths.lowerBound) to \(lengths.upperBound) characters")
        }
        if let zone = field.timeZone { rules.append("without an offset: \(zone.identifier)") }
        if let currency = field.currencyField { rules.append("currency named by \(currency)") }
        return rules.joined(separator: "; ")
    }

    static func describe(_ source: SourceDefinition) -> String {
        var text = source.name
        if let description = source.description { text += "\n  " + description }
        text += "\n\nColumns\n  " + source.columns.map(\.name).joined(separator: ", ")
        text += "\n\nEvents of a row\n"
        return text
            + TextColumns.align(
                source.events.map { event in
                    [
                        event.contract,
                        event.condition.map {
                            "when \($0.column) \($0.values.map { "is " + $0.joined(separator: " or ") } ?? "has a value")"
                        } ?? "always",
                    ]
                })
    }
}

extension Aggregation {
    /// As in a sentence: `sum of`.
    var words: String {
        switch self {
        case .sum: "sum of"
        case .count: "count of"
        case .countDistinct: "distinct count of"
        case .min: "smallest"
        case .max: "largest"
        case .average: "average of"
        case .sumBoolean: "count of rows where"
        case .countNew: "first-time count of"
        case .percentile(let fraction, let continuous):
            "\(continuous ? "interpolated" : "discrete") percentile \(fraction) of"
        }
    }
}
