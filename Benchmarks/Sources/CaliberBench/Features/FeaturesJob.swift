import ArgumentParser
import CaliberDictionary
import CaliberEventLog
import CaliberFeatures
import CaliberRegression
import Foundation

/// What a job that computes features says, Caliber's and the peers' alike.
struct FeaturesJobReport: Codable {
    let seconds: Double
    /// Of all processors together.
    let processorSeconds: Double
    let rowCount: Int
    let columnCount: Int
    /// The most memory beyond what was there before, the result's own among it.
    let extraBytes: Int
    /// Caliber's alone: reading the log without computing anything of it.
    var readSeconds: Double?
}

/// Replays a log to a matrix of features: a row for each order, as of its first payment.
struct FeaturesJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features-job", abstract: "Compute features as Caliber does.", shouldDisplay: false)

    @OptionGroup var source: FeatureSource
    @Option(help: "Where the matrix is written: keys by line, then float64 row by row.") var output: String
    @Option var rows: Int
    @Option var workers = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        let clock = ContinuousClock()
        var eventCount = 0
        let (log, plan) = try source.open()
        let memory = try ExtraMemory()
        let matrix = DesignMatrix(rowCount: rows, columnCount: plan.featureCount)
        var keys: [String] = []
        keys.reserveCapacity(rows)
        var count = 0
        let processorStart = ProcessorTime.seconds()
        let seconds = try clock.measure {
            let stream = FeatureStream(plan)
            try log.replay(after: .start, keepsArrival: true) { batches, position in
                stream.take(batches, upTo: position, selection: .training, workers: workers) { block in
                    for index in block.moments.indices where count < rows {
                        _ = matrix.row(count).update(fromContentsOf: block.values(of: index))
                        keys.append(block.key(of: index))
                        count += 1
                    }
                }
            }
        }.inSeconds
        let processorSeconds = ProcessorTime.seconds() - processorStart
        let extraBytes = try memory.bytes()
        let readSeconds = try clock.measure {
            try log.replay(after: .start, keepsArrival: true) { batches, _ in eventCount += batches.count }
        }.inSeconds
        guard count == rows else { throw ValidationError("\(count) rows came out instead of \(rows).") }
        try write(matrix, keys)
        try printReport(
            FeaturesJobReport(
                seconds: seconds, processorSeconds: processorSeconds, rowCount: count, columnCount: plan.featureCount,
                extraBytes: extraBytes, readSeconds: readSeconds))
    }

    private func write(_ matrix: DesignMatrix, _ keys: [String]) throws {
        try Data(keys.joined(separator: "\n").utf8).write(to: URL(filePath: output + ".keys"))
        try Data().write(to: URL(filePath: output))
        let handle = try FileHandle(forWritingTo: URL(filePath: output))
        let bytes = UnsafeRawBufferPointer(matrix.values)
        for start in stride(from: 0, to: bytes.count, by: 16 << 20) {
            try handle.write(contentsOf: Data(bytes[start..<min(bytes.count, start + (16 << 20))]))
        }
        try handle.close()
    }
}

/// Says what the columns of a feature set are.
struct FeatureColumnsJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feature-columns-job", abstract: "Describe a feature set.", shouldDisplay: false)

    @Option var dictionary: String
    @Option var page: String

    func run() throws {
        let source = try FeatureSource.parse(["--database", "", "--dictionary", dictionary, "--page", page])
        let sets = try source.loadDictionary().featureSets
        try printReport(sets.flatMap { set in set.features.compactMap { WindowColumn($0, of: set) } })
    }
}
