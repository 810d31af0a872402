import ArgumentParser
import CaliberAttribution
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberQuery

struct AttributionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attribution",
        abstract: "Which channels conversions are owed to, by any model.",
        discussion: """
            The dictionary's `attributions` say which rows are touches, what channel a touch came by and how far back a \
            path goes. By every model the channels' parts add up to the total. Models: last, first, last_non_direct, \
            linear, time_decay, position, markov, markov_2, markov_3, shapley.

            Examples:
              caliber attribution report --model markov --start-time 2026-03-01 --end-time 2026-03-31
              caliber attribution compare --models last,linear,markov,shapley
              caliber attribution paths --limit 10
            """,
        subcommands: [
            AttributionReportCommand.self, AttributionCompareCommand.self, AttributionPathsCommand.self,
        ])
}

/// What all of an attribution's reports can be asked for.
struct AttributionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("One of the dictionary's; the only one otherwise.", valueName: "name"))
    var attribution: String?
    @Option(
        help: ArgumentHelp("What is shared out beside conversions; the attribution's own otherwise.", valueName: "name")
    )
    var metric: String?
    @Option(name: .customLong("start-time"), help: ArgumentHelp("First day or moment, ISO 8601.", valueName: "time"))
    var startTime: String?
    @Option(
        name: .customLong("end-time"), help: ArgumentHelp("Last day or moment, inclusive, ISO 8601.", valueName: "time")
    )
    var endTime: String?

    func query(_ models: [AttributionModel]) -> AttributionQuery {
        AttributionQuery(
            attribution: attribution, models: models, metric: metric.map { MetricReference(text: $0) },
            startTime: startTime, endTime: endTime)
    }

    /// - Throws: what is wrong with a name, with the nearest right one.
    static func model(_ name: String) throws -> AttributionModel {
        do throws(AttributionModelProblem) {
            return try AttributionModel(name: name)
        } catch {
            throw error.diagnostic
        }
    }
}

enum AttributionFormat: String, ExpressibleByArgument, CaseIterable {
    case table, csv, json, plot
}

struct AttributionReportCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "What each channel gets by one model.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: AttributionOptions
    @Option(help: ArgumentHelp("The model.", valueName: "name")) var model = "markov"
    @Option(help: "How it is written.") var format: AttributionFormat = .table

    func perform() throws {
        let report = try deployment.openEngine().attribute(options.query([try AttributionOptions.model(model)]))
        switch format {
        case .json: Output.data(report.channelJSON)
        case .csv: Output.data(report.channelCSV)
        case .table: Output.data(AttributionText.report(report))
        case .plot: Output.data(AttributionText.plot(report))
        }
        if format == .table || format == .plot { Output.note(AttributionText.provenance(report)) }
    }
}

struct AttributionCompareCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "What each channel gets by several models, side by side.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: AttributionOptions
    @Option(help: ArgumentHelp("Models, by comma.", valueName: "names"))
    var models = "last,first,linear,time_decay,position,markov,shapley"
    @Flag(help: "Conversions instead of the metric.") var conversions = false
    @Option(help: "How it is written.") var format: AttributionFormat = .table

    func perform() throws {
        var named: [AttributionModel] = []
        for name in models.split(separator: ",") {
            let model = try AttributionOptions.model(name.filter { $0 != " " })
            if !named.contains(model) { named.append(model) }
        }
        guard !named.isEmpty else {
            throw Diagnostic("no-model", "No model is named.", remedy: "Name some: --models last,markov.")
        }
        let report = try deployment.openEngine().attribute(options.query(named))
        switch format {
        case .json: Output.data(report.channelJSON)
        case .csv: Output.data(report.channelCSV)
        case .table: Output.data(AttributionText.comparison(report, ofConversions: conversions))
        case .plot: Output.data(AttributionText.comparedPlot(report, ofConversions: conversions))
        }
        if format == .table || format == .plot { Output.note(AttributionText.provenance(report)) }
    }
}

struct AttributionPathsCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "paths",
        abstract: "The paths that led to conversions: which, how long, how fast, and who helped whom.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: AttributionOptions
    @Option(help: ArgumentHelp("How many paths.", valueName: "number")) var limit = 10
    @Option(help: "How it is written; CSV has the paths alone.") var format: AttributionFormat = .table

    func perform() throws {
        let report = try deployment.openEngine().attribute(options.query([.last]))
        switch format {
        case .json: Output.data(report.pathJSON(limit: max(0, limit)))
        case .csv: Output.data(report.pathCSV(limit: max(0, limit)))
        case .table, .plot: Output.data(AttributionText.paths(report, limit: max(0, limit)))
        }
        if format == .table || format == .plot { Output.note(AttributionText.provenance(report)) }
    }
}
