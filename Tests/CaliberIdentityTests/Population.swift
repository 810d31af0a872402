import CaliberIdentity
import CaliberTesting

/// People with accounts at several platforms, households, second telephones, and devices that anybody uses; and the truth.
struct Population {
    private(set) var told: [Told] = []
    /// By account, whose it is.
    private(set) var owners: [NodeName: Int] = [:]
    private var generator: SeededGenerator

    private static let platforms = ["douyin", "tmall", "jd", "pinduoduo", "kuaishou", "mini_program"]

    /// - Parameter sharedDevices: the share of devices that stand in shops, each used by dozens of strangers.
    init(persons: Int, sharedDevices: Double, seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        var person = 0
        var household = 0
        let publicCount = max(1, Int(Double(persons) * 1.3 * sharedDevices))
        while person < persons {
            let size = chance(0.9) ? 1 : Int.random(in: 2...4, using: &generator)
            for _ in 0..<size {
                addPerson(
                    person, household: household, isFamily: size > 1, publicDevices: sharedDevices > 0 ? publicCount : 0
                )
                person += 1
            }
            household += 1
        }
        if sharedDevices > 0 { addStrangers(publicCount) }
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &generator) < probability
    }

    private mutating func addPerson(_ person: Int, household: Int, isFamily: Bool, publicDevices: Int) {
        let sharesTablet = isFamily && chance(0.3)
        let hasSecondPhone = chance(0.1)
        for platform in Self.platforms.shuffled(using: &generator).prefix(Int.random(in: 1...4, using: &generator)) {
            let account = NodeName("user_id", "u\(person)", within: platform)
            owners[account] = person
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let day = Int64.random(in: 0..<700, using: &generator)
                if chance(0.95) {
                    let number = hasSecondPhone && chance(0.3) ? "second" : "first"
                    tie(account, NodeName("phone", "\(number) of \(person)"), day)
                } else if chance(0.1) {
                    tie(account, NodeName("phone", "00000000000"), day)
                }
                if chance(0.8) {
                    let device = sharesTablet && chance(0.3) ? "tablet at \(household)" : "phone of \(person)"
                    tie(account, NodeName("device", device), day)
                }
                if chance(0.7) {
                    tie(
                        account,
                        NodeName("payer", isFamily && chance(0.1) ? "card at \(household)" : "purse of \(person)"), day)
                }
                tie(account, NodeName("address", "house \(household)"), day)
            }
        }
    }

    private mutating func addStrangers(_ count: Int) {
        let accounts = owners.keys.sorted { ($0.value, $0.scope) < ($1.value, $1.scope) }
        for device in 0..<count {
            for _ in 0..<Int.random(in: 2...60, using: &generator) {
                tie(
                    accounts[Int.random(in: 0..<accounts.count, using: &generator)],
                    NodeName("device", "tablet in shop \(device)"), Int64.random(in: 0..<700, using: &generator))
            }
        }
    }

    private mutating func tie(_ account: NodeName, _ trait: NodeName, _ day: Int64) {
        told.append(.tie(account, trait, rule: "order.created", event: "e\(told.count)", day: day, score: 0))
    }
}

/// How well persons agree with the truth, over pairs of accounts.
struct PairAgreement {
    private(set) var together = 0
    private(set) var rightlyTogether = 0
    private(set) var truePairs = 0

    init(_ owners: [NodeName: Int], person: (NodeName) -> UInt32?) {
        var byPerson: [UInt32: [Int: Int]] = [:]
        var byOwner: [Int: Int] = [:]
        for (account, owner) in owners {
            byOwner[owner, default: 0] += 1
            if let person = person(account) { byPerson[person, default: [:]][owner, default: 0] += 1 }
        }
        truePairs = byOwner.values.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
        for owners in byPerson.values {
            let size = owners.values.reduce(0, +)
            together += size * (size - 1) / 2
            rightlyTogether += owners.values.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
        }
    }

    var precision: Double { together == 0 ? 1 : Double(rightlyTogether) / Double(together) }
    var recall: Double { truePairs == 0 ? 1 : Double(rightlyTogether) / Double(truePairs) }
}
