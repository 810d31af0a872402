import CaliberRegression
import CaliberTesting
import Testing

/// What scikit-learn fits to the same rows.
struct ScikitLearnFit: Decodable {
    let intercept: Double
    let coefficients: [Double]
}

struct BreastCancer: Decodable {
    let x: [[Double]]
    let y: [Double]

    /// As they are, or with columns of mean 0 and deviation 1.
    func rows(isStandardised: Bool) -> MadeRows {
        var values = x.flatMap { $0 }
        let columns = x[0].count
        if isStandardised {
            for column in 0..<columns {
                let own = x.map { $0[column] }
                let mean = own.reduce(0, +) / Double(own.count)
                let deviation = (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)).squareRoot()
                for row in x.indices { values[row * columns + column] = (own[row] - mean) / deviation }
            }
        }
        return MadeRows.given(values: values, columnCount: columns, labels: y.map { $0 > 0.5 })
    }
}

extension LearningOracle {
    func logistic(
        _ made: MadeRows, penalty: Double, weights: [Double]? = nil, extra: [String: Argument] = [:]
    ) throws -> ScikitLearnFit {
        var arguments: [String: Argument] = [
            "x": .array(made.values, shape: [made.rowCount, made.columnCount]),
            "y": .array(made.labels.map { $0 ? 1 : 0 }), "penalty": .number(penalty),
        ]
        if let weights { arguments["weights"] = .array(weights) }
        return try call("fitting.logistic", arguments.merging(extra) { $1 })
    }
}

/// Coefficients are equal up to a share of each, and of the greatest of all for those near 0.
func expectEqual(
    _ fit: LogisticFit, _ expected: ScikitLearnFit, relative: Double = 1e-6, _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let all = expected.coefficients + [expected.intercept]
    let greatest = all.reduce(0) { max($0, abs($1)) }
    var worst = (index: 0, share: 0.0)
    for (index, (own, other)) in zip(fit.coefficients + [fit.intercept], all).enumerated() {
        let share = abs(own - other) / (abs(other) + 1e-3 * greatest)
        if !(share <= worst.share) { worst = (index, share) }
    }
    #expect(
        worst.share <= relative, "\(comment): coefficient \(worst.index) is off by \(worst.share)",
        sourceLocation: sourceLocation)
    #expect(fit.coefficients.count == expected.coefficients.count, comment, sourceLocation: sourceLocation)
}
