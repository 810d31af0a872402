import CaliberCore
import CaliberSinks

/// While an alert that matches `source` fires, others that match `target` and agree with it in the labels `equal` are
/// not told: a channel that is paused says enough about its orders.
public struct InhibitionRule: Sendable, Equatable {
    public var source: [LabelMatcher]
    public var target: [LabelMatcher]
    public var equal: [String]

    public init(source: [LabelMatcher], target: [LabelMatcher], equal: [String] = []) {
        self.source = source
        self.target = target
        self.equal = equal
    }

    func isSource(_ labels: [String: String]) -> Bool {
        source.allSatisfy { $0.matches(labels) }
    }

    /// An alert that is a source itself is not muted by its like.
    func mutes(_ labels: [String: String], because other: [String: String]) -> Bool {
        target.allSatisfy { $0.matches(labels) } && isSource(other) && !isSource(labels)
            && equal.allSatisfy { labels[$0] ?? "" == other[$0] ?? "" }
    }
}
