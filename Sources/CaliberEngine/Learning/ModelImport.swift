import CaliberCore
import CaliberDictionary
import CaliberRegression
import CaliberScoring

extension Engine {
    /// Makes a model of coefficients that were fitted elsewhere: rows of the log give it means, bins, a calibration, a line
    /// of review and figures, as a training does; writes nothing.
    ///
    /// A value that is missing counts as the training rows' mean.
    ///
    /// - Parameters:
    ///   - coefficients: of the feature set's columns.
    ///   - settings: of calibration, spans and capacity; what says how to fit is not asked.
    ///   - notes: what the file is to say of where the coefficients come from.
    public func adopt(
        _ coefficients: ScikitLearnModel, _ set: TrainingSet, features: FeatureSetDefinition, label: LabelDefinition,
        name: String, version: String, group: String?, settings: TrainingSettings, notes: [String]
    ) throws -> TrainedModel {
        let training = ModelTraining(
            set: set, features: features, schema: try FeatureSchema(features), settings: settings,
            spans: try TrainingSpans(set, settings), progress: { _ in })
        return try training.judged(
            training.adopted(coefficients, notes: notes),
            heading: ModelTraining.Heading(
                name: name, version: version, created: now(), group: group, label: label,
                dictionaryVersions: dictionaryVersions(of: features, label)))
    }
}

extension ModelTraining {
    fileprivate func adopted(_ coefficients: ScikitLearnModel, notes: [String]) throws -> Fitted {
        let rows = set.matrix.rows(spans.training)
        let labels = set.labels[spans.training]
        do throws(FittingError) {
            let learned = try DesignPreparation(learningFrom: rows, threads: settings.threads)
            return Fitted(
                fit: nil, model: coefficients.model.rebased(on: learned.columns.map { ($0.mean, $0.deviation) }),
                choice: nil, penalty: 0, correction: nil, rows: (labels.count, labels.count { $0 }),
                bins: frozenBins(rows), valueColumns: schema.columns.map { _ in nil }, notes: notes, seconds: 0)
        } catch {
            throw error.diagnostic
        }
    }
}
