import Foundation

/// A form in which a peer computes features of windows.
enum FeatureForm: String, CaseIterable, Codable {
    case polarsSums = "polars-sums"
    case polarsRolling = "polars-rolling"
    case duckDBSums = "duckdb-sums"
    case duckDBWindows = "duckdb-windows"

    var title: String {
        switch self {
        case .polarsSums: "Polars: running sums, joins as of"
        case .polarsRolling: "Polars: rolling expressions"
        case .duckDBSums: "DuckDB: running sums, joins as of"
        case .duckDBWindows: "DuckDB: window functions"
        }
    }

    /// The fastest one found takes turns with Caliber; the others run once.
    var takesTurns: Bool { self == .polarsSums }
    /// Too slow for the whole.
    var isForFewOrders: Bool { self == .duckDBWindows }
}

/// What a peer's job of features says.
struct PeerFeaturesReport: Codable {
    let seconds: Double
    let processorSeconds: Double
    let rowCount: Int
    let columnCount: Int
    let extraBytes: Int
    /// Names of columns whose values are not Caliber's.
    let differing: [String]
}

/// Features of one stream by all engines.
struct FeaturesResult {
    let orders: Int
    let caliber: [FeaturesJobReport]
    let peers: [FeatureForm: [PeerFeaturesReport]]

    var best: Double? { peers.values.map { median($0.map(\.seconds)) }.min() }
}

/// Computes the same windows over the same stream, Caliber from its log, the peers from ready columns.
struct FeaturesRun {
    let contenders: Contenders
    let repetitions: Int

    func result(_ files: FeatureFiles, forms: [FeatureForm]) throws -> FeaturesResult {
        let answer = contenders.scratch.appending(path: "features").path
        let columns = contenders.scratch.appending(path: "columns.json")
        try contenders.own(
            "feature-columns-job", ["--dictionary", contenders.dictionary, "--page", contenders.featurePage]
        ).output.write(to: columns)
        var caliber: [FeaturesJobReport] = []
        var peers: [FeatureForm: [PeerFeaturesReport]] = [:]
        for round in 1...repetitions {
            Progress.say("features of \(grouped(files.orders)) orders, round \(round): Caliber")
            let arguments = [
                "--database", files.caliber, "--dictionary", contenders.dictionary, "--page", contenders.featurePage,
                "--rows", String(files.rowCount), "--output", answer,
            ]
            caliber.append(try contenders.own("features-job", arguments).report(FeaturesJobReport.self))
            for form in forms where form.takesTurns || round == 1 {
                Progress.say("features of \(grouped(files.orders)) orders, round \(round): \(form.title)")
                let arguments = [form.rawValue, files.facts, columns.path, "--answer", answer]
                peers[form, default: []].append(
                    try contenders.peer("feature_windows", arguments).report(PeerFeaturesReport.self))
            }
        }
        for path in [answer, answer + ".keys"] { try? FileManager.default.removeItem(atPath: path) }
        return FeaturesResult(orders: files.orders, caliber: caliber, peers: peers)
    }
}
