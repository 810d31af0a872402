import CaliberCore
import CaliberIdentity
import CaliberTesting
import Testing

@Suite struct SetFunctionTests {
    @Test(arguments: 0..<150 as Range<UInt64>)
    func `shuffled, repeated and differently batched evidence gives the same persons, ids, refusals and history`(
        seed: UInt64
    ) throws {
        var random = RandomEvidence(seed: seed, values: 4 + Int(seed % 12))
        let told = (0..<20 + Int(seed) * 3 % 200).map { _ in random.told(seed % 3 == 0 ? 0 : 0.05) }
        let whole = IdentityGraph(IdentityFixture.policy)
        try whole.tell(told)
        let expected = whole.picture()
        #expect(whole.brokenInvariants() == [])
        for run in 0..<4 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed * 17 + run)
            let repeats = told.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            var rest = (told + repeats).shuffled(using: &generator)[...]
            let graph = IdentityGraph(IdentityFixture.policy)
            while !rest.isEmpty {
                let batch = rest.prefix(Int.random(in: 1...(run == 0 ? 1 : 40), using: &generator))
                try graph.tell(batch)
                rest = rest.dropFirst(batch.count)
            }
            #expect(graph.brokenInvariants() == [], "seed \(seed), run \(run)")
            #expect(difference(graph.picture(), expected) == "", "seed \(seed), run \(run)")
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `after each batch the graph is what it would be from scratch, and says whose person changed`(seed: UInt64)
        throws
    {
        var random = RandomEvidence(seed: seed &+ 1_000, values: 10)
        let graph = IdentityGraph(IdentityFixture.policy)
        var soFar: [Told] = []
        for _ in 0..<12 {
            let batch = (0..<15).map { _ in random.told(0.05) }
            soFar += batch
            let before = graph.personCodes()
            let generation = graph.generation
            try graph.tell(batch)
            let scratch = IdentityGraph(IdentityFixture.policy)
            try scratch.tell(soFar)
            #expect(difference(graph.picture(), scratch.picture()) == "", "seed \(seed)")
            let after = graph.personCodes()
            guard let changed = graph.changes(since: generation) else { continue }
            let unsaid = before.indices.filter { before[$0] != after[$0] && !changed.contains(UInt32($0)) }
            #expect(unsaid == [], "seed \(seed)")
        }
    }

    @Test func `changes of a generation long past are everything`() throws {
        let graph = IdentityGraph(IdentityFixture.policy)
        for day in 0..<300 { try graph.tie(IdentityFixture.user("u\(day)"), NodeName("phone", "p\(day)")) }
        #expect(graph.changes(since: 0) == nil)
        #expect(graph.changes(since: graph.generation) == [])
    }
}
