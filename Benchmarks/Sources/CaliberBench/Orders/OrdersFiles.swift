import Foundation

/// The table of orders in every engine's own form, all made from one Parquet file. They stay for the next run.
struct OrdersFiles {
    let orders: Int
    let parquet: String
    let caliber: String
    let duckDB: String
    let duckDBWithEvents: String
    let clickHouse: String
    /// What making each took, by path.
    private(set) var made: [String: MadeFile] = [:]

    /// - Parameter folder: where the files are kept; absolute, since the engines don't share a working folder.
    init(orders: Int, seed: UInt64, in folder: URL) {
        let stem = folder.appending(path: "orders-\(orders)-\(seed)").path
        self.orders = orders
        parquet = stem + ".parquet"
        caliber = stem + ".caliber"
        duckDB = stem + ".duckdb"
        duckDBWithEvents = stem + "-events.duckdb"
        clickHouse = stem + ".chdb"
    }

    func made(_ path: String) -> MadeFile {
        guard let made = made[path] else { preconditionFailure("\(path) was not prepared") }
        return made
    }

    /// Caliber's database and the Parquet file that it is fed from.
    mutating func prepareCaliber(seed: UInt64, _ contenders: Contenders) throws {
        let generator = "\(contenders.peers)/orders_data.py"
        made[parquet] = try prepare(parquet, from: [generator], "the rows of \(grouped(orders)) orders") {
            path, origin in
            let process = try contenders.peer("orders_data", [String(orders), path, "--seed", String(seed)])
            return MadeFile(
                origin: origin, seconds: process.wallSeconds, peakBytes: process.peakBytes, databaseBytes: 0)
        }
        let sources = [contenders.caliber, contenders.ordersDictionary, generator]
        made[caliber] = try prepare(caliber, from: sources, "Caliber's database of \(grouped(orders)) orders") {
            path, origin in
            contenders.remove(path)
            let process = try MeasuredProcess.run(
                CaliberUnderTest.ingestCommand(
                    contenders.caliber, events: "-", source: "export", database: path,
                    dictionary: contenders.ordersDictionary),
                fedBy: contenders.peerCommand("duckdb_orders", ["csv", parquet]), scratch: contenders.scratch)
            return MadeFile(
                origin: origin, seconds: process.wallSeconds, peakBytes: process.peakBytes,
                databaseBytes: databaseBytes(path))
        }
    }

    /// The peers' databases. Polars reads the Parquet file.
    mutating func preparePeers(_ contenders: Contenders) throws {
        try preparePeer(duckDB, "duckdb_orders", [], contenders)
        try preparePeer(duckDBWithEvents, "duckdb_orders", ["--keep-events"], contenders)
        try preparePeer(clickHouse, "clickhouse_orders", [], contenders)
    }

    private mutating func preparePeer(
        _ path: String, _ job: String, _ options: [String], _ contenders: Contenders
    ) throws {
        let sources = ["orders_data", "duckdb_orders", job].map { "\(contenders.peers)/\($0).py" }
        made[path] = try prepare(path, from: sources, "\((path as NSString).lastPathComponent)") { path, origin in
            let process = try contenders.peer(job, ["load", parquet, path] + options)
            let report = try process.report(LoadJobReport.self)
            return MadeFile(
                origin: origin, seconds: report.seconds, peakBytes: process.peakBytes,
                databaseBytes: report.databaseBytes)
        }
    }

    private func prepare(
        _ path: String, from sources: [String], _ title: String, _ make: (String, String) throws -> MadeFile
    ) throws -> MadeFile {
        let origin = try MadeFile.origin(of: sources)
        return try MadeFile.prepare(path, origin: origin) {
            Progress.say("making \(title)")
            return try make(path, origin)
        }
    }
}

/// Bytes of a SQLite file and of what it keeps beside itself.
func databaseBytes(_ path: String) -> Int {
    ["", "-wal"].reduce(0) { total, suffix in
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + suffix)
        return total + (attributes?[.size] as? Int ?? 0)
    }
}
