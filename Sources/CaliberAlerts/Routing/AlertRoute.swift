import CaliberCore
import CaliberSinks

/// A branch of the tree that decides who is told of an alert, and with which others.
///
/// An alert goes down the first branch that matches it, and on to later ones while branches say `continues`; where no
/// branch does, the branch above takes it. What a branch leaves open, it has from the one above.
public struct AlertRoute: Sendable, Equatable {
    public var matchers: [LabelMatcher]
    public var endpoints: [String]?
    /// Alerts with the same values of these labels are told together.
    public var groupBy: [String]?
    /// How long a group's first alert waits for others.
    public var waitMicroseconds: Int64?
    /// The least time between two messages about a group.
    public var intervalMicroseconds: Int64?
    /// After how long an alert that still fires is told again.
    public var repeatMicroseconds: Int64?
    /// Whether branches after this one are asked too.
    public var continues: Bool
    public var routes: [AlertRoute]

    public init(
        matchers: [LabelMatcher] = [], endpoints: [String]? = nil, groupBy: [String]? = nil,
        waitMicroseconds: Int64? = nil, intervalMicroseconds: Int64? = nil, repeatMicroseconds: Int64? = nil,
        continues: Bool = false, routes: [AlertRoute] = []
    ) {
        self.matchers = matchers
        self.endpoints = endpoints
        self.groupBy = groupBy
        self.waitMicroseconds = waitMicroseconds
        self.intervalMicroseconds = intervalMicroseconds
        self.repeatMicroseconds = repeatMicroseconds
        self.continues = continues
        self.routes = routes
    }

    /// What the root leaves open. Source: Alertmanager's defaults.
    static let waitMicroseconds: Int64 = 30_000_000
    static let intervalMicroseconds: Int64 = 300_000_000
    static let repeatMicroseconds: Int64 = 4 * 3_600_000_000
}

/// Where an alert goes, and the group that it is told in there.
struct AlertTarget: Sendable, Equatable {
    let endpoint: String
    let groupKey: String
    let groupLabels: [String: String]
    let waitMicroseconds: Int64
    let intervalMicroseconds: Int64
    let repeatMicroseconds: Int64
}

extension AlertRoute {
    /// Where an alert with these labels goes: each endpoint once, by the first route that names it.
    func targets(of labels: [String: String]) -> [AlertTarget] {
        var found: [AlertTarget] = []
        _ = descend(labels, from: Inherited(), into: &found)
        return found
    }

    private struct Inherited {
        var path = ""
        var endpoints: [String] = []
        var groupBy: [String] = []
        var waitMicroseconds = AlertRoute.waitMicroseconds
        var intervalMicroseconds = AlertRoute.intervalMicroseconds
        var repeatMicroseconds = AlertRoute.repeatMicroseconds

        func addTargets(of labels: [String: String], to found: inout [AlertTarget]) {
            let groupLabels = labels.filter { groupBy.contains($0.key) }
            let values = groupLabels.sorted { $0.key < $1.key }.map { "\($0.key)=\(QuotedText.json($0.value))" }
            for endpoint in endpoints where !found.contains(where: { $0.endpoint == endpoint }) {
                found.append(
                    AlertTarget(
                        endpoint: endpoint, groupKey: path + ":{" + values.joined(separator: ",") + "}",
                        groupLabels: groupLabels, waitMicroseconds: waitMicroseconds,
                        intervalMicroseconds: intervalMicroseconds, repeatMicroseconds: repeatMicroseconds))
            }
        }
    }

    private func descend(_ labels: [String: String], from above: Inherited, into found: inout [AlertTarget]) -> Bool {
        guard matchers.allSatisfy({ $0.matches(labels) }) else { return false }
        var own = above
        own.path += "/{" + matchers.map(\.description).joined(separator: ", ") + "}"
        own.endpoints = endpoints ?? own.endpoints
        own.groupBy = groupBy ?? own.groupBy
        own.waitMicroseconds = waitMicroseconds ?? own.waitMicroseconds
        own.intervalMicroseconds = intervalMicroseconds ?? own.intervalMicroseconds
        own.repeatMicroseconds = repeatMicroseconds ?? own.repeatMicroseconds
        var isTaken = false
        for route in routes where route.descend(labels, from: own, into: &found) {
            isTaken = true
            if !route.continues { break }
        }
        if !isTaken { own.addTargets(of: labels, to: &found) }
        return true
    }
}

extension Alert {
    /// What matchers look at: the labels, and the watch and severity as labels of these names.
    var matchedLabels: [String: String] {
        labels.merging(["watch": watch, "severity": severity.rawValue]) { $1 }
    }
}
