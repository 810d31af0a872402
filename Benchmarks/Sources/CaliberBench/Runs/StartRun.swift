import Foundation
import Glibc

/// A new process up to its first answer, from the database on disk.
struct StartResult {
    let name: String
    /// Whole processes; of the peers, Python and its import of the engine are in it.
    let wholeSeconds: [Double]
    /// Of them, from opening the database to the answer; nil where the process does nothing else.
    let openAndQuerySeconds: [Double]?
    /// Whole processes again, the database's pages dropped from the cache before each.
    let droppedSeconds: [Double]
    let droppedOpenAndQuerySeconds: [Double]?
}

struct StartRun {
    let contenders: Contenders
    let files: OrdersFiles
    let repetitions: Int

    func results() throws -> [StartResult] {
        let query = BenchmarkQuery.dashboard
        let once = ["--only", query, "--repetitions", "0"]
        func caliber(usesCache: Bool) -> [String] {
            CaliberUnderTest.queryCommand(
                contenders.caliber, BenchmarkQuery.named(query), database: files.caliber,
                dictionary: contenders.ordersDictionary, usesCache: usesCache)
        }
        return [
            try result("Caliber", files.caliber, caliber(usesCache: false), saysSeconds: false),
            try result(
                "Caliber, the same asked by a process before", files.caliber, caliber(usesCache: true),
                saysSeconds: false),
            try result(
                "DuckDB", files.duckDB, contenders.peerCommand("duckdb_orders", ["queries", files.duckDB] + once)),
            try result(
                "Polars, from Parquet", files.parquet,
                contenders.peerCommand("polars_orders", ["first", files.parquet, query])),
            try result(
                "ClickHouse MergeTree", files.clickHouse,
                contenders.peerCommand("clickhouse_orders", ["queries", files.clickHouse] + once)),
        ]
    }

    private func result(
        _ name: String, _ database: String, _ command: [String], saysSeconds: Bool = true
    ) throws -> StartResult {
        Progress.say("first answer of a new process: \(name)")
        func times(dropping: Bool) throws -> (whole: [Double], inside: [Double]) {
            var (whole, inside): ([Double], [Double]) = ([], [])
            for _ in 0..<repetitions {
                if dropping { try PageCache.drop(database) }
                let process = try MeasuredProcess.run(command, scratch: contenders.scratch)
                whole.append(process.wallSeconds)
                if saysSeconds {
                    inside.append(try process.report(QueryJobReport.self).openAndRunSeconds ?? process.wallSeconds)
                }
            }
            return (whole, inside)
        }
        _ = try MeasuredProcess.run(command, scratch: contenders.scratch)
        let (warm, dropped) = (try times(dropping: false), try times(dropping: true))
        return StartResult(
            name: name, wholeSeconds: warm.whole, openAndQuerySeconds: saysSeconds ? warm.inside : nil,
            droppedSeconds: dropped.whole, droppedOpenAndQuerySeconds: saysSeconds ? dropped.inside : nil)
    }
}

/// The kernel's copies of what lies on disk.
enum PageCache {
    /// Asks the kernel to let go of a database's pages, be it a file or a folder. Programs and libraries stay.
    static func drop(_ path: String) throws {
        let below = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
        let files = below.isEmpty ? [path, path + "-wal"] : below.map { "\(path)/\($0)" }
        for file in files {
            let descriptor = open(file, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            // Only clean pages can be let go of.
            fsync(descriptor)
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
            close(descriptor)
        }
    }
}
