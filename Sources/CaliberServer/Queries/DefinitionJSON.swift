import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberQuery
import CaliberScoring
import Foundation

/// Definitions and scores as HTTP gives them.
enum DefinitionJSON {
    static func metric(_ metric: MetricDefinition, in loaded: LoadedDictionary) throws -> JSONText {
        let planner = QueryPlanner(dictionary: loaded.dictionary) { loaded.definitionHash(of: $0) }
        let dimensions = try planner.listDimensions(
            metrics: [MetricReference(name: metric.name, version: metric.version)])
        var members = summary(metric, in: loaded)
        if let frequency = metric.updateFrequency {
            members.append(
                (
                    "update_frequency",
                    .object([
                        ("every", .string(DurationText.format(microseconds: frequency.everyMicroseconds))),
                        ("max_lag", .string(DurationText.format(microseconds: frequency.maximumLagMicroseconds))),
                    ])
                ))
        }
        if case .simple(let simple) = metric.content {
            members.append(("table", .string(simple.table)))
            members.append(("anchor", .optional(simple.anchor)))
            members.append(("filter", .optional(simple.filter?.displayText)))
            members.append(("agg", .string(name(simple.aggregation))))
            members.append(("expr", .optional(simple.expression?.displayText)))
        }
        members.append(("inputs", .array(metric.inputs.map { .string($0.metric) })))
        let versions =
            ([metric.version]
            + loaded.dictionary.earlierMetrics.filter { $0.name == metric.name }
            .map(\.version)).sorted()
        members.append(("versions", .array(Set(versions).sorted().map { .literal(String($0)) })))
        members.append(("dimensions", .array(dimensions.map(dimension))))
        return .object(members)
    }

    static func summary(_ metric: MetricDefinition, in loaded: LoadedDictionary) -> [(String, JSONText)] {
        [
            ("id", .string(metric.id)), ("name", .string(metric.name)), ("version", .literal(String(metric.version))),
            ("definition_hash", .string(loaded.definitionHash(of: metric))), ("owner", .string(metric.owner)),
            ("status", .string(metric.status.rawValue)), ("label", .string(metric.label)),
            ("label_zh", .optional(metric.labelZH)), ("description", .string(metric.description)),
            ("synonyms", .array(metric.synonyms.map(JSONText.string))), ("unit", .optional(metric.unit)),
            ("type", .string(metric.type.name)), ("kind", .string(kind(metric.content))),
        ]
    }

    private static func kind(_ content: MetricDefinition.Content) -> String {
        switch content {
        case .simple: "simple"
        case .ratio: "ratio"
        case .derived: "derived"
        case .conversion: "conversion"
        case .cumulative: "cumulative"
        }
    }

    /// As a dictionary writes it.
    private static func name(_ aggregation: Aggregation) -> String {
        switch aggregation {
        case .sum: "sum"
        case .count: "count"
        case .countDistinct: "count_distinct"
        case .min: "min"
        case .max: "max"
        case .average: "average"
        case .sumBoolean: "sum_boolean"
        case .countNew: "count_new"
        case .percentile: "percentile"
        }
    }

    private static func dimension(_ dimension: DimensionDescription) -> JSONText {
        .object([
            ("name", .string(dimension.name)), ("type", .string(dimension.type.name)),
            ("grains", .array((dimension.grains.map(\.rawValue) + dimension.calendarGrains).map(JSONText.string))),
            ("description", .optional(dimension.description)),
        ])
    }

    /// Everything that can be asked for.
    static func meta(_ loaded: LoadedDictionary) -> JSONText {
        let dictionary = loaded.dictionary
        return .object([
            ("timezone", .string(dictionary.settings.timeZone.identifier)),
            ("metrics", .array(dictionary.metrics.map { .object(summary($0, in: loaded)) })),
            (
                "tables",
                .array(
                    dictionary.tables.map { table in
                        .object([
                            ("name", .string(table.name)), ("key", .array(table.key.map { .string($0.name) })),
                            ("anchor", .optional(table.anchor)),
                            ("columns", .array(table.columns.map { .string($0.name) })),
                            ("description", .optional(table.description)),
                        ])
                    })
            ),
            (
                "contracts",
                .array(
                    dictionary.contracts.map { contract in
                        .object([
                            ("name", .string(contract.name)), ("version", .literal(String(contract.version))),
                            ("owner", .optional(contract.owner)),
                            ("fields", .array(contract.fields.map { .string($0.name) })),
                        ])
                    })
            ),
            (
                "saved_queries",
                .array(
                    dictionary.savedQueries.map { query in
                        .object([
                            ("name", .string(query.name)), ("label", .string(query.label)),
                            ("owner", .string(query.owner)), ("metrics", .array(query.metrics.map(JSONText.string))),
                        ])
                    })
            ),
        ])
    }

    static func score(_ order: ScoredOrder) throws -> JSONText {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var explanation = JSONText.null
        if let known = order.explanation {
            explanation = .literal(String(decoding: try encoder.encode(known), as: UTF8.self))
        }
        return .object([
            ("order", .string(order.key)), ("health", .literal(decimal(order.health))),
            ("needs_review", .boolean(order.health < 60)),
            ("probability", order.probability.map { .literal("\($0)") } ?? .null),
            ("scored_at", .string(order.scoredAt.description)), ("model", .optional(order.model)),
            ("explanation", explanation),
        ])
    }

    /// Hundredths, as health is decided on.
    private static func decimal(_ health: Double) -> String {
        DecimalText.format(Int64((health * 100).rounded()), scale: 2)
    }
}
