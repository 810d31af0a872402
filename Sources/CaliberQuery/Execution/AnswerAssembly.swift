import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog

/// From groups and metric values to the rows of an answer: ordered, limited, annotated.
struct AnswerAssembly {
    let plan: QueryPlan
    let groups: GroupRegistry
    /// By metric column, by group.
    let values: [[MetricValue]]
    /// Groups in relation to each other, where the query asks for that; nil: all groups as they are.
    let relatedRows: [AnswerRow]?
    let statistics: ScanStatistics
    let warnings: [Diagnostic]
    /// By scan.
    let latestMoments: [Int64?]
    /// By table.
    let positions: [String: LogPosition]

    func answer(now: Timestamp) -> QueryAnswer {
        let ordering =
            relatedRows.map { AnswerOrdering(plan: plan, groups: groups, rows: $0) }
            ?? AnswerOrdering(plan: plan, groups: groups, values: values)
        let ordered = ordering.groupNumbers()
        let shown = plan.query.limit.map { Array(ordered.prefix($0)) } ?? ordered
        let columns = AnswerColumns(groups: groups, dimensions: plan.dimensions, values: values)
        return QueryAnswer(
            query: plan.query, comparedWith: plan.comparison?.offset.description,
            zone: plan.zone, fields: plan.fields,
            rows: relatedRows.map { rows in AnswerRows(shown.map { related(rows[$0], columns) }) }
                ?? AnswerRows(columns, shown: shown),
            total: ordered.count,
            metrics: plan.metrics.map { annotation(of: $0, now: now) }, statistics: statistics,
            warnings: warnings,
            othersRows: relatedRows.map { rows in
                shown.indices.filter { rows[shown[$0]].isOthers }
            } ?? [])
    }

    private func related(_ row: AnswerRow, _ columns: AnswerColumns) -> [AnswerValue] {
        let ranked = row.isOthers ? plan.rankedDimensions : []
        return plan.dimensions.indices.map { dimension in
            ranked.contains(dimension)
                ? .text(QueryAnswer.others) : columns.dimensionValue(row.group, dimension)
        } + row.values.map { AnswerValue($0) }
    }

    private func annotation(of metric: PlannedMetric, now: Timestamp) -> MetricAnnotation {
        let definition = metric.definition
        let leaves = metric.node.leaves.map { plan.leaves[$0] }
        let moments = leaves.map { latestMoments[$0.scan] }
        let latest = moments.contains(nil) ? nil : moments.compactMap { $0 }.min().map(Timestamp.init(microseconds:))
        var tables: [String] = []
        for leaf in leaves {
            let scan = plan.scans[leaf.scan]
            for table in scan.tables where !tables.contains(table) {
                tables.append(table)
            }
        }
        return MetricAnnotation(
            column: metric.column, id: definition.id, name: definition.name, version: definition.version,
            definitionHash: metric.definitionHash, owner: definition.owner, status: definition.status,
            label: definition.label, labelZH: definition.labelZH, unit: definition.unit,
            anchors: leaves.compactMap { plan.scans[$0.scan].anchorName }.withoutRepeats,
            filter: metric.filterText(plan.leaves),
            tables: tables.map {
                MetricAnnotation.TablePosition(table: $0, position: positions[$0] ?? .start)
            },
            latestMoment: latest, isStale: AnswerAssembly.isStale(definition, latest, now: now))
    }

    /// Data is late when the newest row is older than the promised interval and the lag allowed on top of it. A metric
    /// that promises updates and has seen none is late; one that promises nothing never is.
    private static func isStale(_ definition: MetricDefinition, _ latest: Timestamp?, now: Timestamp) -> Bool {
        guard let frequency = definition.updateFrequency else { return false }
        guard let latest else { return true }
        let allowed = frequency.everyMicroseconds.addingReportingOverflow(frequency.maximumLagMicroseconds)
        let age = now.microseconds.subtractingReportingOverflow(latest.microseconds)
        return !allowed.overflow && !age.overflow && age.partialValue > allowed.partialValue
    }
}

extension QueryPlan {
    package var fields: [AnswerField] {
        dimensions.map {
            AnswerField(
                name: $0.name, type: $0.calendarGrain == nil ? $0.type : .category, grain: $0.grain,
                calendarGrain: $0.calendarGrain, isMetric: false, unit: nil)
        }
            + metrics.flatMap { metric in
                let unit = metric.definition.unit ?? metric.definition.type.currency?.code
                return [
                    AnswerField(
                        name: metric.column, type: metric.definition.type, grain: nil, isMetric: true, unit: unit)
                ]
                    + metric.comparedColumns.map {
                        AnswerField(
                            name: $0.name, type: $0.type, grain: nil, isMetric: true,
                            unit: $0.column == .changeRate ? nil : unit)
                    }
            }
            + relations.columns.map {
                AnswerField(
                    name: $0.name, type: $0.kind == .rank ? .integer : .number, grain: nil, isMetric: true,
                    unit: $0.kind == .rank ? nil : "ratio")
            }
    }
}

extension PlannedMetric {
    /// The filters of the aggregates below, with the aggregate's name where there are several.
    func filterText(_ leaves: [PlannedLeaf]) -> String? {
        let own = node.leaves.withoutRepeats.map { leaves[$0] }
        if own.count == 1 { return own[0].filter?.displayText }
        let texts = own.compactMap { leaf in leaf.filter.map { "\(leaf.definition.name): \($0.displayText)" } }
        return texts.isEmpty ? nil : texts.joined(separator: "; ")
    }
}

extension LogicalType {
    package var currency: Currency? {
        switch self {
        case .money(let currency), .moneyRate(let currency): currency
        default: nil
        }
    }
}

extension Array where Element: Hashable {
    var withoutRepeats: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
