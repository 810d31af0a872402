import CaliberCore
import CaliberDictionary

/// What a group-by name means for one metric.
struct DimensionResolution {
    let scope: TableScope
    let metric: String
    /// The column the metric is counted at.
    let anchor: String?
    let dictionary: MetricDictionary

    /// A grain as names end with one.
    private func grain(named name: String) -> PeriodGrain? { dictionary.grain(named: name) }

    /// - Returns: the answer's column, and what to compute for a row, over stored columns.
    func resolve(_ name: String) throws(QueryProblem) -> (PlannedDimension, ScanDimension) {
        let parts = name.split(separator: "__", omittingEmptySubsequences: false).map(String.init)
        if parts[0] == TableScope.metricTime { return try metricTime(name, Array(parts.dropFirst())) }
        let whole = ColumnReference(path: Array(parts.dropLast()), name: parts[parts.count - 1])
        if let type = scope.type(of: whole) {
            return try column(whole, type, name: name, grain: nil)
        }
        guard parts.count > 1 else { throw notFound(name, bare: name, suffix: "") }
        let last = parts[parts.count - 1]
        let shorter = ColumnReference(path: Array(parts.dropLast(2)), name: parts[parts.count - 2])
        if let type = scope.type(of: shorter) {
            guard let grain = grain(named: last) else {
                guard type == .timestamp || type == .date else { throw notFound(name, bare: last, suffix: "") }
                throw .unknownGrain(name: name, grain: last, calendars: dictionary.calendarGrains.map(\.name))
            }
            return try column(shorter, type, name: name, grain: grain)
        }
        if parts.count == 2, grain(named: last) != nil {
            throw notFound(name, bare: parts[0], suffix: "__" + last)
        }
        throw notFound(name, bare: last, suffix: "")
    }

    private func metricTime(_ name: String, _ rest: [String]) throws(QueryProblem) -> (PlannedDimension, ScanDimension)
    {
        guard let anchor else {
            throw .metricWithoutTime(metric: metric, table: scope.table.name, use: TableScope.metricTime)
        }
        var grain = PeriodGrain.common(.day)
        if let text = rest.first {
            guard rest.count == 1, let named = self.grain(named: text) else {
                throw .unknownGrain(
                    name: name, grain: rest.joined(separator: "__"), calendars: dictionary.calendarGrains.map(\.name))
            }
            grain = named
        }
        let expression = try scope.storedForm(
            of: TypedExpression(.column(ColumnReference(name: anchor)), .timestamp), anchor: nil)
        return (
            PlannedDimension(
                name: "\(TableScope.metricTime)__\(grain.name)", type: grain == .common(.hour) ? .timestamp : .date,
                grain: grain.scanned, calendarGrain: grain.custom, isMetricTime: true),
            ScanDimension(expression: expression, grain: grain.scanned, calendarGrain: grain.custom)
        )
    }

    private func column(
        _ reference: ColumnReference, _ type: LogicalType, name: String, grain: PeriodGrain?
    ) throws(QueryProblem) -> (PlannedDimension, ScanDimension) {
        var grain = grain
        var name = name
        if type == .timestamp, grain == nil {
            grain = .common(.day)
            name += "__day"
        }
        if let grain {
            guard type == .timestamp || type == .date else {
                throw .grainOnPlainColumn(name: name, type: type.name)
            }
            if type == .date, grain == .common(.hour) { throw .grainTooFine(name: name, grain: .hour) }
        }
        let expression = try scope.storedForm(of: TypedExpression(.column(reference), type), anchor: nil)
        let answerType: LogicalType = grain == nil ? type : grain == .common(.hour) ? .timestamp : .date
        return (
            PlannedDimension(
                name: name, type: answerType, grain: grain?.scanned, calendarGrain: grain?.custom,
                isMetricTime: false),
            ScanDimension(expression: expression, grain: grain?.scanned, calendarGrain: grain?.custom)
        )
    }

    /// Says what a name that is no column may have meant: a joined column without its prefix, or a slip of the pen.
    private func notFound(_ name: String, bare: String, suffix: String) -> QueryProblem {
        let columns = scope.columns
        let joined = columns.filter { $0.reference.name == bare && !$0.reference.path.isEmpty }
            .map { $0.reference.qualifiedName + suffix }
        if joined.count > 1 { return .ambiguousDimension(name: name, metric: metric, candidates: joined) }
        let nearest =
            joined.isEmpty
            ? NameSuggestion.nearest(
                to: name, among: columns.map { $0.reference.qualifiedName } + [TableScope.metricTime])
            : joined
        return .unknownDimension(name: name, metric: metric, table: scope.table.name, nearest: nearest)
    }
}

extension PlannedDimension {
    /// Whether values of two metrics can stand in one column of the answer.
    func isComparable(with other: PlannedDimension) -> Bool {
        type.isGroupedLike(other.type)
    }
}

extension MetricDictionary {
    /// A grain of the common calendar, or of one that is declared.
    func grain(named name: String) -> PeriodGrain? {
        TimeGrain(rawValue: name).map { .common($0) } ?? calendarGrain(named: name).map { .custom($0) }
    }
}

extension PeriodGrain {
    /// What rows are cut by; days are put together to a calendar's periods afterwards.
    var scanned: TimeGrain { common ?? .day }
}
