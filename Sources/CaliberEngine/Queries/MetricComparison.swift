import CaliberCore
import CaliberDictionary
import CaliberQuery

/// One metric by two definitions, side by side: what a change of meaning does to the figures.
public struct MetricComparison: Sendable {
    public let metric: String
    public let oldVersion: Int
    public let newVersion: Int
    /// The parts of the meaning that differ; empty when the older definition is not at hand part by part.
    public let differences: [MetricMeaning.Difference]
    public let dimensions: [String]
    /// Group values and figures, where the two differ.
    public let changedRows: [Row]
    public let rowCount: Int
    /// Why the older definition can't be evaluated any more; the figures are left out then.
    public let unreachableReason: String?

    public struct Row: Sendable {
        public let group: [String?]
        public let old: String?
        public let new: String?
        /// New less old, where both are exact.
        public let difference: String?
    }
}

/// What to compare over: days and channels of the metric's own time, unless the query says otherwise.
public struct ComparisonScope: Sendable {
    public var groupBy: [String]?
    public var startTime: String?
    public var endTime: String?

    public init(groupBy: [String]? = nil, startTime: String? = nil, endTime: String? = nil) {
        self.groupBy = groupBy
        self.startTime = startTime
        self.endTime = endTime
    }
}

extension Engine {
    /// Compares every metric whose version was raised since `versions.lock` was accepted with the version before it.
    public func compareWithLock(_ scope: ComparisonScope) throws -> [MetricComparison] {
        let session = try session()
        return try dictionary.metrics.sorted { $0.id < $1.id }.compactMap { metric in
            let locked = loaded.lock.entries.first { $0.id == metric.id }?.versions ?? []
            guard !locked.contains(where: { $0.version == metric.version }),
                let previous = locked.filter({ $0.version < metric.version }).max(by: { $0.version < $1.version })
            else { return nil }
            let before = loaded.namingMetrics(in: MetricMeaning(parts: previous.meaning))
            let differences =
                loaded.meanings[metric.id].map { loaded.namingMetrics(in: $0).differences(from: before) } ?? []
            let old = ComparedSide(session: session, loaded: loaded, metric: metric.name, version: previous.version)
            let new = ComparedSide(session: session, loaded: loaded, metric: metric.name, version: metric.version)
            return try compare(old, new, differences, scope)
        }
    }

    /// Compares every metric that means something else in an older dictionary, over the same log.
    ///
    /// Tables that the older dictionary folds differently are folded in memory.
    public func compare(with older: LoadedDictionary, _ scope: ComparisonScope) throws -> [MetricComparison] {
        let oldEngine = try Engine.open(databasePath: databasePath, dictionary: older, settings: settings, now: now)
        let (oldSession, newSession) = (try oldEngine.session(), try session())
        return try MeaningDifference(from: older, to: loaded).changed.map { change in
            try compare(
                ComparedSide(
                    session: oldSession, loaded: older, metric: change.old.name, version: change.old.version),
                ComparedSide(
                    session: newSession, loaded: loaded, metric: change.new.name, version: change.new.version),
                change.differences, scope)
        }
    }

    private func compare(
        _ old: ComparedSide, _ new: ComparedSide, _ differences: [MetricMeaning.Difference], _ scope: ComparisonScope
    ) throws -> MetricComparison {
        let dimensions = try scope.groupBy ?? new.usualDimensions()
        var rows: [[String?]: (old: AnswerValue?, new: AnswerValue?)] = [:]
        var order: [[String?]] = []
        var reason: String?
        var newAnswer: QueryAnswer?
        for (side, isOld) in [(old, true), (new, false)] {
            if isOld, let unreachable = side.unreachableReason {
                reason = unreachable
                continue
            }
            let answer = try side.answer(dimensions, scope)
            newAnswer = answer
            for row in answer.rows {
                let group = zip(row.dropLast(), answer.fields).map { answer.text(of: $0, in: $1) }
                if rows[group] == nil { order.append(group) }
                var pair = rows[group] ?? (nil, nil)
                if isOld { pair.old = row.last } else { pair.new = row.last }
                rows[group] = pair
            }
        }
        let changed = order.compactMap { group -> MetricComparison.Row? in
            guard reason == nil, let pair = rows[group], let newAnswer else { return nil }
            return MetricComparison.Row(group: group, old: pair.old, new: pair.new, answer: newAnswer)
        }
        return MetricComparison(
            metric: new.metric, oldVersion: old.version, newVersion: new.version, differences: differences,
            dimensions: dimensions, changedRows: changed, rowCount: order.count, unreachableReason: reason)
    }
}

extension MetricComparison.Row {
    /// nil when the two figures are the same.
    ///
    /// - Parameter answer: has the figure as its last field; says how figures are written.
    fileprivate init?(group: [String?], old: AnswerValue?, new: AnswerValue?, answer: QueryAnswer) {
        let (before, after) = (old ?? .null, new ?? .null)
        guard before != after, let field = answer.fields.last else { return nil }
        self.group = group
        self.old = answer.text(of: before, in: field)
        self.new = answer.text(of: after, in: field)
        difference = MetricComparison.Row.difference(before, after).flatMap { answer.text(of: $0, in: field) }
    }

    /// An absent figure counts as nothing beside a present one.
    private static func difference(_ before: AnswerValue, _ after: AnswerValue) -> AnswerValue? {
        switch (before, after) {
        case (.integer(let first), .integer(let second)): .integer(second - first)
        case (.number(let first), .number(let second)): .number(second - first)
        case (.null, .integer), (.null, .number): after
        case (.integer(let first), .null): .integer(-first)
        case (.number(let first), .null): .number(-first)
        default: nil
        }
    }
}

/// One of two definitions.
private struct ComparedSide {
    let session: EngineSession
    let loaded: LoadedDictionary
    let metric: String
    let version: Int

    var unreachableReason: String? {
        guard loaded.dictionary.metric(named: metric, version: version) == nil else { return nil }
        return loaded.dictionary.unreachableVersion(named: metric, version: version)?.reason
            ?? "the dictionary has no such version"
    }

    private var reference: MetricReference { MetricReference(name: metric, version: version) }

    /// Day and channel, as far as the metric has them.
    func usualDimensions() throws -> [String] {
        let names = try session.dimensions(of: [reference]).map(\.name)
        return (names.contains("metric_time") ? ["metric_time__day"] : [])
            + (names.contains("channel") ? ["channel"] : [])
    }

    func answer(_ dimensions: [String], _ scope: ComparisonScope) throws -> QueryAnswer {
        try session.answer(
            MetricQuery(
                metrics: [reference], groupBy: dimensions, startTime: scope.startTime, endTime: scope.endTime))
    }
}
