import ArgumentParser
import CaliberCore
import CaliberScoring
import Foundation

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Train, judge and put into use the models that score orders.",
        subcommands: [
            ModelTrainCommand.self, ModelListCommand.self, ModelShowCommand.self, ModelCompareCommand.self,
            ModelEvaluateCommand.self, ModelThresholdCommand.self, ModelDriftCommand.self, ModelReplayCommand.self,
            ModelPromoteCommand.self, ModelRollbackCommand.self, ModelExportCommand.self, ModelImportCommand.self,
        ])
}

/// Where models are kept.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("Folder of the models (CALIBER_MODELS; else \"models\").", valueName: "folder"))
    var models: String?

    var registry: ModelRegistry {
        let named = ProcessInfo.processInfo.environment["CALIBER_MODELS"].flatMap { $0.isEmpty ? nil : $0 }
        return ModelRegistry(folder: URL(fileURLWithPath: models ?? named ?? "models"))
    }
}

/// Who changes which model decides, and why: kept for good.
struct DecisionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Who decides (USER otherwise).", valueName: "name")) var by: String?
    @Option(help: ArgumentHelp("Why; kept in the history.", valueName: "text")) var why: String

    var who: String { by ?? ProcessInfo.processInfo.environment["USER"] ?? "unknown" }
}

struct ModelListCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The models that there are, and which of them decide.")

    @OptionGroup var options: ModelOptions
    @Flag(help: "As JSON.") var json = false

    func perform() throws {
        let models = try options.registry.list()
        guard !json else { return Output.data(try ModelText.json(models)) }
        guard !models.isEmpty else {
            return Output.note("No models in \(options.registry.folder.path). Train one: caliber model train")
        }
        var rows = [["MODEL", "STANDS AS", "TRAINED", "ROWS", "BAD", "AUC", ""]]
        for model in models {
            rows.append([
                "\(model.name)@\(model.version)", model.aliases.map(\.rawValue).joined(separator: ", "),
                model.created.map { ModelText.day($0) } ?? "", model.rowCount.map { Output.grouped($0) } ?? "",
                model.baseRate.map { ModelText.percent($0) } ?? "",
                model.areaUnderCurve.map { ModelText.figure($0) } ?? "",
                model.problem ?? "",
            ])
        }
        Output.data(TextColumns.align(rows, indent: ""))
    }
}

struct ModelShowCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "A model's card: what it foresees, from what, how well, and what limits it has.")

    @OptionGroup var options: ModelOptions
    @Argument(help: "order_health for the champion, or order_health@3.") var model: String
    @Flag(help: "The whole file as JSON.") var json = false

    func perform() throws {
        let file = try options.registry.load(model)
        if json {
            Output.data(String(decoding: try file.encoded(), as: UTF8.self))
        } else {
            Output.data(try ModelCard(file).text)
        }
    }
}

struct ModelCompareCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Two models side by side: figures, weights, and columns that only one has.")

    @OptionGroup var options: ModelOptions
    @Argument(help: "order_health@1") var left: String
    @Argument(help: "order_health@2") var right: String
    @Flag(help: "As JSON.") var json = false

    func perform() throws {
        let comparison = ModelComparison(try options.registry.load(left), try options.registry.load(right))
        guard !json else { return Output.data(try ModelText.json(comparison)) }
        var rows = [["", comparison.left, comparison.right, "difference"]]
        for figure in comparison.figures {
            // Counts are whole numbers, all else has its digits behind the point.
            let isCount = ["rows", "columns", "penalty"].contains(figure.name)
            let values = [figure.left, figure.right, figure.difference]
            rows.append([figure.name] + values.map { isCount ? ModelText.number($0) : ModelText.figure($0) })
        }
        Output.data(TextColumns.align(rows, indent: ""))
        if !comparison.spansAgree {
            Output.note("The two were judged by different orders: compare these figures with care.")
        }
        guard !comparison.weightChanges.isEmpty else { return }
        Output.data("\nWeights that differ most, in log-odds for one deviation:")
        Output.data(
            TextColumns.align(
                comparison.weightChanges.map { [$0.id, ModelText.figure($0.left), ModelText.figure($0.right)] }))
        for (title, names) in [
            ("Only in \(comparison.left)", comparison.onlyLeft), ("Only in \(comparison.right)", comparison.onlyRight),
            ("Defined differently", comparison.redefined),
        ] where !names.isEmpty { Output.data("\(title): \(names.joined(separator: ", "))") }
    }
}

struct ModelPromoteCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Let a version decide, or be tried beside the one that does.")

    @OptionGroup var options: ModelOptions
    @Argument(help: "order_health@3") var model: String
    @Flag(help: "As challenger: scored beside the champion, decides nothing.") var challenger = false
    @OptionGroup var decision: DecisionOptions

    func perform() throws {
        let registry = options.registry
        let (name, version) = try registry.resolve(model)
        try registry.promote(
            name, version: version, to: challenger ? .challenger : .champion, at: ModelText.now, by: decision.who,
            why: decision.why)
        Output.note("\(name)@\(version) is now \(challenger ? "challenger" : "champion").")
    }
}

struct ModelRollbackCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Give the place back to the champion before.")

    @OptionGroup var options: ModelOptions
    @Argument(help: "order_health") var name: String
    @OptionGroup var decision: DecisionOptions

    func perform() throws {
        let aliases = try options.registry.rollback(
            name, at: ModelText.now, by: decision.who, why: decision.why)
        Output.note("\(name)@\(aliases.champion ?? "?") is champion again.")
    }
}
