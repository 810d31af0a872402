import CaliberCore
import CaliberIdentity

/// People as text.
enum BuyerText {
    static func report(_ name: String, _ summary: IdentitySummary) -> String {
        let rows = [
            ("accounts", summary.accountCount), ("people with an account", summary.personCount),
            ("of these with several accounts", summary.severalAccountsCount),
            ("of these in several scopes", summary.severalScopesCount), ("values", summary.nodeCount),
            ("ties between them", summary.edgeCount), ("that join", summary.acceptedCount),
        ]
        let refused = summary.refusedCounts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { ("not joined: \($0.key)", $0.value) }
        let lines = rows + refused
        let width = lines.map { $0.0.count }.max() ?? 0
        let numbers = lines.map { Output.grouped($0.1) }
        let numberWidth = numbers.map(\.count).max() ?? 0
        return "Identity \(name)\n"
            + zip(lines, numbers).map { line, number in
                "  " + line.0.padding(to: width) + "  " + String(repeating: " ", count: numberWidth - number.count)
                    + number
            }.joined(separator: "\n")
    }

    static func person(
        _ person: Person, _ history: [Absorption], zone: BusinessZone, isAccount: (NodeName) -> Bool
    ) -> String {
        var lines = ["Person \(person.id)"]
        if let first = person.firstSeen, let last = person.lastSeen {
            lines.append("  seen from \(zone.clockText(of: first)) to \(zone.clockText(of: last))")
        }
        let accounts = person.members.filter(isAccount)
        lines.append("  accounts")
        lines += accounts.map { "    \($0)" }
        let others = person.members.filter { !isAccount($0) }
        if !others.isEmpty {
            lines.append("  known by")
            lines += others.map { "    \($0)" }
        }
        if !history.isEmpty {
            lines.append("  how it came together")
            for absorption in history {
                lines.append(
                    "    \(zone.clockText(of: absorption.at))  \(absorption.absorbed) became \(absorption.survivor)")
                lines.append("      " + line(absorption.by, zone: zone))
            }
        }
        return lines.joined(separator: "\n")
    }

    static func answer(_ answer: WhyAnswer, _ one: NodeName, _ other: NodeName, zone: BusinessZone) -> String {
        switch answer {
        case .unknown(let name): return "No event has said anything of \(name)."
        case .together(let path):
            return (["\(one) and \(other) are one person:"] + path.map { "  " + line($0, zone: zone) })
                .joined(separator: "\n")
        case .apart(let refused) where refused.isEmpty:
            return "\(one) and \(other) are two people: nothing speaks for it that they are one."
        case .apart(let refused):
            return
                (["\(one) and \(other) are two people, in spite of:"]
                + refused.map { "  " + line($0.evidence, zone: zone) + "\n    \(words($0.reason))" })
                .joined(separator: "\n")
        }
    }

    /// One tie.
    static func line(_ evidence: EdgeEvidence, zone: BusinessZone) -> String {
        let strength =
            evidence.strength == .weak
            ? "weak, weight 0.\(String(evidence.weight + 1_000).suffix(3))" : evidence.strength.rawValue
        let event = evidence.event.isEmpty ? "" : " \(evidence.event)"
        return
            "\(evidence.one) – \(evidence.other)  \(strength)  \(evidence.rule)\(event), \(zone.clockText(of: evidence.first))"
    }

    static func cut(_ report: CutReport, limit: Int) -> String {
        let accounts = report.persons.reduce(0) { $0 + $1.movedAccounts.count }
        var lines = [
            "Without \(Output.grouped(report.edgeCount)) ties \(Output.grouped(report.persons.count)) people would be others, "
                + "and \(Output.grouped(accounts)) accounts would be somebody else's."
        ]
        for person in report.persons.prefix(max(0, limit)) {
            lines.append("  \(person.before) → \(person.after.map(\.description).joined(separator: ", "))")
            lines += person.movedAccounts.map { "    \($0)" }
        }
        if report.persons.count > limit { lines.append("  … and \(Output.grouped(report.persons.count - limit)) more") }
        return lines.joined(separator: "\n")
    }

    private static func words(_ reason: RefusedEdge.Reason) -> String {
        switch reason {
        case .overLimit(let identifier, let scope, let most):
            "one person has at most \(most) \(identifier)" + (scope.isEmpty ? "" : " at \(scope)")
        case .heldApart: "a person said that they are two"
        case .waitsForReview: "it joins two people who are known by better evidence, and weighs too little for it"
        case .tooLight: "it weighs too little to join anybody"
        case .cut: "it was cut"
        case .shared(let name): "\(name) is shared by too many"
        case .faded: "it is too long ago"
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
