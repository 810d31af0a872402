import Foundation

/// One engine's intake of one stream, some times over.
struct IntakeResult {
    let engine: IntakeEngine
    let stream: StreamFacts
    private(set) var seconds: [Double] = []
    private(set) var peakBytes = 0
    private(set) var databaseBytes = 0
    /// What the engine counted otherwise than the stream's maker; nil when all is equal.
    private(set) var difference: String?

    init(_ engine: IntakeEngine, _ stream: StreamFacts) {
        self.engine = engine
        self.stream = stream
    }

    var eventsPerSecond: Double { Double(stream.lineCount) / median(seconds) }

    mutating func add(seconds: Double, peakBytes: Int, _ report: IntakeJobReport) {
        self.seconds.append(seconds)
        self.peakBytes = max(self.peakBytes, peakBytes)
        databaseBytes = report.databaseBytes
        difference = difference ?? IntakeResult.difference(report.totals, stream.totals)
    }

    /// Every total that an engine reports must be the stream's, and no engine may leave out the turnover.
    private static func difference(_ counted: [String: Int64], _ expected: [String: Int64]) -> String? {
        for name in ["paidOrders", "paidMinor", "busiestDayPaidMinor"] where counted[name] == nil {
            return "\(name) is not reported"
        }
        for (name, count) in counted.sorted(by: { $0.key < $1.key }) where count != expected[name] {
            return "\(name) is \(count) and should be \(expected[name].map(String.init) ?? "unknown")"
        }
        return nil
    }
}

enum IntakeEngine: String {
    case caliber = "Caliber: log and wide tables"
    case duckDB = "DuckDB: wide table only"
    case duckDBKeepingEvents = "DuckDB: events and wide table"
    case clickHouse = "ClickHouse: wide table only"
    case sqlite = "SQLite from Python: events and wide table"

    /// Takes a stream in, once, into a new database, which it leaves behind at `database`.
    func measure(_ stream: EventStream, into database: String, _ contenders: Contenders) throws -> Measurement {
        contenders.remove(database)
        switch self {
        case .caliber:
            let process = try MeasuredProcess.run(
                CaliberUnderTest.ingestCommand(
                    contenders.caliber, events: stream.url.path, database: database, dictionary: contenders.dictionary),
                scratch: contenders.scratch)
            let counted = try contenders.own(
                "totals-job", ["--database", database, "--dictionary", contenders.dictionary])
            return Measurement(process, try counted.report(IntakeJobReport.self))
        case .duckDB: return try peer("duckdb_ingest", [stream.url.path, database], contenders)
        case .duckDBKeepingEvents:
            return try peer("duckdb_ingest", [stream.url.path, database, "--keep-events"], contenders)
        case .clickHouse: return try peer("clickhouse_ingest", [stream.url.path, database], contenders)
        case .sqlite: return try peer("sqlite_ingest", [stream.url.path, database], contenders)
        }
    }

    private func peer(_ job: String, _ arguments: [String], _ contenders: Contenders) throws -> Measurement {
        let process = try contenders.peer(job, arguments)
        return Measurement(process, try process.report(IntakeJobReport.self))
    }

    struct Measurement {
        let seconds: Double
        let peakBytes: Int
        let report: IntakeJobReport

        /// A peer's own clock is taken where it has one, so that the start of Python is not held against it.
        init(_ process: MeasuredProcess, _ report: IntakeJobReport) {
            seconds = report.seconds ?? process.wallSeconds
            peakBytes = process.peakBytes
            self.report = report
        }
    }
}

/// Intake side by side: the engines take turns, round by round, so that an hour's noise falls on all of them.
struct IntakeRun {
    let contenders: Contenders
    let repetitions: Int

    func results(_ engines: [IntakeEngine], _ stream: EventStream) throws -> [IntakeResult] {
        var results = engines.map { IntakeResult($0, stream.facts) }
        for round in 1...repetitions {
            for index in engines.indices {
                Progress.say(
                    "intake \(round)/\(repetitions), \(stream.facts.orders) orders: \(engines[index].rawValue)")
                let database = contenders.database("intake.db")
                let measured = try engines[index].measure(stream, into: database, contenders)
                results[index].add(seconds: measured.seconds, peakBytes: measured.peakBytes, measured.report)
                contenders.remove(database)
            }
        }
        return results
    }
}
