import Foundation

/// An engine beside Caliber, in one of its forms.
enum PeerEngine: String, CaseIterable {
    case duckDB = "DuckDB"
    case polars = "Polars"
    case mergeTree = "ClickHouse MergeTree"
    case memory = "ClickHouse Memory"

    /// The job that asks this engine, and its arguments.
    func queries(_ files: OrdersFiles) -> (job: String, arguments: [String]) {
        switch self {
        case .duckDB: ("duckdb_orders", ["queries", files.duckDB])
        case .polars: ("polars_orders", ["queries", files.parquet])
        case .mergeTree: ("clickhouse_orders", ["queries", files.clickHouse])
        case .memory: ("clickhouse_orders", ["queries", files.clickHouse, "--engine", "memory"])
        }
    }
}

/// One query's times on every engine, and whether they gave one answer.
struct QueryResult {
    let query: BenchmarkQuery
    let caliberSeconds: [Double]
    /// The same after one order changed.
    let changedSeconds: [Double]
    let peerSeconds: [PeerEngine: [Double]]
    let rowCount: Int
    /// nil when all answers are equal.
    let difference: String?
    /// What a scan reads at least, over the bandwidth of memory; nil where the widths are not known.
    let boundSeconds: Double?

    /// The peer with the smallest median.
    var best: (engine: PeerEngine, seconds: Double)? {
        peerSeconds.map { ($0.key, median($0.value)) }.min { $0.1 < $1.1 }
    }

    /// Caliber's time as a share of the best peer's; nil where the answers differ.
    var ratio: Double? { share(of: caliberSeconds) }
    var changedRatio: Double? { share(of: changedSeconds) }

    private func share(of seconds: [Double]) -> Double? {
        guard difference == nil, !seconds.isEmpty, let best else { return nil }
        return median(seconds) / best.seconds
    }
}

/// The queries, warm, one process an engine.
struct QueryRun {
    let contenders: Contenders
    let files: OrdersFiles
    let parts: CaliberFileParts
    let bandwidth: BandwidthReport
    let repetitions: Int

    func results() throws -> [QueryResult] {
        Progress.say("queries: Caliber")
        let times = ["--repetitions", String(repetitions)]
        let caliber = try contenders.own(
            "queries-job", ["--database", files.caliber, "--dictionary", contenders.ordersDictionary] + times
        ).report(QueryJobReport.self)
        Progress.say("queries: Caliber, after one order changed")
        let changed = try ChangesRun(contenders: contenders, files: files, repetitions: repetitions)
            .report(events: 1, queries: nil).report
        var peers: [PeerEngine: QueryJobReport] = [:]
        for engine in PeerEngine.allCases {
            Progress.say("queries: \(engine.rawValue)")
            let (job, arguments) = engine.queries(files)
            peers[engine] = try contenders.peer(job, arguments + times).report(QueryJobReport.self)
        }
        return BenchmarkQuery.all.map { query in
            QueryResult(
                query: query, caliberSeconds: caliber.seconds[query.name] ?? [],
                changedSeconds: changed.changedSeconds[query.name] ?? [],
                peerSeconds: peers.compactMapValues { $0.seconds[query.name] },
                rowCount: caliber.answers[query.name]?.count ?? 0,
                difference: difference(query, caliber, changed, peers), boundSeconds: boundSeconds(query))
        }
    }

    private func difference(
        _ query: BenchmarkQuery, _ caliber: QueryJobReport, _ changed: ChangesJobReport,
        _ peers: [PeerEngine: QueryJobReport]
    ) -> String? {
        guard let ours = caliber.answers[query.name] else { return "Caliber has no such metric yet" }
        if changed.differing.contains(query.name) { return "Caliber's answer after a change is not a new session's" }
        for engine in PeerEngine.allCases {
            guard let theirs = peers[engine]?.answers[query.name] else { return "\(engine.rawValue) gave no answer" }
            if let words = AnswerComparison.difference(query, ours, theirs) {
                return "Caliber and \(engine.rawValue): \(words)"
            }
        }
        return nil
    }

    private func boundSeconds(_ query: BenchmarkQuery) -> Double? {
        let columnBytes = query.startTime == nil ? parts.columnBytes : parts.recentColumnBytes
        let bytes = query.readColumns.compactMap { columnBytes[$0] }
        guard bytes.count == query.readColumns.count else { return nil }
        return Double(bytes.reduce(0, +)) / bandwidth.twoThreadsBytesPerSecond
    }
}

/// Caliber's queries asked again after changes, of a copy of the database.
struct ChangesRun {
    let contenders: Contenders
    let files: OrdersFiles
    let repetitions: Int

    private struct RecentOrders: Codable {
        let orders: [String]
    }

    func report(events: Int, queries: [String]?) throws -> (report: ChangesJobReport, peakBytes: Int) {
        let recent = try contenders.peer("duckdb_orders", ["recent", files.parquet]).report(RecentOrders.self)
        let copy = try contenders.copy(ofCaliber: files.caliber)
        defer { contenders.remove(copy) }
        let process = try contenders.own(
            "changes-job",
            [
                "--database", copy, "--dictionary", contenders.ordersDictionary, "--orders",
                recent.orders.joined(separator: ","), "--events", String(events), "--repetitions", String(repetitions),
            ] + (queries.map { ["--queries", $0.joined(separator: ",")] } ?? []))
        return (try process.report(ChangesJobReport.self), process.peakBytes)
    }
}

/// What Caliber's file is made of, as the job that looks into it says.
struct CaliberFileParts: Codable {
    let tableBytes: Int
    let logBytes: Int
    let columnBytes: [String: Int]
    let recentColumnBytes: [String: Int]
}
