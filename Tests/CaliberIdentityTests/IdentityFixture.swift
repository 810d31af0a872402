import CaliberCore
import CaliberDictionary
import CaliberIdentity
import CaliberTesting

/// The identity that tests go by: accounts, telephones, devices, addresses, orders that tie payments to them.
enum IdentityFixture {
    static let day: Int64 = 86_400_000_000

    static func identifier(
        _ name: String, role: IdentityDefinition.Role = .value, _ strength: IdentityDefinition.Strength = .strong,
        weight: Int = 500, halfLifeDays: Int64? = nil, values: Int? = 5, valuesPerDays: Int64? = nil,
        sharedBy: Int? = nil, sharedPerDays: Int64? = nil, blocked: Set<String> = []
    ) -> IdentityDefinition.Identifier {
        IdentityDefinition.Identifier(
            name: name, role: role, strength: strength, weight: weight, halfLife: halfLifeDays.map { $0 * day },
            values: values.map { IdentityDefinition.Limit(most: $0, window: valuesPerDays.map { $0 * day }) },
            sharedBy: sharedBy.map { IdentityDefinition.Limit(most: $0, window: sharedPerDays.map { $0 * day }) },
            blocked: IdentityDefinition.BlockedValues(
                values: blocked.union(["-1", "null", "anonymous"]),
                patterns: (try? ValuePattern("^[0-]*$")).map { [$0] } ?? []),
            carriers: [], location: SourceLocation(file: "buyers.yaml", line: 1))
    }

    static let policy = IdentityPolicy(
        [
            identifier("user_id", role: .account, values: 1),
            identifier("order", role: .link, values: nil, sharedBy: 1),
            identifier("phone", values: 2, sharedBy: 6),
            identifier("payer", .weak, weight: 600, values: 3, sharedBy: 3),
            identifier(
                "device", .weak, halfLifeDays: 90, values: 3, valuesPerDays: 365, sharedBy: 4, sharedPerDays: 200),
            identifier("address", .weak, weight: 200, sharedBy: 5),
        ], bridgeWeight: 1_000, attachWeight: 300)

    /// Nothing is ever refused.
    static let unguarded = IdentityPolicy(
        [identifier("left", role: .account, values: nil), identifier("right", .weak, values: nil)], bridgeWeight: 0,
        attachWeight: 0)

    static func user(_ value: String, at platform: String = "douyin") -> NodeName {
        NodeName("user_id", value, within: platform)
    }

    static func moment(_ days: Int64) -> Timestamp { Timestamp(microseconds: days * day) }
}

/// One thing that a graph is told.
enum Told: Hashable {
    case tie(NodeName, NodeName, rule: String, event: String, day: Int64, score: Int)
    case alone(NodeName, day: Int64)
    case decision(Decision)
}

extension IdentityGraph {
    /// Tells the graph a few things at once; decisions go by themselves, wherever they stand among the rest.
    func tell(_ told: some Sequence<Told>) throws {
        var batch = EvidenceBatch()
        var decisions: [Decision] = []
        for one in told {
            switch one {
            case .tie(let left, let right, let rule, let event, let day, let score):
                batch.add(
                    left, right, of: policy, rule: rule, event: event, at: IdentityFixture.moment(day), score: score)
            case .alone(let name, let day): batch.add(name, of: policy, at: IdentityFixture.moment(day))
            case .decision(let decision): decisions.append(decision)
            }
        }
        if !decisions.isEmpty { try decide(decisions) }
        try absorb(batch)
    }

    func tie(
        _ one: NodeName, _ other: NodeName, day: Int64 = 0, rule: String = "order.created", event: String = "e",
        score: Int = 0
    ) throws {
        try tell([.tie(one, other, rule: rule, event: event, day: day, score: score)])
    }

    func areOne(_ one: NodeName, _ other: NodeName) -> Bool {
        guard let left = node(of: one), let right = node(of: other) else { return false }
        return personCode(of: left) == personCode(of: right)
    }

    /// Everything that is promised to be a function of the set, as text.
    ///
    /// - Parameter heard: leaves out persons that nothing but blocked values or forgotten words spoke of.
    func picture(heard: Bool = false) -> String {
        var lines: Set<String> = []
        for node in 0..<UInt32(nodeCount) {
            let person = person(ofNode: node)
            if heard, person.firstSeen == nil, person.members.count == 1 { continue }
            lines.insert(
                "\(person.id) \(person.firstSeen.map(\.description) ?? "") \(person.lastSeen.map(\.description) ?? "") \(person.members)"
            )
        }
        var text = lines.sorted().joined(separator: "\n") + "\n"
        for edge in refusedEdges() { text += "\(edge)\n" }
        var histories: Set<String> = []
        for node in 0..<UInt32(nodeCount) {
            for absorption in history(of: name(of: node)) { histories.insert("\(absorption)") }
        }
        return text + histories.sorted().joined(separator: "\n")
    }
}

/// Evidence at random, about so few values that everything meets everything.
struct RandomEvidence {
    var generator: SeededGenerator
    let values: Int

    init(seed: UInt64, values: Int) {
        generator = SeededGenerator(seed: seed)
        self.values = values
    }

    mutating func name(_ identifier: String, _ count: Int, within scope: String = "") -> NodeName {
        let number = Int.random(in: 0..<count, using: &generator)
        return NodeName(identifier, number == 0 ? "000" : "v\(number)", within: scope)
    }

    mutating func account() -> NodeName {
        name("user_id", values, within: Bool.random(using: &generator) ? "douyin" : "tmall")
    }

    mutating func trait() -> NodeName {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1: name("phone", values)
        case 2, 3, 4: name("device", values)
        case 5: name("address", values / 2 + 1)
        case 6: name("payer", values)
        default: name("order", values * 2)
        }
    }

    mutating func told(_ decisionShare: Double) -> Told {
        let day = Int64.random(in: 0..<1_000, using: &generator)
        if Double.random(in: 0..<1, using: &generator) < decisionShare { return .decision(decision(day)) }
        let event = "e\(Int.random(in: 0..<1_000, using: &generator))"
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: return .alone(account(), day: day)
        case 1:
            return .tie(
                name("order", values * 2), name("payer", values), rule: "payment", event: event, day: day, score: 0)
        case 2: return .tie(trait(), trait(), rule: "click", event: event, day: day, score: 0)
        case 3:
            return .tie(
                account(), account(), rule: "scoring", event: event, day: day,
                score: Int.random(in: 100..<1_300, using: &generator))
        default:
            return .tie(
                account(), trait(), rule: Bool.random(using: &generator) ? "order" : "login", event: event, day: day,
                score: 0)
        }
    }

    private mutating func decision(_ day: Int64) -> Decision {
        let (one, other) = (NodeName("user_id", "v1", within: "douyin"), NodeName("user_id", "v2", within: "tmall"))
        let left = different(from: other)
        let right = different(from: left)
        let verdict: Decision.Verdict =
            switch Int.random(in: 0..<7, using: &generator) {
            case 0, 1: .split(left, right)
            case 2, 3: .merge(left, right)
            case 4: .release(one, other)
            case 5: .cut(Bool.random(using: &generator) ? .edge(left, right, rule: nil) : .rule("login"))
            default: .restore(Bool.random(using: &generator) ? .rule("login") : .weakerThan(300))
            }
        return Decision(verdict, who: "ops", why: "because", at: IdentityFixture.moment(day))
    }

    private mutating func different(from other: NodeName) -> NodeName {
        while true {
            let name = account()
            if name != other, name.value != "000" { return name }
        }
    }
}

/// The lines that only one of two pictures has.
func difference(_ one: String, _ other: String) -> String {
    guard one != other else { return "" }
    let (left, right) = (Set(one.split(separator: "\n")), Set(other.split(separator: "\n")))
    return (left.subtracting(right).sorted().map { "< \($0)" } + right.subtracting(left).sorted().map { "> \($0)" })
        .joined(separator: "\n")
}
