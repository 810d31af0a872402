import ArgumentParser
import Foundation

/// The database and the dictionary of a job.
struct JobOptions: ParsableArguments {
    @Option var database: String
    @Option var dictionary: String
    @Option(help: "What tables may take in memory; the setting CALIBER_MEMORY_MB of the program.")
    var memoryMB = 1024

    func open() throws -> CaliberUnderTest {
        try CaliberUnderTest(database: database, dictionary: dictionary, memoryBudgetBytes: memoryMB << 20)
    }
}

/// Caliber's metric queries in one process, the table warm, partial results of earlier queries forgotten each time.
struct CaliberQueriesJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queries-job", abstract: "Time Caliber's queries.", shouldDisplay: false)

    @OptionGroup var options: JobOptions
    @Option(help: "Queries to ask, by comma; all of them otherwise.") var queries: String?
    @Option var repetitions = 7

    func run() throws {
        let caliber = try options.open()
        let asked = queries.map { Set($0.split(separator: ",").map(String.init)) }
        var (seconds, answers): ([String: [Double]], [String: [[AnswerCell]]]) = ([:], [:])
        let clock = ContinuousClock()
        for query in BenchmarkQuery.all
        where caliber.understands(query) && asked?.contains(query.name) ?? true {
            answers[query.name] = try caliber.answer(query)
            let ask = caliber.asking(query)
            seconds[query.name] = try (0..<repetitions).map { _ in
                caliber.forgetPartialResults()
                return try clock.measure(ask) / .seconds(1)
            }
        }
        try printReport(QueryJobReport(seconds: seconds, answers: answers))
    }
}

/// What a job of changes says about itself.
struct ChangesJobReport: Codable {
    /// Of each run, by query: again after nothing changed, and again after a change.
    var unchangedSeconds: [String: [Double]] = [:]
    var changedSeconds: [String: [Double]] = [:]
    /// From events at hand to durable and seen by the next query.
    var changeSeconds: [Double] = []
    /// Queries whose last answer was not the one that a new session gives.
    var differing: [String] = []
}

/// Caliber's queries asked again after nothing changed, and after a few orders did.
struct CaliberChangesJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "changes-job", abstract: "Time Caliber's queries after changes.", shouldDisplay: false)

    @OptionGroup var options: JobOptions
    @Option(help: "Orders to change, by comma.") var orders: String
    @Option(help: "Events between one answer and the next.") var events = 1
    @Option(help: "Queries to ask, by comma; all of them otherwise.") var queries: String?
    @Option var repetitions = 7
    @Option(help: "Times to ask again after nothing changed; as often as after changes otherwise.")
    var unchangedRepetitions: Int?

    func run() throws {
        let caliber = try options.open()
        var changes = OrderChanges(orderIDs: orders.split(separator: ",").map(String.init))
        var report = ChangesJobReport()
        let asked = queries?.split(separator: ",").map { BenchmarkQuery.named(String($0)) } ?? BenchmarkQuery.all
        let clock = ContinuousClock()
        for query in asked where caliber.understands(query) {
            let ask = caliber.asking(query)
            try ask()
            report.unchangedSeconds[query.name] = try (0..<(unchangedRepetitions ?? repetitions)).map { _ in
                try clock.measure(ask) / .seconds(1)
            }
            report.changedSeconds[query.name] = try (0..<repetitions).map { _ in
                let lines = changes.next(events)
                report.changeSeconds.append(try clock.measure { try caliber.take(lines) } / .seconds(1))
                return try clock.measure(ask) / .seconds(1)
            }
            if try caliber.answer(query) != options.open().answer(query) { report.differing.append(query.name) }
        }
        try printReport(report)
    }
}

/// What Caliber counted at intake; not timed.
struct CaliberTotalsJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "totals-job", abstract: "Say what Caliber counted.", shouldDisplay: false)

    @OptionGroup var options: JobOptions

    func run() throws {
        let totals = try options.open().totals()
        try printReport(IntakeJobReport(databaseBytes: databaseBytes(options.database), totals: totals))
    }
}
