import CaliberAttribution
import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTables

extension Engine {
    /// Shares out the credit for conversions.
    ///
    /// - Throws: `Diagnostic`, `QueryProblem` or `AttributionModelProblem` when it can't be.
    public func attribute(_ query: AttributionQuery) throws -> AttributionReport {
        let definition = try attribution(query.attribution)
        let metric = try attributedMetric(query.metric ?? MetricReference(name: definition.metric))
        guard let table = dictionary.table(named: definition.conversions.table) else {
            preconditionFailure("the attribution \(definition.name) is over no table")
        }
        let measure = try AttributedMeasure.of(metric, conversions: definition.conversions, table: table)
        let range = try PlannedTimeRange(
            start: query.startTime, end: query.endTime, zone: dictionary.settings.timeZone)
        let tables = try openTables(.readOnly)
        let reading = AttributionReading(definition, measure: measure, zone: dictionary.settings.timeZone)
        let paths = try reading.paths(
            touches: tables.snapshot(of: definition.touches.table),
            conversions: tables.snapshot(of: definition.conversions.table), from: range.from, until: range.until)
        let totals = paths.totals(query.models, weights: definition.weights, isDirect: reading.isDirect)
        let parts = try query.models.map { model in
            try AttributionReport.parts(of: totals.credit(by: model), untouched: totals)
        }
        return AttributionReport(
            definition: definition, metric: metric, type: measure.type, query: query,
            zone: dictionary.settings.timeZone, channels: reading.channels + [AttributionReport.untouched],
            parts: parts, conversions: totals.conversions + totals.untouchedConversions,
            value: totals.value + totals.untouchedValue, untouchedConversions: totals.untouchedConversions,
            misses: totals.misses,
            statistics: AttributionStatistics(PathStatistics(paths, channelCount: reading.channels.count)))
    }

    private func attribution(_ name: String?) throws -> AttributionDefinition {
        let known = dictionary.attributions.map(\.name)
        if let name, let definition = dictionary.attribution(named: name) { return definition }
        if name == nil, dictionary.attributions.count == 1 { return dictionary.attributions[0] }
        throw AttributionEngineProblem.unknownAttribution(name: name, known: known).diagnostic
    }

    private func attributedMetric(_ reference: MetricReference) throws -> MetricDefinition {
        if let metric = dictionary.metric(named: reference.name, version: reference.version) { return metric }
        let known = dictionary.metrics.map(\.name)
        throw QueryProblem.unknownMetric(
            name: reference.description, nearest: NameSuggestion.nearest(to: reference.name, among: known))
    }
}

extension AttributedMeasure {
    /// - Throws: `Diagnostic` when channels can't share the metric.
    fileprivate static func of(
        _ metric: MetricDefinition, conversions: AttributionDefinition.Rows, table: TableDefinition
    ) throws -> AttributedMeasure {
        do throws(AttributionProblem) {
            return try AttributedMeasure(metric, conversions: conversions, table: table)
        } catch {
            throw error.diagnostic
        }
    }
}

extension AttributionReport {
    /// By channel, and at the end what conversions without a touch have for themselves.
    fileprivate static func parts(of credit: ChannelCredit, untouched totals: AttributionTotals) -> [Part] {
        let (hundredths, values) = (credit.conversionHundredths, credit.values)
        let parts = hundredths.indices.map { channel in
            Part(
                conversionHundredths: hundredths[channel], value: values[channel],
                removalEffect: credit.effects?.conversions[channel])
        }
        let own = Part(
            conversionHundredths: Int128(totals.untouchedConversions) * 100, value: totals.untouchedValue,
            removalEffect: nil)
        return parts + [own]
    }
}

/// Why an attribution can't be asked.
enum AttributionEngineProblem {
    case unknownAttribution(name: String?, known: [String])

    var diagnostic: Diagnostic {
        switch self {
        case .unknownAttribution(let name, let known):
            Diagnostic(
                "unknown-attribution",
                name.map { "There is no attribution \(QuotedText.json($0))." }
                    ?? (known.isEmpty
                        ? "The dictionary has no attribution." : "The dictionary has several attributions."),
                remedy: known.isEmpty
                    ? "Declare one under attributions; docs/attribution.md shows how."
                    : "Name one with --attribution: " + known.joined(separator: ", ") + ".",
                suggestions: name.map { NameSuggestion.nearest(to: $0, among: known) } ?? [])
        }
    }
}
