import CaliberDictionary
import CaliberIdentity
import CaliberTesting
import Testing

@Suite struct PopulationTests {
    private static let policy = IdentityPolicy(
        [
            IdentityFixture.identifier("user_id", role: .account, values: 1),
            IdentityFixture.identifier("phone", sharedBy: 20),
            IdentityFixture.identifier("payer", .weak, weight: 450, halfLifeDays: 365, sharedBy: 10),
            IdentityFixture.identifier(
                "device", .weak, weight: 400, halfLifeDays: 180, valuesPerDays: 365, sharedBy: 10, sharedPerDays: 365),
            IdentityFixture.identifier("address", .weak, weight: 100, halfLifeDays: 365, sharedBy: 10),
        ], bridgeWeight: 1_000, attachWeight: 300)

    @Test(arguments: [0, 0.01], 1..<4 as Range<UInt64>)
    func `people are found, and shared devices glue nobody`(sharedDevices: Double, seed: UInt64) throws {
        let population = Population(persons: 15_000, sharedDevices: sharedDevices, seed: seed)
        let graph = IdentityGraph(Self.policy)
        var rest = population.told[...]
        while !rest.isEmpty {
            try graph.tell(rest.prefix(20_000))
            rest = rest.dropFirst(20_000)
        }
        let agreement = PairAgreement(population.owners) { name in
            graph.node(of: name).map { graph.personCode(of: $0) }
        }
        #expect(agreement.truePairs > 15_000)
        #expect(agreement.precision >= 0.999, "precision \(agreement.precision), seed \(seed)")
        #expect(agreement.recall >= 0.98, "recall \(agreement.recall), seed \(seed)")
        expectLimits(graph)
    }

    /// Counted from names, apart from how the graph counts.
    private func expectLimits(_ graph: IdentityGraph) {
        var counts: [UInt32: [String: Int]] = [:]
        for node in 0..<UInt32(graph.nodeCount) {
            let name = graph.name(of: node)
            counts[graph.personCode(of: node), default: [:]]["\(name.identifier) \(name.scope)", default: 0] += 1
        }
        for count in counts.values {
            for (kind, values) in count where !kind.hasPrefix("device") {
                #expect(values <= (kind.hasPrefix("user_id") ? 1 : 5), "\(values) of \(kind)")
            }
        }
    }
}
