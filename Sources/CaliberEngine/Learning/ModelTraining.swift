import CaliberCore
import CaliberDictionary
import CaliberRegression
import CaliberScoring

extension Engine {
    /// What the model files say of who wrote them.
    public static let version = "0.1.0"

    /// Trains a model and judges it on the latest rows; writes nothing.
    ///
    /// The rows are cut in time: the first are learned from, the next calibrate the probabilities and set the line of
    /// review, the last judge.
    ///
    /// - Parameters:
    ///   - set: rows that `trainingSet` gave; their matrix is taken over.
    ///   - name, version: of the model's file.
    ///   - group: what the rows' groups are called.
    /// - Throws: `Diagnostic` where the rows can't be learned from.
    public func train(
        _ set: TrainingSet, features: FeatureSetDefinition, label: LabelDefinition, name: String, version: String,
        group: String?, settings: TrainingSettings, warmStart: ModelFile? = nil,
        progress: @escaping (TrainingProgress) -> Void = { _ in }
    ) throws -> TrainedModel {
        let schema = try FeatureSchema(features)
        let training = ModelTraining(
            set: set, features: features, schema: schema, settings: settings,
            spans: try TrainingSpans(set, settings), progress: progress)
        let fitted = try training.fit(from: warmStart)
        return try training.judged(
            fitted,
            heading: ModelTraining.Heading(
                name: name, version: version, created: now(), group: group, label: label,
                dictionaryVersions: dictionaryVersions(of: features, label)))
    }

    func dictionaryVersions(
        of features: FeatureSetDefinition, _ label: LabelDefinition
    ) -> [String: String] {
        var versions: [String: String] = [:]
        for contract in dictionary.table(named: features.table)?.contracts ?? [] {
            versions[contract] = dictionary.contract(named: contract).map { String($0.version) }
        }
        return versions
    }
}

/// The rows of a training set, cut in time. Rows of one moment are never parted.
struct TrainingSpans {
    let training: Range<Int>
    let calibration: Range<Int>
    let heldOut: Range<Int>

    init(_ set: TrainingSet, _ settings: TrainingSettings) throws {
        let count = set.labels.count
        func boundary(_ share: Double) -> Int {
            var row = Int((Double(count) * min(max(share, 0), 1)).rounded())
            while row > 0, row < count, set.moments[row] == set.moments[row - 1] { row += 1 }
            return min(row, count)
        }
        let heldOutStart = boundary(1 - settings.heldOutShare)
        let calibrationStart = min(
            heldOutStart, boundary(1 - settings.heldOutShare - settings.calibrationShare))
        training = 0..<calibrationStart
        calibration = calibrationStart..<heldOutStart
        heldOut = heldOutStart..<count
        guard set.labels[training].contains(true), set.labels[training].contains(false) else {
            throw LearningProblem.nothingToLearn(
                rowCount: training.count, badCount: set.labels[training].count { $0 }, account: set.account
            ).diagnostic
        }
    }
}

/// One training under way.
struct ModelTraining {
    let set: TrainingSet
    let features: FeatureSetDefinition
    let schema: FeatureSchema
    let settings: TrainingSettings
    let spans: TrainingSpans
    let progress: (TrainingProgress) -> Void

    /// What the file says beside what was found.
    struct Heading {
        let name: String
        let version: String
        let created: Timestamp
        let group: String?
        let label: LabelDefinition
        let dictionaryVersions: [String: String]
    }

    /// What was learned.
    struct Fitted {
        /// nil where the coefficients come from elsewhere.
        let fit: LogisticFit?
        let model: LogisticModel
        let choice: PenaltyChoice?
        let penalty: Double
        let correction: PriorCorrection?
        let rows: (count: Int, bad: Int)
        let bins: [FrozenBins]
        /// The prepared columns of the values; nil where they were left out, or nothing was prepared.
        let valueColumns: [Int?]
        let notes: [String]
        let seconds: Double
    }

    // MARK: - Fitting

    func fit(from start: ModelFile?) throws -> Fitted {
        let begun = ContinuousClock.now
        let kept = sampledRows()
        let raw = set.matrix.rows(spans.training)
        // Before the rows are prepared: bins are of raw values.
        let bins = frozenBins(raw)
        let sample = kept.count == raw.rowCount ? raw : ModelTraining.rows(kept, of: raw)
        let labels = kept.map { set.labels[$0] }
        do throws(FittingError) {
            let preparation = try DesignPreparation(learningFrom: sample, threads: settings.threads)
            let matrix = DesignMatrix(
                rowCount: sample.rowCount, columnCount: preparation.preparedColumnCount)
            for row in 0..<sample.rowCount {
                preparation.prepare(row: UnsafeBufferPointer(sample.row(row)), into: matrix.row(row))
            }
            let rows = try TrainingRows(matrix, labels: labels)
            let choice = try choose(rows, moments: kept.map { set.moments[$0].microseconds })
            let penalty = settings.penalty ?? choice?.penalty ?? 1
            var fit = try LogisticFitter(fitting(penalty)).fit(
                rows, from: start.flatMap { warm($0, preparation) },
                observer: FittingObserver(progress: { progress(.fitting($0)) }))
            let correction = try correction(rows)
            if let correction { fit = fit.corrected(correction) }
            let elapsed = ContinuousClock.now - begun
            let names = schema.columns.map(\.id)
            let notes =
                tellingFeatures(bins, names).map(\.text)
                + TrainingNotes(preparation, fit: fit.notes, names: names).texts
            return Fitted(
                fit: fit, model: try preparation.model(of: fit), choice: choice, penalty: penalty,
                correction: correction, rows: (labels.count, labels.count { $0 }), bins: bins,
                valueColumns: preparation.columns.map(\.valueColumn), notes: notes,
                seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
        } catch {
            throw error.diagnostic
        }
    }

    /// Rows that are learned from: all bad ones, and the share of the good that the settings say.
    private func sampledRows() -> [Int] {
        guard settings.goodSampling < 1 else { return Array(spans.training) }
        let kept = RowShare(settings.goodSampling, seed: settings.seed)
        return spans.training.filter { set.labels[$0] || kept.contains($0) }
    }

    private static func rows(_ kept: [Int], of matrix: DesignMatrix) -> DesignMatrix {
        let sample = DesignMatrix(rowCount: kept.count, columnCount: matrix.columnCount)
        for (place, row) in kept.enumerated() {
            _ = sample.row(place).update(fromContentsOf: UnsafeBufferPointer(matrix.row(row)))
        }
        return sample
    }

    private func fitting(_ penalty: Double) -> FittingSettings {
        FittingSettings(
            penalty: penalty, absoluteShare: settings.absoluteShare, classWeights: settings.classWeights,
            seed: settings.seed, threads: settings.threads)
    }

    private func choose(_ rows: TrainingRows, moments: [Int64]) throws(FittingError) -> PenaltyChoice? {
        guard settings.penalty == nil else { return nil }
        return try TimeOrderedValidation(penalties: settings.penalties, foldCount: 3, rule: .least).choose(
            for: rows, times: moments, settings: fitting(1),
            observer: FittingObserver(progress: { progress(.choosingPenalty($0)) }))
    }

    /// What the intercept lacks for all rows, where not all were taken or some weigh more.
    private func correction(_ rows: TrainingRows) throws(FittingError) -> PriorCorrection? {
        guard settings.goodSampling < 1 || settings.classWeights != .equal else { return nil }
        let labels = set.labels[spans.training]
        return try PriorCorrection(
            populationShare: Double(labels.count { $0 }) / Double(labels.count), rows: rows,
            classWeights: settings.classWeights)
    }

    /// Another version's weights as coefficients of prepared columns.
    private func warm(_ file: ModelFile, _ preparation: DesignPreparation) -> LogisticFit? {
        let terms = Dictionary(file.columns.map { ($0.id, $0.term) }, uniquingKeysWith: { first, _ in first })
        var coefficients = [Double](repeating: 0, count: preparation.preparedColumnCount)
        var intercept = file.intercept
        for (index, column) in preparation.columns.enumerated() {
            guard let term = terms[schema.columns[index].id] else { continue }
            // The same slope about the new mean.
            let slope = term.weight / term.deviation
            intercept += slope * (column.mean - term.mean)
            if let place = column.valueColumn { coefficients[place] = slope * column.deviation }
            // A shared indicator says what the missing values of all its columns say.
            let sharing = column.sharesIndicatorOf.flatMap { preparation.columns[$0].indicatorColumn }
            if let place = column.indicatorColumn ?? sharing {
                coefficients[place] += term.missingWeight - slope * (column.mean - term.mean)
            }
        }
        return LogisticFit(startingAt: intercept, coefficients)
    }

    private func tellingFeatures(_ bins: [FrozenBins], _ names: [String]) -> [TellingFeature] {
        let step = max(1, spans.training.count / ModelTraining.greatestTellingRowCount)
        return TellingFeature.all(
            in: set.matrix, labels: set.labels, keys: set.keys, bins: bins, names: names,
            rows: Array(stride(from: 0, to: spans.training.count, by: step)))
    }

    // MARK: - Bins

    func frozenBins(_ raw: DesignMatrix) -> [FrozenBins] {
        let step = max(1, raw.rowCount / ModelTraining.greatestBinRowCount)
        let rows = Array(stride(from: 0, to: raw.rowCount, by: step))
        return (0..<raw.columnCount).map { column in
            FrozenBins(of: rows.lazy.map { raw.values[$0 * raw.columnCount + column] })
        }
    }

    /// Deciles of so many rows are as good as of all.
    private static let greatestBinRowCount = 50_000
    /// A share of bad orders of 5% gives the AUC of a feature to about 0.01 by so many rows.
    private static let greatestTellingRowCount = 20_000
}
