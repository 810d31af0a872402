import CaliberCore

/// Why a model can't be fitted.
public enum FittingError: Error, Hashable, Sendable {
    case noRows
    /// There are as many labels, weights or times as rows.
    case wrongCount(of: String, count: Int, rowCount: Int)
    case singleClass(isPositive: Bool, rowCount: Int)
    case notFinite(row: Int, column: Int, value: String)
    case badWeight(row: Int, value: String)
    case badSetting(name: String, value: String, allowed: String)
    /// A start of other columns than the matrix has.
    case wrongStart(columnCount: Int, expected: Int)
    /// Without a penalty the coefficients grow for ever: some combination of columns tells the classes apart.
    case separated(isComplete: Bool)
    /// Numbers so large that their sums are none any more.
    case overflow
    case unknownRow(row: Int, rowCount: Int)
    case tooFewTimes(distinct: Int, folds: Int)
    case foldOfOneClass(fold: Int)
    case cancelled

    public var diagnostic: Diagnostic {
        switch self {
        case .noRows:
            Diagnostic(
                "fit-no-rows", "There are no rows to learn from.",
                remedy: "Take a longer training span, or wait until labels have matured.")
        case .wrongCount(let what, let count, let rowCount):
            Diagnostic(
                "fit-wrong-count", "There are \(count) \(what) for \(rowCount) rows.",
                remedy: "Give one for each row.")
        case .singleClass(let isPositive, let rowCount):
            Diagnostic(
                "fit-single-class",
                "All \(rowCount) rows that count have the label \(isPositive ? 1 : 0): there is nothing to tell apart.",
                remedy: "Take a span that has both good and bad outcomes, or check the label's definition.")
        case .notFinite(let row, let column, let value):
            Diagnostic(
                "fit-not-finite", "Row \(row), column \(column) holds \(value), which no model can weigh.",
                remedy: "Prepare the matrix first, so that missing values are filled in; check how the column is made.")
        case .badWeight(let row, let value):
            Diagnostic(
                "fit-bad-weight", "Row \(row) has the weight \(value).",
                remedy: "Weights are finite and at least 0, and one at least is above.")
        case .badSetting(let name, let value, let allowed):
            Diagnostic("fit-bad-setting", "\(name) is \(value).", remedy: "Give \(allowed).")
        case .wrongStart(let columnCount, let expected):
            Diagnostic(
                "fit-wrong-start", "The start has \(columnCount) coefficients, the matrix \(expected) columns.",
                remedy: "Start from a fit of the same columns, or without one.")
        case .separated(let isComplete):
            Diagnostic(
                "fit-separated",
                isComplete
                    ? "The columns tell the classes apart without a mistake, so without a penalty no coefficients are best."
                    : "Some columns tell part of the rows apart for certain, so without a penalty no coefficients are best.",
                remedy: "Give a penalty above 0, or look for a column that knows the outcome.")
        case .overflow:
            Diagnostic(
                "fit-overflow", "Sums over the rows exceed what a number can hold.",
                remedy: "Prepare the matrix first: columns are then brought to a common scale.")
        case .unknownRow(let row, let rowCount):
            Diagnostic(
                "fit-unknown-row", "Row \(row) is asked for, and there are \(rowCount).",
                remedy: "Name rows from 0 to \(max(0, rowCount - 1)).")
        case .tooFewTimes(let distinct, let folds):
            Diagnostic(
                "fit-too-few-times",
                "\(distinct) distinct times can't be cut into \(folds) folds and a first training span.",
                remedy: "Ask for fewer folds.")
        case .foldOfOneClass(let fold):
            Diagnostic(
                "fit-fold-of-one-class", "The training rows of fold \(fold) all have the same label.",
                remedy: "Ask for fewer folds, or take a longer span.")
        case .cancelled:
            Diagnostic("fit-cancelled", "The fit was cancelled.")
        }
    }
}

/// What a fit that succeeded has to say about its data.
public enum FittingNote: Hashable, Codable, Sendable {
    /// The columns tell the classes apart without a mistake; only the penalty holds the coefficients.
    case separable
    /// Columns that others make up: the penalty parts the weight among them; without one it is theirs alone.
    case dependentColumns([DependentColumn])
    /// Cross-products had to be formed of all rows again, since steps did not shrink.
    case crossProductsRepeated(times: Int)
    /// The pass limit, or the precision of numbers, came before the tolerance.
    case stoppedEarly(distanceInErrors: Double)

    public var text: String {
        switch self {
        case .separable:
            "The columns tell the classes apart without a mistake; only the penalty holds the coefficients. Look for a "
                + "column that knows the outcome."
        case .dependentColumns(let columns):
            "Some columns say what others say: \(columns.map(\.text).joined(separator: "; "))."
        case .crossProductsRepeated(let times):
            "The sub-sample was a poor guide: the cross-products of all rows were formed \(times) more times."
        case .stoppedEarly(let distance):
            "The fit stopped early, about \(distance) standard errors from the optimum."
        }
    }
}
