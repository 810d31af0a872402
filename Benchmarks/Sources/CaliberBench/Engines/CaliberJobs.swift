import ArgumentParser
import Foundation

/// The database and the dictionary of a job.
struct JobOptions: ParsableArguments {
    @Option var database: String
    @Option var dictionary: String
}

/// Caliber's metric queries, warm, in one process.
struct CaliberQueriesJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queries-job", abstract: "Time Caliber's queries.", shouldDisplay: false)

    @OptionGroup var options: JobOptions
    @Option var repetitions = 9

    func run() throws {
        let caliber = try CaliberUnderTest(database: options.database, dictionary: options.dictionary)
        var report: (seconds: [String: [Double]], answers: [String: [[AnswerCell]]]) = ([:], [:])
        let clock = ContinuousClock()
        for query in BenchmarkQuery.all {
            report.answers[query.name] = try caliber.answer(query)
            let ask = caliber.asking(query)
            report.seconds[query.name] = try (0..<repetitions).map { _ in try clock.measure(ask) / .seconds(1) }
        }
        try printReport(QueryJobReport(seconds: report.seconds, answers: report.answers))
    }
}

/// What Caliber counted at intake; not timed.
struct CaliberTotalsJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "totals-job", abstract: "Say what Caliber counted.", shouldDisplay: false)

    @OptionGroup var options: JobOptions

    func run() throws {
        let caliber = try CaliberUnderTest(database: options.database, dictionary: options.dictionary)
        let attributes = try FileManager.default.attributesOfItem(atPath: options.database)
        try printReport(
            IntakeJobReport(databaseBytes: attributes[.size] as? Int ?? 0, totals: try caliber.totals()))
    }
}
