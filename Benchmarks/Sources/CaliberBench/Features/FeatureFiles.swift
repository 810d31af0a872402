import Foundation

/// An ordered stream as Caliber's log, and as the columns that the peers read. They stay for the next run.
struct FeatureFiles {
    let orders: Int
    let caliber: String
    /// A folder of Parquet files.
    let facts: String
    /// Orders that were paid.
    let rowCount: Int

    private struct FactsReport: Codable {
        let rows: Int
    }

    static func prepare(orders: Int, _ streams: StreamOptions, _ contenders: Contenders) throws -> FeatureFiles {
        let stream = try streams.ordered(orders: orders)
        let stem = stream.url.deletingPathExtension().path
        let (caliber, facts) = (stem + ".caliber", stem + ".facts")
        let origin = try MadeFile.origin(of: [contenders.caliber, contenders.dictionary])
        _ = try MadeFile.prepare(caliber, origin: origin) {
            Progress.say("making Caliber's log of \(grouped(orders)) orders")
            contenders.remove(caliber)
            let process = try MeasuredProcess.run(
                CaliberUnderTest.ingestCommand(
                    contenders.caliber, events: stream.url.path, database: caliber, dictionary: contenders.dictionary),
                scratch: contenders.scratch)
            return MadeFile(
                origin: origin, seconds: process.wallSeconds, peakBytes: process.peakBytes,
                databaseBytes: databaseBytes(caliber))
        }
        let report = stem + ".facts.json"
        let factsOrigin = try MadeFile.origin(of: ["\(contenders.peers)/feature_facts.py"])
        _ = try MadeFile.prepare(facts, origin: factsOrigin) {
            Progress.say("making the peers' columns of \(grouped(orders)) orders")
            let process = try contenders.peer("feature_facts", [stream.url.path, facts])
            try process.output.write(to: URL(filePath: report))
            return MadeFile(
                origin: factsOrigin, seconds: process.wallSeconds, peakBytes: process.peakBytes, databaseBytes: 0)
        }
        let rows = try JSONDecoder().decode(FactsReport.self, from: Data(contentsOf: URL(filePath: report))).rows
        return FeatureFiles(orders: orders, caliber: caliber, facts: facts, rowCount: rows)
    }

    /// A log whose last events came one by one, each durable before the next.
    static func prepareLive(
        orders: Int, events: Int, _ streams: StreamOptions, _ contenders: Contenders
    ) throws -> String {
        let stream = try streams.ordered(orders: orders)
        let path = stream.url.deletingPathExtension().path + "-last-\(events).caliber"
        let origin = try MadeFile.origin(of: [contenders.caliber, contenders.dictionary])
        _ = try MadeFile.prepare(path, origin: origin) {
            Progress.say("making Caliber's log of \(grouped(orders)) orders, \(grouped(events)) events one by one")
            contenders.remove(path)
            let ingest = CaliberUnderTest.ingestCommand(
                contenders.caliber, events: "-", database: path, dictionary: contenders.dictionary)
            _ = try MeasuredProcess.run(
                ingest, fedBy: ["head", "-n", "-\(events)", stream.url.path], scratch: contenders.scratch)
            let process = try MeasuredProcess.run(
                ingest + ["--commit-every", "1"], fedBy: ["tail", "-n", "\(events)", stream.url.path],
                scratch: contenders.scratch)
            return MadeFile(
                origin: origin, seconds: process.wallSeconds, peakBytes: process.peakBytes,
                databaseBytes: databaseBytes(path))
        }
        return path
    }
}
