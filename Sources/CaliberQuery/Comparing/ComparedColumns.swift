import CaliberCore
import CaliberDictionary

/// The columns that a comparison adds to each metric.
package enum ComparedColumn: CaseIterable, Sendable {
    /// The figure at the earlier time.
    case prior
    /// The figure less the prior one.
    case change
    /// The change as a share of the prior figure's size; null where that is null or zero.
    case changeRate

    /// `gmv__prior`, `gmv__change`, `gmv__change_rate`.
    func name(of metric: String) -> String {
        switch self {
        case .prior: metric + "__prior"
        case .change: metric + "__change"
        case .changeRate: metric + "__change_rate"
        }
    }

    /// - Returns: nil where values of the type have no such thing.
    func type(of type: LogicalType) -> LogicalType? {
        switch (self, type) {
        case (.prior, _): type
        case (.change, .timestamp): .duration
        case (.change, .date): .integer
        case (.changeRate, .timestamp), (.changeRate, .date): nil
        case (.change, _): type
        case (.changeRate, _): .number
        }
    }

    func value(_ current: MetricValue, prior: MetricValue) -> MetricValue {
        switch self {
        case .prior: return prior
        case .change:
            switch (current, prior) {
            case (.null, _), (_, .null): return .null
            case (.integer(let now), .integer(let before)): return .integer(now - before)
            default: return .number((current.double ?? 0) - (prior.double ?? 0))
            }
        case .changeRate:
            guard let before = prior.double, before != 0,
                let change = ComparedColumn.change.value(current, prior: prior).double
            else { return .null }
            return .number(change / abs(before))
        }
    }
}

extension PlannedMetric {
    /// The columns beside its own, with their types; none without a comparison.
    package var comparedColumns: [(column: ComparedColumn, name: String, type: LogicalType)] {
        guard prior != nil else { return [] }
        return ComparedColumn.allCases.compactMap { compared in
            compared.type(of: definition.type).map { (compared, compared.name(of: column), $0) }
        }
    }

    /// Its own column and those beside it.
    package var columnNames: [String] { [column] + comparedColumns.map(\.name) }
}
