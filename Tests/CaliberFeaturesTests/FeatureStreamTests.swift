import CaliberCore
import CaliberDictionary
import CaliberFeatures
import CaliberTesting
import Testing

@Suite struct FeatureStreamTests {
    let dictionary: MetricDictionary
    let plan: FeaturePlan

    init() throws {
        dictionary = try FeatureWorld.dictionary()
        plan = FeaturePlan(dictionary.featureSets[0], dictionary: dictionary)
    }

    private func features(_ events: [LoggedEvent], chunks: [Int], workers: Int = 1) -> CollectedFeatures {
        var collected = CollectedFeatures()
        FeatureStream(plan).take(events, chunks: chunks, dictionary, workers: workers, into: &collected)
        return collected
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `the log gives the same bits, however it is cut`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let events = FeatureWorld.events(orders: 150, days: 12, &random)
        let whole = features(events, chunks: [events.count])
        #expect(whole.rows.count > 100)
        #expect(features(events, chunks: [1]) == whole)
        #expect(features(events, chunks: [1, 7, 64, 3], workers: 2) == whole)
    }

    @Test(arguments: 100..<106 as Range<UInt64>)
    func `what comes later changes nothing that was handed out`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let events = FeatureWorld.events(orders: 120, days: 9, &random)
        let whole = features(events, chunks: [events.count])
        let cut = Int.random(in: events.count / 4..<events.count, using: &random)
        // The later half is left out, or comes in another order and with other times.
        for rest in [[], events[cut...].reversed()] {
            let changed = features(Array(events[..<cut]) + rest, chunks: [events.count])
            for (position, row) in whole.rows where position <= Int64(cut) {
                #expect(changed.rows[position] == row, "position \(position), cut at \(cut)")
            }
        }
    }

    @Test(arguments: 200..<206 as Range<UInt64>)
    func `values are what SQL over everything that had arrived and happened gives`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let events = FeatureWorld.events(orders: 160, days: 10, &random)
        let collected = features(events, chunks: [events.count / 3 + 1])
        let oracle = try AsOfOracle(events)
        for feature in plan.definition.features {
            guard let sql = oracle.sql(of: feature.name) else {
                Issue.record("the oracle knows no \(feature.name)")
                continue
            }
            let index = plan.definition.features.firstIndex { $0.name == feature.name } ?? 0
            let expected = try oracle.values(sql)
            #expect(expected.count == collected.rows.count)
            for (position, row) in collected.rows {
                let found = row[index]
                guard let known = expected[position] ?? nil else {
                    #expect(found.isNaN, "\(feature.name) at \(position): \(found) instead of null")
                    continue
                }
                let isClose = abs(found - known) <= 1e-9 * max(1, abs(known))
                #expect(isClose, "\(feature.name) at \(position): \(found) instead of \(known)")
            }
        }
    }

    @Test func `a row is learned from once, at its first moment that trains`() {
        var random = SeededGenerator(seed: 9)
        let events = FeatureWorld.events(orders: 80, days: 5, &random)
        var training = CollectedFeatures()
        FeatureStream(plan).take(events, chunks: [20], dictionary, selection: .training, into: &training)
        #expect(Set(training.rows.values.map(\.key)).count == training.rows.count)
        #expect(training.rows.count == 80)
        let all = features(events, chunks: [20])
        for (position, row) in all.rows where row.isTraining { #expect(training.rows[position] == row) }
    }
}
