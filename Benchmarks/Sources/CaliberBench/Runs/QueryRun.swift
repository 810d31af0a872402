import Foundation

/// One query's times on every engine, and whether they gave one answer.
struct QueryResult {
    let query: BenchmarkQuery
    let caliberSeconds: [Double]
    let duckDBSeconds: [Double]
    let sqliteSeconds: [Double]
    let rowCount: Int
    /// nil when all answers are equal.
    let difference: String?
}

/// A new process up to its first answer.
struct ColdStartResult {
    let caliberSeconds: [Double]
    /// Whole processes: Python, its import of DuckDB, and the rest.
    let duckDBSeconds: [Double]
    /// Of them, from opening the database to the answer.
    let duckDBOpenAndQuerySeconds: [Double]
}

/// The databases that the queries are asked of, each made in its engine's own way from one stream.
struct QueryDatabases {
    let caliber: String
    let duckDB: String
    let sqlite: String
    /// How the making of the first two went, measured once.
    let intake: [IntakeResult]

    static func prepare(_ stream: EventStream, _ contenders: Contenders) throws -> QueryDatabases {
        let caliber = contenders.database("queries.caliber")
        let duckDB = contenders.database("queries.duckdb")
        let sqlite = contenders.database("queries.sqlite")
        var intake: [IntakeResult] = []
        for (engine, database) in [(IntakeEngine.caliber, caliber), (.duckDB, duckDB)] {
            Progress.say("database of \(stream.facts.orders) orders: \(engine.rawValue)")
            let measured = try engine.measure(stream, into: database, contenders)
            var result = IntakeResult(engine, stream.facts)
            result.add(seconds: measured.seconds, peakBytes: measured.peakBytes, measured.report)
            intake.append(result)
        }
        Progress.say("database of \(stream.facts.orders) orders: SQLite, from DuckDB's table")
        _ = try contenders.peer("sqlite_orders", [duckDB, sqlite])
        return QueryDatabases(caliber: caliber, duckDB: duckDB, sqlite: sqlite, intake: intake)
    }

    func remove(_ contenders: Contenders) {
        for database in [caliber, duckDB, sqlite] { contenders.remove(database) }
    }
}

/// The queries, warm, one process an engine; and the first answer of a new process.
struct QueryRun {
    let contenders: Contenders
    let databases: QueryDatabases
    let repetitions: Int

    func results() throws -> [QueryResult] {
        let times = ["--repetitions", String(repetitions)]
        Progress.say("queries: Caliber")
        let caliber = try contenders.own(
            "queries-job", ["--database", databases.caliber, "--dictionary", contenders.dictionary] + times
        ).report(QueryJobReport.self)
        Progress.say("queries: DuckDB")
        let duckDB = try contenders.peer("duckdb_queries", [databases.duckDB] + times).report(QueryJobReport.self)
        Progress.say("queries: SQLite")
        let sqlite = try contenders.peer("sqlite_queries", [databases.sqlite] + times).report(QueryJobReport.self)
        return BenchmarkQuery.all.map { query in
            QueryResult(
                query: query, caliberSeconds: caliber.seconds[query.name] ?? [],
                duckDBSeconds: duckDB.seconds[query.name] ?? [], sqliteSeconds: sqlite.seconds[query.name] ?? [],
                rowCount: caliber.answers[query.name]?.count ?? 0,
                difference: difference(query, caliber, duckDB, sqlite))
        }
    }

    private func difference(
        _ query: BenchmarkQuery, _ caliber: QueryJobReport, _ duckDB: QueryJobReport, _ sqlite: QueryJobReport
    ) -> String? {
        guard let ours = caliber.answers[query.name], let duckDB = duckDB.answers[query.name],
            let sqlite = sqlite.answers[query.name]
        else { return "an engine gave no answer" }
        if let words = AnswerComparison.difference(query, ours, duckDB) { return "Caliber and DuckDB: \(words)" }
        return AnswerComparison.difference(query, duckDB, sqlite).map { "DuckDB and SQLite: \($0)" }
    }

    func coldStart() throws -> ColdStartResult {
        guard let query = BenchmarkQuery.all.first(where: { $0.name == BenchmarkQuery.coldStart }) else {
            preconditionFailure("\(BenchmarkQuery.coldStart) is one of the queries")
        }
        var caliber: [Double] = []
        var duckDB: [Double] = []
        var openAndQuery: [Double] = []
        Progress.say("first answer of a new process")
        for _ in 0..<repetitions {
            let command = CaliberUnderTest.queryCommand(
                contenders.caliber, query, database: databases.caliber, dictionary: contenders.dictionary)
            caliber.append(try MeasuredProcess.run(command, scratch: contenders.scratch).wallSeconds)
            let process = try contenders.peer(
                "duckdb_queries", [databases.duckDB, "--only", query.name, "--repetitions", "0"])
            duckDB.append(process.wallSeconds)
            openAndQuery.append(try process.report(QueryJobReport.self).openAndRunSeconds ?? process.wallSeconds)
        }
        return ColdStartResult(
            caliberSeconds: caliber, duckDBSeconds: duckDB, duckDBOpenAndQuerySeconds: openAndQuery)
    }
}
