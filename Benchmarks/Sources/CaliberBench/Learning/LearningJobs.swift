import ArgumentParser
import CaliberRegression
import Dispatch
import Foundation
import Synchronization

/// What a job of fitting says, Caliber's and the peers' alike.
struct FitJobReport: Codable {
    let seconds: [Double]
    /// The most memory of a fit beyond the rows'.
    let extraBytes: Int
    let iterations: Int
    let intercept: Double
    let coefficients: [Double]
    /// Caliber's alone: fits without standard errors and certificate, readings of all rows that form no cross-products,
    /// plain sums over the same memory, and what the certificate says.
    var plainSeconds: [Double]?
    var passSeconds: [Double]?
    var sumSeconds: [Double]?
    var logOddsBound: Double?
}

struct LearningFitJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learning-fit-job", abstract: "Fit as Caliber does.", shouldDisplay: false)

    @OptionGroup var shape: LearningRows
    @Option var penalty = 1.0
    @Option var repetitions = 1

    func run() throws {
        let rows = try shape.load()
        let memory = try ExtraMemory()
        var passSeconds: [Double] = []
        let observer = FittingObserver { progress in
            if progress.stage == .allRows, !progress.formsCrossProducts { passSeconds.append(progress.passSeconds) }
        }
        let clock = ContinuousClock()
        var (seconds, plainSeconds): ([Double], [Double]) = ([], [])
        var last: LogisticFit?
        for _ in 0..<repetitions {
            var settings = FittingSettings(penalty: penalty)
            seconds.append(
                try clock.measure { last = try LogisticFitter(settings).fit(rows, observer: observer) }.inSeconds)
            settings.wantsErrors = false
            plainSeconds.append(
                try clock.measure { _ = try LogisticFitter(settings).fit(rows, observer: observer) }.inSeconds)
        }
        let sumSeconds = (0..<PlainSum.repetitions).map { _ in
            clock.measure { PlainSum.run(over: rows.matrix) }.inSeconds
        }
        guard let fit = last else { throw ValidationError("At least one repetition is needed.") }
        try printReport(
            FitJobReport(
                seconds: seconds, extraBytes: try memory.bytes(), iterations: fit.work.steps, intercept: fit.intercept,
                coefficients: fit.coefficients, plainSeconds: plainSeconds, passSeconds: passSeconds,
                sumSeconds: sumSeconds,
                logOddsBound: fit.certificate?.logOddsDistance))
    }
}

/// The least that can be done with a matrix: every word read once and added, on all processors.
enum PlainSum {
    static let repetitions = 7

    static func run(over matrix: DesignMatrix) {
        matrix.values.withMemoryRebound(to: Int64.self) { words in
            // Safe: it is read alone.
            nonisolated(unsafe) let words = words
            let threads = ProcessInfo.processInfo.activeProcessorCount
            let total = Atomic<Int64>(0)
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                var sum: Int64 = 0
                for index in words.count / threads * thread..<words.count / threads * (thread + 1) {
                    sum &+= words[index]
                }
                total.wrappingAdd(sum, ordering: .relaxed)
            }
            // Using the total keeps the sums from being optimised away.
            precondition(total.load(ordering: .relaxed) != 1, "a sum of so many bits is hardly 1")
        }
    }
}

/// What a job of scoring says.
struct ScoreJobReport: Codable {
    /// All rows at once.
    let seconds: [Double]
    /// Some of the probabilities, from all over.
    let sample: [Double]
    /// One ready row at a time.
    let rowSeconds: [Double]
}

extension ScoreJobReport {
    /// The times of several rounds together.
    init(all rounds: [ScoreJobReport]) {
        self.init(
            seconds: rounds.flatMap(\.seconds), sample: rounds.first?.sample ?? [],
            rowSeconds: rounds.flatMap(\.rowSeconds))
    }
}

/// A model as the peers read it.
struct LearnedModel: Codable {
    let intercept: Double
    let coefficients: [Double]
}

struct LearningScoreJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learning-score-job", abstract: "Score as Caliber does.", shouldDisplay: false)

    @OptionGroup var shape: LearningRows
    @Option(help: "Where the model is written for the others.") var model: String
    @Option var repetitions = 7

    static let singleRowCount = 1000
    static let sampleCount = 1000

    func run() throws {
        let rows = try shape.load()
        var settings = FittingSettings()
        settings.wantsErrors = false
        let fit = try LogisticFitter(settings).fit(rows)
        try JSONEncoder().encode(LearnedModel(intercept: fit.intercept, coefficients: fit.coefficients))
            .write(to: URL(filePath: model))
        let scorer = LogisticScorer(fit.model)
        let threads = ProcessInfo.processInfo.activeProcessorCount
        var probabilities = scorer.probabilities(of: rows.matrix, threads: threads)
        let clock = ContinuousClock()
        let seconds = (0..<repetitions).map { _ in
            clock.measure { probabilities = scorer.probabilities(of: rows.matrix, threads: threads) }.inSeconds
        }
        let sample = stride(
            from: 0, to: shape.rows, by: max(1, shape.rows / LearningScoreJob.sampleCount)
        ).map { probabilities[$0] }
        try printReport(
            ScoreJobReport(seconds: seconds, sample: sample, rowSeconds: singleRows(rows.matrix, scorer, clock)))
    }

    private func singleRows(
        _ matrix: DesignMatrix, _ scorer: LogisticScorer, _ clock: ContinuousClock
    ) -> [Double] {
        let count = min(LearningScoreJob.singleRowCount, matrix.rowCount)
        var total = 0.0
        let seconds = (0..<20 * count).map { index in
            let row = UnsafeBufferPointer(matrix.row(index % count))
            return clock.measure { total += scorer.probability(ofRow: row) }.inSeconds
        }
        // Reading the total keeps the scores from being optimised away.
        precondition(total > 0, "probabilities are positive")
        return Array(seconds.dropFirst(count))
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}
