import CaliberRegression
import Foundation

/// A few rows with the probabilities they must get: the proof that goes with every export.
public struct ParityVector: Codable, Hashable, Sendable {
    public var columns: [String]
    /// Nil for a missing value.
    public var rows: [[Double?]]
    public var probabilities: [Double]

    /// Rows around the means: all of them at their means, all missing, then mixtures that no two columns share.
    public init(file: ModelFile, rowCount: Int = 12) {
        columns = file.columns.map(\.id)
        let exported = ExportedModel(file)
        var made: [[Double?]] = [file.columns.map(\.mean), file.columns.map { _ in nil }]
        for row in 2..<max(2, rowCount) {
            made.append(
                file.columns.enumerated().map { index, column in
                    // Spread over −2…2 deviations, and missing now and then, the same in every export.
                    let mixed = ParityVector.mixed(UInt64(row), UInt64(index))
                    if mixed % 11 == 0 { return nil }
                    return column.mean + column.deviation * (Double(mixed / 11 % 17) / 4 - 2)
                })
        }
        rows = made
        probabilities = made.map { row in exported.probability(row.map { $0 ?? .nan }) }
    }

    /// Two numbers made one that looks random.
    private static func mixed(_ row: UInt64, _ column: UInt64) -> UInt64 {
        SplitMix64.mixed(row &* 1_000_003 &+ column &+ 1)
    }

    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Data((try JSONTree(parsing: try encoder.encode(self)).indentedText() + "\n").utf8)
    }
}

/// A model in the form all exports share: a straight calibration is folded into the weights.
struct ExportedModel {
    let name: String
    let version: String
    let label: String
    /// With the slope in the weights; columns that add nothing are left out.
    let terms: [(id: String, index: Int, term: LogisticModel.Term)]
    let intercept: Double
    /// A rising line through knots that is still to be applied; empty for none.
    let knots: [Calibration.Knot]
    private let file: ModelFile

    init(_ file: ModelFile) {
        var slope = 1.0
        var shift = 0.0
        var knots: [Calibration.Knot] = []
        switch file.calibration {
        case .identity: break
        case .platt(let intercept, let plattSlope): (shift, slope) = (intercept, plattSlope)
        case .isotonic(let own): knots = own
        }
        name = file.name
        version = file.version
        label = file.label.id
        intercept = slope * file.intercept + shift
        terms = file.columns.enumerated().filter { $0.element.weight != 0 || $0.element.missingWeight != 0 }.map {
            var term = $0.element.term
            term.weight *= slope
            term.missingWeight *= slope
            return (id: $0.element.id, index: $0.offset, term: term)
        }
        self.knots = knots
        self.file = file
    }

    func probability(_ values: [Double]) -> Double {
        let raw = values.indices.reduce(file.intercept) { sum, column in
            let contribution = file.model.contribution(of: column, value: values[column])
            return sum + (contribution.isNaN ? 0 : contribution)
        }
        return file.calibration.probability(raw)
    }

    /// The knots with one far out on either side, where the line has slope 1.
    var extendedKnots: [Calibration.Knot] {
        guard let first = knots.first, let last = knots.last else { return [] }
        let distance = 1_000.0
        return [Calibration.Knot(logOdds: first.logOdds - distance, calibrated: first.calibrated - distance)] + knots
            + [Calibration.Knot(logOdds: last.logOdds + distance, calibrated: last.calibrated + distance)]
    }
}
