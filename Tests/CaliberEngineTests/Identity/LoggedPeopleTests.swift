import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberIdentity
import CaliberSimulator
import CaliberTesting
import Foundation
import Testing

/// Who is one buyer, by the shipped dictionary and what stands in the log.
@Suite(.timeLimit(.minutes(3))) struct LoggedPeopleTests {
    /// A shop where people have accounts on several channels, with the truth about who is who.
    private struct Shop {
        let lines: [[UInt8]]
        /// Of each account that the log knows, by its name.
        let personOfAccount: [NodeName: String]

        private struct OrderTruth: Decodable {
            let person: String
            let buyer_id: String?
            let channel: String
        }

        init(orders: Int, seed: UInt64) throws {
            var events: [UInt8] = []
            var truths: [UInt8] = []
            _ = Simulation(SimulationSettings.troubled(seed: seed, orderCount: orders, dayCount: 30)).write(
                to: { events.append(contentsOf: $0) }, orderTruth: { truths.append(contentsOf: $0) })
            lines = events.split(separator: UInt8(ascii: "\n")).map(Array.init)
            var people: [NodeName: String] = [:]
            for line in truths.split(separator: UInt8(ascii: "\n")) {
                let truth = try JSONDecoder().decode(OrderTruth.self, from: Data(line))
                guard let account = truth.buyer_id else { continue }
                people[NodeName("user_id", account, within: truth.channel)] = truth.person
            }
            personOfAccount = people
        }
    }

    private static func people(_ graph: IdentityGraph, _ accounts: some Sequence<NodeName>) -> [NodeName: PersonID] {
        var people: [NodeName: PersonID] = [:]
        for account in accounts { people[account] = graph.person(of: account)?.id }
        return people
    }

    @Test func `accounts of one buyer are one person, and those of others are not`() throws {
        let shop = try Shop(orders: 6_000, seed: 31)
        let deployment = try EngineDeployment(try ShopDictionary.load())
        _ = try deployment.engine.ingest([SimulatedShop.input(shop.lines)])
        let people = LoggedPeopleTests.people(try deployment.engine.identity().graph, shop.personOfAccount.keys)
        /// Pairs of things that stand in one group, by their count alone.
        func pairs(_ groups: some Sequence<Int>) -> Int { groups.reduce(0) { $0 + $1 * ($1 - 1) / 2 } }
        let found = Dictionary(grouping: people.keys) { people[$0] }
        let told = Dictionary(grouping: people.keys) { shop.personOfAccount[$0] }
        let both = Dictionary(grouping: people.keys) {
            "\(people[$0].map(\.description) ?? "") \(shop.personOfAccount[$0] ?? "")"
        }
        let right = Double(pairs(both.values.map(\.count)))
        let precision = right / Double(max(1, pairs(found.values.map(\.count))))
        let recall = right / Double(max(1, pairs(told.values.map(\.count))))
        #expect(pairs(told.values.map(\.count)) > 500, "the shop shows nothing")
        #expect(precision >= 0.999, "precision \(precision), recall \(recall)")
        // Accounts without a telephone whose only tie is a device stay alone: families share devices, too.
        #expect(recall >= 0.8, "precision \(precision), recall \(recall)")
    }

    @Test func `who is one person does not depend on how events come in`() throws {
        let shop = try Shop(orders: 1_500, seed: 32)
        var people: [[NodeName: PersonID]] = []
        for round in 0..<2 {
            var generator = SeededGenerator(seed: UInt64(round))
            let lines = round == 0 ? shop.lines : shop.lines.shuffled(using: &generator)
            let deployment = try EngineDeployment(try ShopDictionary.load())
            for start in stride(from: 0, to: lines.count, by: round == 0 ? lines.count : 999) {
                let end = min(lines.count, start + (round == 0 ? lines.count : 999))
                _ = try deployment.engine.ingest([SimulatedShop.input(lines[start..<end])])
            }
            people.append(
                LoggedPeopleTests.people(try deployment.engine.identity().graph, shop.personOfAccount.keys))
        }
        #expect(people[0].count > 500)
        #expect(people[0] == people[1])
    }

    @Test func `a person's word outranks the evidence, stands in the log, and can be taken back`() throws {
        let shop = try Shop(orders: 1_500, seed: 33)
        let dictionary = try ShopDictionary.load()
        let deployment = try EngineDeployment(dictionary)
        _ = try deployment.engine.ingest([SimulatedShop.input(shop.lines)])
        let (_, graph) = try deployment.engine.identity()
        let groups = Dictionary(grouping: shop.personOfAccount.keys) { graph.person(of: $0)?.id }
        let pair = try #require(groups.values.first { $0.count > 1 }).sorted { $0.description < $1.description }
        func areOne(_ engine: Engine) throws -> Bool {
            let graph = try engine.identity().graph
            return graph.person(of: pair[0])?.id == graph.person(of: pair[1])?.id
        }
        let position = try deployment.engine.position
        try deployment.engine.decide("split", pair[0], pair[1], who: "wang", why: "father and son")
        #expect(try deployment.engine.position > position)
        #expect(try !areOne(try deployment.reopened(dictionary)))
        #expect(throws: IdentityGraphProblem.self) {
            try deployment.engine.decide("merge", pair[0], NodeName("phon_hash", "1"), who: "wang", why: "a slip")
        }
        #expect(throws: IdentityGraphProblem.self) {
            try deployment.engine.decide("merge", pair[0], pair[0], who: "wang", why: "a slip")
        }
        // Later than the first word: of two of the same moment the one holds that joins least.
        let later = try Engine.open(
            databasePath: deployment.engine.databasePath, dictionary: dictionary,
            now: { Timestamp(microseconds: EngineDeployment.now.microseconds + 1_000_000) })
        try later.decide("release", pair[0], pair[1], who: "wang", why: "they are one after all")
        #expect(try areOne(try deployment.reopened(dictionary)))
    }
}
