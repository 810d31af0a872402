import CaliberCore
import CaliberSinks

/// Who is told of what: endpoints, the tree of routes, what mutes what.
public struct AlertRouting: Sendable, Equatable {
    public let endpoints: [AlertEndpoint]
    public let root: AlertRoute
    public let inhibitions: [InhibitionRule]
    /// Who is told when another endpoint was turned off, where no route leads past that endpoint.
    public let noticeEndpoints: [String]

    /// - Throws: every problem there is, as one `DiagnosticList`.
    public init(
        endpoints: [AlertEndpoint], root: AlertRoute, inhibitions: [InhibitionRule] = [],
        noticeEndpoints: [String] = []
    ) throws(DiagnosticList) {
        self.endpoints = endpoints
        self.root = root
        self.inhibitions = inhibitions
        self.noticeEndpoints = noticeEndpoints
        let problems = self.problems
        guard problems.isEmpty else { throw DiagnosticList(problems.map(\.diagnostic)) }
    }

    static let depthLimit = 16

    func endpoint(_ name: String) -> AlertEndpoint? {
        endpoints.first { $0.name == name }
    }

    /// Whether some alert with these labels could mute others.
    func isInhibitor(_ labels: [String: String]) -> Bool {
        inhibitions.contains { $0.isSource(labels) }
    }
}

extension AlertRouting {
    private var problems: [AlertProblem] {
        var found: [AlertProblem] = []
        var seen: Set<String> = []
        for endpoint in endpoints {
            if endpoint.name.isEmpty { found.append(.namelessEndpoint) }
            if !seen.insert(endpoint.name).inserted { found.append(.repeatedEndpoint(name: endpoint.name)) }
            for limit in endpoint.budget.limits
            where limit.partCount < 1 || !(limit.seconds > 0 && limit.seconds <= 86_400) {
                found.append(
                    .badBudget(endpoint: endpoint.name, partCount: limit.partCount, seconds: limit.seconds))
            }
        }
        if !root.matchers.isEmpty { found.append(.choosyRoot) }
        check(root, path: "route", depth: 1, into: &found)
        for name in noticeEndpoints { check(name, path: "notice endpoints", into: &found) }
        for (index, rule) in inhibitions.enumerated() where rule.source.isEmpty || rule.target.isEmpty {
            found.append(.boundlessInhibition(path: "inhibitions[\(index)]"))
        }
        return found
    }

    private func check(_ route: AlertRoute, path: String, depth: Int, into found: inout [AlertProblem]) {
        guard depth <= AlertRouting.depthLimit else { return found.append(.deepRoutes(path: path)) }
        for name in route.endpoints ?? [] { check(name, path: path, into: &found) }
        let lengths = [
            ("wait", route.waitMicroseconds), ("interval", route.intervalMicroseconds),
            ("repeat", route.repeatMicroseconds),
        ]
        for case (let name, let length?) in lengths {
            let least = name == "repeat" ? AlertRouting.leastRepeatMicroseconds : 0
            guard length < least || length > AlertRouting.longestMicroseconds else { continue }
            found.append(.badLength(path: "\(path).\(name)", microseconds: length, leastMicroseconds: least))
        }
        for (index, child) in route.routes.enumerated() {
            check(child, path: "\(path).routes[\(index)]", depth: depth + 1, into: &found)
        }
    }

    private func check(_ name: String, path: String, into found: inout [AlertProblem]) {
        let names = endpoints.map(\.name)
        guard !names.contains(name) else { return }
        found.append(
            .unknownEndpoint(name: name, path: path, nearest: NameSuggestion.nearest(to: name, among: names)))
    }

    static let leastRepeatMicroseconds: Int64 = 60_000_000
    static let longestMicroseconds: Int64 = 366 * Timestamp.microsecondsPerDay
}
