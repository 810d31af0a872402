import ArgumentParser
import CaliberRegression
import Dispatch
import Foundation

/// Rows that models learn from, in a file that all engines read: the matrix as float64, row by row, then a byte a label.
struct LearningRows: ParsableArguments {
    @Option(help: "The file.") var file: String
    @Option var rows: Int
    @Option var columns: Int

    /// The arguments of a job that reads them.
    var arguments: [String] { ["--file", file, "--rows", String(rows), "--columns", String(columns)] }
    var peerArguments: [String] { [file, String(rows), String(columns)] }
    var matrixBytes: Int { rows * columns * MemoryLayout<Double>.stride }

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    func load() throws -> TrainingRows {
        let handle = try FileHandle(forReadingFrom: URL(filePath: file))
        let matrix = DesignMatrix(rowCount: rows, columnCount: columns)
        let target = UnsafeMutableRawBufferPointer(matrix.values)
        var filled = 0
        while filled < target.count, let part = try handle.read(upToCount: min(16 << 20, target.count - filled)),
            !part.isEmpty
        {
            part.copyBytes(to: UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + part.count]))
            filled += part.count
        }
        let labels = try handle.read(upToCount: rows) ?? Data()
        guard filled == target.count, labels.count == rows else {
            throw Unreadable(description: "\(file) is shorter than \(rows) rows of \(columns) columns")
        }
        return try TrainingRows(matrix, labels: labels.map { $0 == 1 })
    }
}

/// Writes such a file from a seed: hidden causes that move several columns at once, a fifth of them skewed; one-hot
/// groups; labels by a logistic law with an interaction that no column shows.
struct LearningRowsJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learning-rows-job", abstract: "Make rows to learn from.", shouldDisplay: false)

    @OptionGroup var shape: LearningRows
    @Option var seed: UInt64 = 1

    private static let causeCount = 20
    private static let levelCount = 10
    private static let groupCount = 3
    private static let pieceCount = 100

    func run() throws {
        let matrix = DesignMatrix(rowCount: shape.rows, columnCount: shape.columns)
        var labels = [UInt8](repeating: 0, count: shape.rows)
        var random = SplitMix(state: seed)
        let law = (0..<shape.columns).map { _ in random.normal() * 0.12 }
        let mix = (0..<shape.columns * 3).map { _ in random.normal() * 0.3 }
        labels.withUnsafeMutableBufferPointer { labels in
            // Safe: each piece writes rows of its own.
            nonisolated(unsafe) let labels = labels
            nonisolated(unsafe) let matrix = matrix
            DispatchQueue.concurrentPerform(iterations: LearningRowsJob.pieceCount) { piece in
                var random = SplitMix(state: seed &+ UInt64(piece) &* 0x1234_5678_9ABC_DEF1)
                let pieces = LearningRowsJob.pieceCount
                for row in piece * shape.rows / pieces..<(piece + 1) * shape.rows / pieces {
                    let odds = fill(matrix.row(row), law: law, mix: mix, &random)
                    labels[row] = random.unit() < 1 / (1 + exp(-odds)) ? 1 : 0
                }
            }
        }
        try Data().write(to: URL(filePath: shape.file))
        let handle = try FileHandle(forWritingTo: URL(filePath: shape.file))
        let bytes = UnsafeMutableRawBufferPointer(matrix.values)
        for start in stride(from: 0, to: bytes.count, by: 16 << 20) {
            try handle.write(contentsOf: Data(bytes[start..<min(bytes.count, start + (16 << 20))]))
        }
        try handle.write(contentsOf: Data(labels))
        try handle.close()
        print("{}")
    }

    /// Fills a row and gives its log-odds.
    private func fill(
        _ row: UnsafeMutableBufferPointer<Double>, law: [Double], mix: [Double], _ random: inout SplitMix
    ) -> Double {
        let causes = (0..<LearningRowsJob.causeCount).map { _ in random.normal() }
        let oneHot = min(shape.columns, LearningRowsJob.groupCount * LearningRowsJob.levelCount)
        let plain = shape.columns - oneHot
        var odds = -3.2 + 0.3 * causes[0] * causes[1]
        for column in 0..<plain {
            var value = 0.8 * random.normal()
            for part in 0..<3 { value += mix[column * 3 + part] * causes[(column + part * 7) % causes.count] }
            let isSkewed = column.isMultiple(of: 5)
            if isSkewed { value = exp(value) - 1 }
            row[column] = value
            odds += value * law[column] * (isSkewed ? 0.4 : 1)
        }
        for column in plain..<shape.columns { row[column] = 0 }
        for group in stride(from: plain, to: shape.columns, by: LearningRowsJob.levelCount) {
            let share = random.unit()
            let level = min(
                LearningRowsJob.levelCount - 1, Int(share * share * Double(LearningRowsJob.levelCount)),
                shape.columns - group - 1)
            row[group + level] = 1
            odds += 2 * law[group + level]
        }
        return odds
    }
}

/// Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
private struct SplitMix {
    var state: UInt64

    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }

    /// Near enough: the sum of four, brought to deviation 1.
    mutating func normal() -> Double { (unit() + unit() + unit() + unit() - 2) * 3.0.squareRoot() }
}
