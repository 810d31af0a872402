import CaliberCore
import CaliberDictionary
import CaliberFeatures
import CaliberTesting
import Testing

@Suite struct ForgettingTests {
    let dictionary: MetricDictionary
    let plan: FeaturePlan

    init() throws {
        dictionary = try FeatureWorld.dictionary(features: ForgettingWorld.features(longest: "7d"))
        plan = FeaturePlan(dictionary.featureSets[0], dictionary: dictionary)
    }

    private func features(
        _ events: [LoggedEvent], chunk: Int, fewestForgotten: Int, selection: FeatureStream.Selection = .all
    ) -> CollectedFeatures {
        var collected = CollectedFeatures()
        FeatureStream(plan, fewestForgotten: fewestForgotten)
            .take(events, chunks: [chunk], dictionary, selection: selection, into: &collected)
        return collected
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `values are the same whenever rows, keys and facts leave memory`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let events = ForgettingWorld.events(days: 45, ordersPerDay: 12, afterwards: 3, &random)
        let whole = features(events, chunk: events.count, fewestForgotten: .max)
        #expect(whole.rows.count > 500)
        for chunk in [1, 5, 40, 300] {
            #expect(features(events, chunk: chunk, fewestForgotten: 0) == whole, "chunks of \(chunk)")
        }
        #expect(features(events, chunk: 17, fewestForgotten: 200) == whole)
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `an order that was closed and silent for longer than the longest window begins anew`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let events = ForgettingWorld.events(days: 45, ordersPerDay: 12, afterwards: 2, &random)
        let apart = ForgettingWorld.withLivesApart(events, silence: 7 * ForgettingWorld.day)
        #expect(zip(events, apart).contains { $0.order != $1.order })
        let found = features(events, chunk: 64, fewestForgotten: 0)
        let expected = features(apart, chunk: events.count, fewestForgotten: .max)
        #expect(found.rows.count == expected.rows.count)
        for (position, row) in found.rows {
            #expect(row.bits == expected.rows[position]?.bits, "position \(position)")
            #expect(row.isTraining == expected.rows[position]?.isTraining, "position \(position)")
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `an order is learned from once, also when it was forgotten meanwhile`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let events = ForgettingWorld.events(days: 45, ordersPerDay: 12, afterwards: 2, &random)
        let kept = features(events, chunk: 50, fewestForgotten: .max, selection: .training)
        let forgetting = features(events, chunk: 50, fewestForgotten: 0, selection: .training)
        #expect(forgetting == kept)
        let keys = forgetting.rows.values.map(\.key)
        #expect(Set(keys).count == keys.count)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `a stream that is put away and taken up goes on with the same bits`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let events = ForgettingWorld.events(days: 45, ordersPerDay: 12, afterwards: 3, &random)
        try expectSameAfterRestarts(plan, dictionary, events)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `so does one that keeps something for good`(seed: UInt64) throws {
        let dictionary = try FeatureWorld.dictionary()
        var random = SeededGenerator(seed: seed)
        let events = FeatureWorld.events(orders: 400, days: 30, &random)
        try expectSameAfterRestarts(
            FeaturePlan(dictionary.featureSets[0], dictionary: dictionary), dictionary, events)
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `so does one with many facts of one key, most of them late`(seed: UInt64) throws {
        let dictionary = try FeatureWorld.dictionary()
        var random = SeededGenerator(seed: seed)
        try expectSameAfterRestarts(
            FeaturePlan(dictionary.featureSets[0], dictionary: dictionary), dictionary,
            ForgettingWorld.lateEvents(orders: 4_000, &random), restartEvery: 500)
    }

    /// A stream that is taken up counts what is in each window anew; one that goes on takes back what has left it.
    private func expectSameAfterRestarts(
        _ plan: FeaturePlan, _ dictionary: MetricDictionary, _ events: [LoggedEvent], restartEvery length: Int = 150
    ) throws {
        var whole = CollectedFeatures()
        FeatureStream(plan).take(events, chunks: [events.count], dictionary, into: &whole)
        var pieces = CollectedFeatures()
        var stream = FeatureStream(plan)
        for first in stride(from: 0, to: events.count, by: length) {
            stream.take(
                Array(events[first..<min(first + length, events.count)]), chunks: [40], dictionary, into: &pieces)
            let state = stream.encodedState()
            stream = try #require(state.withUnsafeBytes { FeatureStream(plan, state: $0) })
            let isSame = stream.encodedState() == state
            #expect(isSame)
        }
        let isSame = pieces == whole
        #expect(isSame)
    }

    @Test func `state stays within bounds while the shop stays the same`() throws {
        let dictionary = try FeatureWorld.dictionary(
            features: ForgettingWorld.features(longest: "30d", keepsBuyers: false))
        let plan = FeaturePlan(dictionary.featureSets[0], dictionary: dictionary)
        var random = SeededGenerator(seed: 7)
        let events = ForgettingWorld.events(days: 130, ordersPerDay: 40, afterwards: 0, &random)
        func byteCount(afterDays days: Int64) -> Int {
            let end = FeatureWorld.start + days * ForgettingWorld.day
            var collected = CollectedFeatures()
            let stream = FeatureStream(plan, fewestForgotten: 256)
            stream.take(
                events.filter { ($0.recordedAt ?? $0.time) < end }, chunks: [500], dictionary, into: &collected)
            return stream.encodedState().count
        }
        let early = byteCount(afterDays: 60)
        let late = byteCount(afterDays: 120)
        #expect(Double(late) <= 1.05 * Double(early), "\(early) bytes after 60 days, \(late) after 120")
        #expect(early > 100_000)
    }

    @Test func `bytes that are no state of the plan are refused`() throws {
        var random = SeededGenerator(seed: 3)
        let events = ForgettingWorld.events(days: 20, ordersPerDay: 6, afterwards: 3, &random)
        var collected = CollectedFeatures()
        let stream = FeatureStream(plan)
        stream.take(events, chunks: [100], dictionary, into: &collected)
        let state = stream.encodedState()
        func isTaken(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBytes { FeatureStream(plan, state: $0) } != nil
        }
        #expect(isTaken(state))
        for length in Swift.stride(from: 0, to: state.count, by: 1_009) {
            #expect(!isTaken(Array(state[..<length])), "the first \(length) bytes")
        }
        #expect(!isTaken(state + [0]))
        // An older format: its number comes first.
        #expect(!isTaken([1, 0, 0, 0, 0, 0, 0, 0] + state))
    }
}
