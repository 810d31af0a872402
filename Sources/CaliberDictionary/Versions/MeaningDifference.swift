import CaliberCore

/// How the metrics of two dictionaries differ in what they count.
public struct MeaningDifference: Hashable, Sendable {
    /// Ids and names of metrics that only the newer dictionary has, by id.
    public let added: [MetricName]
    /// Ids and names of metrics that only the older one has, by id.
    public let removed: [MetricName]
    /// By id.
    public let changed: [Change]
    /// Metrics that mean the same under another name, by id.
    public let renamed: [Renaming]

    public struct MetricName: Hashable, Sendable {
        public let id: String
        public let name: String
        public let version: Int
    }

    public struct Change: Hashable, Sendable {
        public let id: String
        public let old: MetricName
        public let new: MetricName
        /// The parts of the meaning that differ.
        public let differences: [MetricMeaning.Difference]
    }

    public struct Renaming: Hashable, Sendable {
        public let id: String
        public let oldName: String
        public let newName: String
    }

    public var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty && renamed.isEmpty }

    public init(from old: LoadedDictionary, to new: LoadedDictionary) {
        let oldMetrics = old.dictionary.metrics.sorted { $0.id < $1.id }
        let newMetrics = new.dictionary.metrics.sorted { $0.id < $1.id }
        added = newMetrics.filter { old.meanings[$0.id] == nil }.map(MeaningDifference.name)
        removed = oldMetrics.filter { new.meanings[$0.id] == nil }.map(MeaningDifference.name)
        changed = newMetrics.compactMap { metric in
            guard let after = new.meanings[metric.id], let before = old.meanings[metric.id],
                after.hash != before.hash, let previous = old.dictionary.metric(named: metric.id)
            else { return nil }
            return Change(
                id: metric.id, old: MeaningDifference.name(previous), new: MeaningDifference.name(metric),
                differences: after.differences(from: before))
        }
        renamed = newMetrics.compactMap { metric in
            guard let previous = old.dictionary.metric(named: metric.id), previous.name != metric.name,
                new.meanings[metric.id]?.hash == old.meanings[metric.id]?.hash
            else { return nil }
            return Renaming(id: metric.id, oldName: previous.name, newName: metric.name)
        }
    }

    private static func name(_ metric: MetricDefinition) -> MetricName {
        MetricName(id: metric.id, name: metric.name, version: metric.version)
    }

    /// For people, one fact a line; empty when nothing differs.
    public var text: String {
        var lines: [String] = []
        lines += added.map { "+ \($0.name)@\($0.version) (\($0.id)) is new" }
        lines += removed.map { "- \($0.name)@\($0.version) (\($0.id)) is gone" }
        lines += renamed.map { "~ \($0.oldName) (\($0.id)) is now called \($0.newName)" }
        for change in changed {
            lines.append("~ \(change.new.name) (\(change.id)), version \(change.old.version) → \(change.new.version)")
            lines += change.differences.map { "    \($0.inWords)" }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
