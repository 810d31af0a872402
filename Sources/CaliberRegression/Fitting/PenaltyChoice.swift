/// Which penalty predicts best what comes later: each fold learns from all rows before a time and is judged on those
/// that follow.
///
/// A fold of a share of the rows is fitted with that share of the penalty, so that a penalty weighs the same beside a
/// row's loss in each.
///
/// Source: rolling-origin evaluation: Tashman, International Journal of Forecasting 16 (2000); one standard error:
/// Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., section 7.10.
public struct TimeOrderedValidation: Hashable, Sendable {
    public enum Rule: String, Hashable, Codable, Sendable {
        /// The penalty with the least mean loss.
        case least
        /// The greatest penalty whose loss is within one standard error of the least.
        case oneStandardError
    }

    /// At least one, each at least 0.
    public var penalties: [Double]
    /// How many spans are judged; the rows are cut into one more, of like counts.
    public var foldCount: Int
    public var rule: Rule

    public init(penalties: [Double], foldCount: Int = 5, rule: Rule = .least) {
        self.penalties = penalties
        self.foldCount = foldCount
        self.rule = rule
    }

    /// Fits each fold with each penalty, the greatest first, each from the one before.
    ///
    /// Rows are not copied: they are read in the order of their times, which costs more than in the matrix's order.
    ///
    /// - Parameters:
    ///   - times: one a row; rows of one time are never parted.
    ///   - settings: all but the penalty.
    /// - Throws: `FittingError`.
    public func choose(
        for rows: TrainingRows, times: [Int64], settings: FittingSettings,
        observer: FittingObserver = FittingObserver()
    ) throws(FittingError) -> PenaltyChoice {
        guard !penalties.isEmpty else {
            throw .badSetting(name: "The list of penalties", value: "empty", allowed: "one penalty at least")
        }
        guard foldCount > 0 else {
            throw .badSetting(name: "The number of folds", value: "\(foldCount)", allowed: "a whole number above 0")
        }
        let folds = try folds(of: rows, times: times)
        let path = Array(Set(penalties)).sorted(by: >)
        var losses = [[Double]](repeating: [], count: path.count)
        for (number, fold) in folds.enumerated() {
            var start: LogisticFit?
            for (index, penalty) in path.enumerated() {
                let (fit, loss) = try judged(
                    fold, number: number, penalty: penalty, rows: rows, settings: settings, start: start,
                    observer: observer)
                start = fit
                losses[index].append(loss)
            }
        }
        let entries = zip(path, losses).map { PenaltyChoice.Entry(penalty: $0, foldLosses: $1) }
        return PenaltyChoice(entries: entries, folds: folds.map(\.span), rule: rule)
    }

    // MARK: - Folds

    private struct Fold {
        let training: [Int]
        let validation: [Int]
        let span: PenaltyChoice.Fold
    }

    private func folds(of rows: TrainingRows, times: [Int64]) throws(FittingError) -> [Fold] {
        let rowCount = rows.matrix.rowCount
        guard times.count == rowCount else {
            throw .wrongCount(of: "times", count: times.count, rowCount: rowCount)
        }
        guard rowCount > 0 else { throw .noRows }
        let order = (0..<rowCount).sorted { (times[$0], $0) < (times[$1], $1) }
        // Where a new time begins, from the place on that a like count would put it.
        let cuts = (0...foldCount + 1).map { cut -> Int in
            var place = rowCount.multipliedReportingOverflow(by: cut).partialValue / (foldCount + 1)
            while place > 0, place < rowCount, times[order[place]] == times[order[place - 1]] { place += 1 }
            return place
        }
        guard zip(cuts, cuts.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .tooFewTimes(distinct: Set(times).count, folds: foldCount)
        }
        return (1...foldCount).map { fold in
            let (training, validation) = (order[0..<cuts[fold]], order[cuts[fold]..<cuts[fold + 1]])
            return Fold(
                training: Array(training), validation: Array(validation),
                span: PenaltyChoice.Fold(
                    trainingRowCount: training.count, validationRowCount: validation.count,
                    validationStart: times[order[cuts[fold]]], validationEnd: times[order[cuts[fold + 1] - 1]]))
        }
    }

    /// The fit of a fold's training rows and its mean log-loss on those that follow.
    private func judged(
        _ fold: Fold, number: Int, penalty: Double, rows: TrainingRows, settings: FittingSettings, start: LogisticFit?,
        observer: FittingObserver
    ) throws(FittingError) -> (fit: LogisticFit, loss: Double) {
        var settings = settings
        settings.penalty = penalty * Double(fold.training.count) / Double(rows.matrix.rowCount)
        settings.wantsErrors = false
        let fit: LogisticFit
        let counts: ClassCounts
        do {
            counts = try ClassCounts(rows, selection: .numbered(fold.training))
            fit = try LogisticFitter(settings).fit(
                rows, selection: .numbered(fold.training), from: start, observer: observer)
        } catch .singleClass {
            throw .foldOfOneClass(fold: number + 1)
        }
        let classWeights = try counts.weights(settings.classWeights)
        settings.penalty = 0
        let later = LogisticLoss(
            rows, selection: .numbered(fold.validation), settings: settings, classWeights: classWeights,
            isCancelled: observer.isCancelled)
        let padding = [Double](repeating: 0, count: later.padded - later.columnCount)
        let value = try later.value(at: fit.coefficients + padding + [fit.intercept])
        guard value.objective.isFinite else { throw later.problemOfRows() }
        var weight = 0.0
        for row in fold.validation {
            weight += (rows.weights?[row] ?? 1) * (rows.labels[row] ? classWeights.positive : classWeights.negative)
        }
        return (fit, weight > 0 ? value.objective / weight : 0)
    }
}

/// How penalties did, and which one is chosen.
public struct PenaltyChoice: Hashable, Codable, Sendable {
    public struct Entry: Hashable, Codable, Sendable {
        public let penalty: Double
        /// Mean log-loss of a validation row, fold by fold.
        public let foldLosses: [Double]

        public var meanLoss: Double { foldLosses.reduce(0, +) / Double(foldLosses.count) }

        /// Of the mean over folds; 0 for one fold.
        public var standardError: Double {
            guard foldLosses.count > 1 else { return 0 }
            let (mean, count) = (meanLoss, Double(foldLosses.count))
            let squares = foldLosses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (squares / (count - 1) / count).squareRoot()
        }
    }

    public struct Fold: Hashable, Codable, Sendable {
        public let trainingRowCount: Int
        public let validationRowCount: Int
        /// The first and the last time that was judged.
        public let validationStart: Int64
        public let validationEnd: Int64
    }

    /// From the greatest penalty to the least.
    public let entries: [Entry]
    public let folds: [Fold]
    public let rule: TimeOrderedValidation.Rule
    public let penalty: Double

    init(entries: [Entry], folds: [Fold], rule: TimeOrderedValidation.Rule) {
        self.entries = entries
        self.folds = folds
        self.rule = rule
        // There is an entry at least; of equals the first, which has the greatest penalty.
        let best = entries.reduce(entries[0]) { $1.meanLoss < $0.meanLoss ? $1 : $0 }
        let limit = best.meanLoss + best.standardError
        penalty =
            switch rule {
            case .least: best.penalty
            case .oneStandardError: entries.first { $0.meanLoss <= limit }?.penalty ?? best.penalty
            }
    }
}
