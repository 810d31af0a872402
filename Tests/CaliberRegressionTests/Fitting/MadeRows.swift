import CaliberRegression
import CaliberTesting
import Foundation

/// Rows made from a seed, for fits to learn from.
struct MadeRows {
    let columnCount: Int
    private(set) var values: [Double] = []
    private(set) var labels: [Bool] = []
    private var random: SeededGenerator

    var rowCount: Int { labels.count }

    private init(columnCount: Int, seed: UInt64) {
        self.columnCount = columnCount
        random = SeededGenerator(seed: seed)
    }

    /// Numbers that a few hidden causes move together, and labels by a logistic law of them.
    static func dense(rowCount: Int, columnCount: Int, seed: UInt64, intercept: Double = -1.5) -> MadeRows {
        var made = MadeRows(columnCount: columnCount, seed: seed)
        let law = (0..<columnCount).map { _ in made.normal() * 0.6 / Double(columnCount).squareRoot() }
        let mix = (0..<columnCount * 4).map { _ in made.normal() }
        for _ in 0..<rowCount {
            let causes = (0..<4).map { _ in made.normal() }
            var row: [Double] = []
            var logOdds = intercept
            for column in 0..<columnCount {
                var value = made.normal()
                for cause in 0..<4 { value += 0.5 * causes[cause] * mix[column * 4 + cause] }
                row.append(value)
                logOdds += value * law[column]
            }
            made.append(row, logOdds: logOdds)
        }
        return made
    }

    /// One-hot groups with all their levels, some of them rare.
    static func oneHot(rowCount: Int, levels: [Int], seed: UInt64) -> MadeRows {
        var made = MadeRows(columnCount: levels.reduce(0, +), seed: seed)
        let law = (0..<made.columnCount).map { _ in made.normal() }
        for _ in 0..<rowCount {
            var row = [Double](repeating: 0, count: made.columnCount)
            var first = 0
            var logOdds = -1.0
            for count in levels {
                // The square makes high levels rare.
                let share = Double.random(in: 0..<1, using: &made.random)
                let column = first + min(count - 1, Int(share * share * Double(count)))
                row[column] = 1
                logOdds += law[column]
                first += count
            }
            made.append(row, logOdds: logOdds)
        }
        return made
    }

    /// A line parts the classes, with a gap.
    static func separable(rowCount: Int, columnCount: Int, seed: UInt64) -> MadeRows {
        var made = MadeRows(columnCount: columnCount, seed: seed)
        while made.rowCount < rowCount {
            let row = (0..<columnCount).map { _ in made.normal() }
            let side = row[0] + row[1 % columnCount]
            guard abs(side) > 0.3 else { continue }
            made.values += row
            made.labels.append(side > 0)
        }
        return made
    }

    /// The same rows with further columns, made of a row's.
    func adding(_ count: Int, _ columns: ([Double]) -> [Double]) -> MadeRows {
        var made = MadeRows(columnCount: columnCount + count, seed: 1)
        for row in 0..<rowCount {
            let own = Array(values[row * columnCount..<(row + 1) * columnCount])
            made.values += own + columns(own)
        }
        made.labels = labels
        return made
    }

    static func given(values: [Double], columnCount: Int, labels: [Bool]) -> MadeRows {
        var made = MadeRows(columnCount: columnCount, seed: 1)
        made.values = values
        made.labels = labels
        return made
    }

    var matrix: DesignMatrix {
        let matrix = DesignMatrix(rowCount: rowCount, columnCount: columnCount)
        for (index, value) in values.enumerated() { matrix.values[index] = value }
        return matrix
    }

    func rows(weights: [Double]? = nil) throws -> TrainingRows {
        try TrainingRows(matrix, labels: labels, weights: weights)
    }

    private mutating func append(_ row: [Double], logOdds: Double) {
        values += row
        labels.append(Double.random(in: 0..<1, using: &random) < 1 / (1 + exp(-logOdds)))
    }

    /// Box and Muller's way.
    private mutating func normal() -> Double {
        let (first, second) = (
            Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random)
        )
        return (-2 * log(1 - first)).squareRoot() * cos(2 * .pi * second)
    }
}
