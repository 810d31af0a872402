import ArgumentParser
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberFeatures
import CaliberRegression
import CaliberScoring
import Foundation

/// What scoring events one at a time takes.
struct EventJobReport: Codable {
    /// Of each event that is a moment of scoring: its features and its score with reasons.
    let scoredSeconds: [Double]
    /// Of the same, the features alone.
    let featureSeconds: [Double]
    /// Of each event that only changes what is known.
    let otherSeconds: [Double]
    /// Mean of an event: read from the log, alone in its batch, and decoded.
    let readSeconds: Double
    /// The same of the events before, which stand in large batches.
    let bulkReadSeconds: Double
    let columnCount: Int
    /// Events that came before, whose history is in memory.
    let earlierEventCount: Int
    let reviewCount: Int
}

/// Takes the last events of a log one by one, each alone in its batch, and scores the moments among them.
struct EventJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event-job", abstract: "Score events one at a time as Caliber does.", shouldDisplay: false)

    @OptionGroup var source: FeatureSource
    @Option(help: "Events at the log's end that came one by one.") var events: Int
    @Option(help: "Where scored rows are written for the peer, their gaps filled.") var rows: String
    @Option(help: "Where the model is written for the peer.") var model: String

    func run() throws {
        let (log, plan) = try source.open()
        let first = try log.position.sequence - Int64(events)
        let stream = FeatureStream(plan)
        var averages = ColumnAverages(plan.featureCount)
        var run = EventRun()
        var scorer: Scorer?
        try log.replay(after: .start, keepsArrival: true) { batches, position in
            guard position.sequence > first else {
                run.earlierEventCount += batches.reduce(0) { $0 + $1.count }
                return stream.take(batches, upTo: position, workers: 2) { averages.add($0) }
            }
            let learned = try scorer ?? averages.scorer(of: plan)
            scorer = learned
            run.take(batches, upTo: position, stream, learned)
        }
        guard let scorer else { throw ValidationError("No events came one by one.") }
        let reading: Duration = try ContinuousClock().measure {
            try log.replay(after: LogPosition(sequence: first), keepsArrival: true) { _, _ in }
        }
        let read = reading.inSeconds
        let readingAll: Duration = try ContinuousClock().measure {
            try log.replay(after: .start, keepsArrival: true) { _, _ in }
        }
        try averages.write(run.rows, to: rows)
        try JSONEncoder().encode(
            LearnedModel(
                intercept: scorer.model.intercept, coefficients: scorer.model.terms.map { $0.weight / $0.deviation })
        ).write(to: URL(filePath: model))
        try printReport(
            EventJobReport(
                scoredSeconds: run.scoredSeconds, featureSeconds: run.featureSeconds, otherSeconds: run.otherSeconds,
                readSeconds: read / Double(events),
                bulkReadSeconds: max(0, readingAll.inSeconds - read) / Double(max(1, run.earlierEventCount)),
                columnCount: plan.featureCount, earlierEventCount: run.earlierEventCount,
                reviewCount: run.reviewCount))
    }
}

/// Times of events, as they come.
private struct EventRun {
    var scoredSeconds: [Double] = []
    var featureSeconds: [Double] = []
    var otherSeconds: [Double] = []
    var rows: [[Double]] = []
    var earlierEventCount = 0
    var reviewCount = 0
    private let clock = ContinuousClock()

    mutating func take(_ batches: [EventBatch], upTo position: LogPosition, _ stream: FeatureStream, _ scorer: Scorer) {
        let start = clock.now
        var featuresEnd: ContinuousClock.Instant?
        var reviews: [ScoreExplanation] = []
        stream.take(batches, upTo: position) { block in
            featuresEnd = clock.now
            for index in block.moments.indices {
                let values = Array(block.values(of: index))
                let logOdds = scorer.rawLogOdds(values)
                // As the product does: reasons are for orders that somebody is to look at.
                if scorer.health(rawLogOdds: logOdds).needsReview {
                    reviews.append(scorer.explain(values, rawLogOdds: logOdds))
                }
                rows.append(values)
            }
        }
        let seconds = (clock.now - start).inSeconds
        guard let featuresEnd else { return otherSeconds.append(seconds) }
        scoredSeconds.append(seconds)
        featureSeconds.append((featuresEnd - start).inSeconds)
        reviewCount += reviews.count
    }
}

/// Means and deviations of a model's columns, as training would keep them.
private struct ColumnAverages {
    private var counts: [Double]
    private var sums: [Double]
    private var squares: [Double]
    /// Some of the rows, by which the line of review is set.
    private var sample: [[Double]] = []
    private var rowCount = 0

    init(_ columnCount: Int) {
        counts = Array(repeating: 0, count: columnCount)
        sums = counts
        squares = counts
    }

    mutating func add(_ block: FeatureBlock) {
        for index in block.moments.indices {
            if rowCount % ColumnAverages.rowsPerSample == 0 { sample.append(Array(block.values(of: index))) }
            rowCount += 1
            for (column, value) in block.values(of: index).enumerated() where value.isFinite {
                counts[column] += 1
                sums[column] += value
                squares[column] += value * value
            }
        }
    }

    private func mean(_ column: Int) -> Double { counts[column] > 0 ? sums[column] / counts[column] : 0 }

    /// What a score costs does not depend on the weights: they are drawn, every column has one.
    func scorer(of plan: FeaturePlan) throws -> Scorer {
        var random = DrawnWeights(state: 1)
        let terms = counts.indices.map { column in
            let variance = counts[column] > 1 ? squares[column] / counts[column] - mean(column) * mean(column) : 0
            return LogisticModel.Term(
                weight: random.next() * 0.2 - 0.1, mean: mean(column),
                deviation: variance > 1e-9 ? variance.squareRoot() : 1)
        }
        let model = LogisticModel(intercept: -3, terms: terms)
        let schema = try FeatureSchema(plan.definition)
        func scorer(line: Double) throws -> Scorer {
            try Scorer(model: model, scale: HealthScale(reviewProbability: line), schema: schema)
        }
        // One order in twenty is to be looked at.
        let draft = try scorer(line: 0.5)
        let risks = sample.map { draft.probability(rawLogOdds: draft.rawLogOdds($0)) }.sorted()
        guard !risks.isEmpty else { return draft }
        return try scorer(line: min(max(risks[risks.count * 19 / 20], 1e-9), 1 - 1e-9))
    }

    private static let rowsPerSample = 16

    /// Rows as `LearningRows` has them; what is not known has its column's mean.
    func write(_ rows: [[Double]], to path: String) throws {
        let filled = rows.map { row in row.enumerated().map { $1.isFinite ? $1 : mean($0) } }
        var data = Data()
        for row in filled { row.withUnsafeBytes { data.append(contentsOf: $0) } }
        data.append(contentsOf: [UInt8](repeating: 0, count: rows.count))
        try data.write(to: URL(filePath: path))
    }
}

/// Source: Knuth, The Art of Computer Programming, volume 2, 3.3.4, line 26 (MMIX).
private struct DrawnWeights {
    var state: UInt64

    /// From 0 to 1.
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }
}
