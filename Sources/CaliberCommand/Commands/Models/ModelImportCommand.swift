import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberRegression
import CaliberScoring
import Foundation

struct ModelImportCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over coefficients that were fitted with scikit-learn.",
        discussion: """
            The file is one JSON object with coef_, intercept_ and feature_names_in_, and mean_ and scale_ of a \
            StandardScaler where there was one; names are those of `caliber features list`. Orders of the log then give \
            the model its calibration, its line of review and its figures, as in training.
            """)

    @OptionGroup var options: ScoredRowOptions
    @Argument(help: "The JSON file.") var file: String
    @Option(name: .customLong("features"), help: "The feature set; the dictionary's only one otherwise.")
    var featureSet: String?
    @Option(help: "The label; the table's only one otherwise.") var label: String?
    @Option(help: ArgumentHelp("The model's name; the feature set's otherwise.", valueName: "name")) var name: String?
    @Option(help: ArgumentHelp("A column that figures are told by.", valueName: "column")) var by = "channel"
    @Option(help: ArgumentHelp("How probabilities are calibrated: none, platt, isotonic.", valueName: "method"))
    var calibration = "platt"
    @Option(
        help: ArgumentHelp(
            "Orders that can be reviewed: a share up to 1, or a number a day. It decides which risk is health 60.",
            valueName: "number"))
    var capacity = 0.05
    @Option(help: ArgumentHelp("Why; kept in the model.", valueName: "text")) var why: String

    func perform() throws {
        let engine = try options.deployment.openEngine()
        let features = try engine.featureSet(featureSet)
        let label = try engine.label(label, of: features.table)
        let coefficients = try read(FeatureSchema(features))
        let name = name ?? features.name
        let group = by.isEmpty ? nil : by
        var settings = TrainingSettings(threads: engine.queryParallelism)
        settings.calibration = try TrainingText.calibration(calibration)
        settings.capacity = capacity <= 1 ? .share(capacity) : .ordersPerDay(capacity)
        let set = try engine.trainingSet(features, label: label, group: group)
        Output.note(TrainingText.account(set))
        let made = try engine.adopt(
            coefficients, set, features: features, label: label, name: name,
            version: options.registry.nextVersion(of: name), group: group, settings: settings,
            notes: notes(coefficients, of: features.features.count))
        let paths = try options.registry.save(made.file, schema: made.schema)
        Output.data(TrainingText.report(made))
        Output.note("Wrote \(paths.model) and its card beside it.")
        try options.registry.promoteFirst(made.file)
    }

    private func read(_ schema: FeatureSchema) throws -> ScikitLearnModel {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw Diagnostic(
                "input-file", "\(file) can't be read: \(error.localizedDescription)", remedy: "Check its path.")
        }
        return try ScikitLearnModel(reading: data, path: file, schema: schema)
    }

    private func notes(_ coefficients: ScikitLearnModel, of columnCount: Int) -> [String] {
        let used = columnCount - coefficients.unusedColumns.count
        return [
            "Coefficients of \(used) of \(columnCount) columns were fitted elsewhere, with scikit-learn, and taken over: \(why)",
            "Which orders they were fitted on is not known here; figures on those flatter the model.",
        ]
    }
}
