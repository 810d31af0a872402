import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberRegression
import Foundation

struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features", abstract: "What is known of an order when it is scored.",
        subcommands: [FeatureListCommand.self, FeatureExportCommand.self])
}

struct FeatureListCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The columns of a feature set, templates filled in.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The feature set; the only one otherwise.") var set: String?
    @Flag(help: "Also say what each is, down to the event fields.") var meanings = false

    func perform() throws {
        let dictionary = try deployment.loadDictionary().dictionary
        let set = try dictionary.featureSet(orOnly: set)
        var rows: [[String]] = []
        for (index, feature) in set.features.enumerated() {
            rows.append(["\(index + 1)", feature.name, feature.group ?? "", meanings ? feature.meaning : ""])
        }
        Output.data(TextColumns.align(rows, indent: ""))
        Output.note("\(Output.count(set.features.count, "feature")) of \(set.name), over table \(set.table).")
    }
}

struct FeatureExportCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the training set as CSV: each order as it was known, and what became of it.",
        discussion: """
            A row is as of its first training moment, on both clocks: only what had happened and had arrived by then. A \
            row is there once its label has matured. Empty: not known.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The feature set; the only one otherwise.") var set: String?
    @Option(help: "The label; the table's only one otherwise.") var label: String?
    @Option(help: ArgumentHelp("Write here instead of standard output.", valueName: "file")) var output: String?

    func perform() throws {
        let engine = try deployment.openEngine()
        let features = try engine.featureSet(set)
        let label = try engine.label(label, of: features.table)
        let training = try engine.trainingSet(features, label: label)
        let target = try OutputFile.open(output)
        try target.write(contentsOf: Data(header(features, label).utf8))
        var text = ""
        for row in training.labels.indices {
            text += training.keys[row] + "," + training.moments[row].description + (training.labels[row] ? ",1" : ",0")
            for value in training.matrix.row(row) { text += value.isNaN ? "," : ",\(value)" }
            text += "\n"
            if text.utf8.count > 1 << 20 {
                try target.write(contentsOf: Data(text.utf8))
                text = ""
            }
        }
        try target.write(contentsOf: Data(text.utf8))
        Output.note(TrainingText.account(training))
    }

    private func header(_ features: FeatureSetDefinition, _ label: LabelDefinition) -> String {
        (["key", "moment", label.name] + features.features.map(\.name)).joined(separator: ",") + "\n"
    }
}

/// What is said about rows to learn from.
enum TrainingText {
    static func account(_ training: TrainingSet) -> String {
        let account = training.account
        var parts = ["\(Output.count(account.used, "row")) to learn from"]
        if account.immature > 0 { parts.append("\(Output.grouped(account.immature)) not mature yet") }
        if account.unknown > 0 { parts.append("\(Output.grouped(account.unknown)) whose label can't be told") }
        if account.outside > 0 { parts.append("\(Output.grouped(account.outside)) outside the span") }
        return "Of \(Output.grouped(account.total)) with a training moment: " + parts.joined(separator: ", ") + "."
    }
}
