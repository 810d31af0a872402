import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberQuery

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show what the dictionary holds.",
        subcommands: [
            ListMetrics.self, ListDimensions.self, ListDimensionValues.self, ListTables.self, ListContracts.self,
            ListSources.self, ListSavedQueries.self, ListCalendars.self,
        ])
}

struct ListMetrics: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "metrics", abstract: "Metrics with their meaning.")
    @OptionGroup var deployment: DeploymentOptions
    @Option(help: "Only those with this text in name, label, synonym or description.") var search: String?

    func perform() throws {
        let metrics = try deployment.loadDictionary().dictionary.metrics.filter(matches)
        guard !metrics.isEmpty else {
            Output.note(search.map { "No metric mentions \"\($0)\"." } ?? "The dictionary has no metrics yet.")
            return
        }
        Output.data(
            TextColumns.align(
                metrics.map { metric in
                    [
                        metric.id, "\(metric.name)@\(metric.version)", metric.labelZH ?? metric.label,
                        metric.status.rawValue, metric.owner, metric.description,
                    ]
                }, indent: ""))
    }

    private func matches(_ metric: MetricDefinition) -> Bool {
        guard let search = search?.lowercased() else { return true }
        let texts = [metric.id, metric.name, metric.label, metric.labelZH ?? "", metric.description] + metric.synonyms
        return texts.contains { $0.lowercased().contains(search) }
    }
}

struct ListDimensions: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "dimensions", abstract: "What some metrics can be grouped by and filtered on, together.")
    @OptionGroup var deployment: DeploymentOptions
    @Option(help: ArgumentHelp("Names, by comma.", valueName: "names")) var metrics: String

    func perform() throws {
        let loaded = try deployment.loadDictionary()
        let planner = QueryPlanner(dictionary: loaded.dictionary) { loaded.definitionHash(of: $0) }
        let dimensions = try planner.listDimensions(metrics: MetricReference.list(metrics))
        Output.data(
            TextColumns.align(
                dimensions.map { dimension in
                    [
                        dimension.name, dimension.type.name,
                        (dimension.grains.map(\.rawValue) + dimension.calendarGrains).joined(separator: " "),
                        dimension.description ?? "",
                    ]
                }, indent: ""))
    }
}

struct ListDimensionValues: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "dimension-values", abstract: "The values a dimension takes.")
    @OptionGroup var deployment: DeploymentOptions
    @Option(help: "The dimension.") var dimension: String
    @Option(help: ArgumentHelp("Metrics whose rows count, by comma.", valueName: "names")) var metrics: String
    @Option(help: "At most so many values.") var limit: Int?

    func perform() throws {
        let session = try deployment.openEngine().session()
        let values = try session.values(of: dimension, metrics: MetricReference.list(metrics), limit: limit)
        Output.data(values.joined(separator: "\n"))
        if values.isEmpty { Output.note("No row that counts has a value of \(dimension).") }
    }
}

struct ListTables: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "tables", abstract: "Wide tables.")
    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let tables = try deployment.loadDictionary().dictionary.tables
        Output.data(
            TextColumns.align(
                tables.map { table in
                    [
                        table.name, "key \(table.key.map(\.name).joined(separator: ", "))",
                        table.anchor.map { "anchor \($0)" } ?? "dimension", "\(table.columns.count) columns",
                        table.description ?? "",
                    ]
                }, indent: ""))
    }
}

struct ListContracts: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "contracts", abstract: "Event types.")
    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let contracts = try deployment.loadDictionary().dictionary.contracts
        Output.data(
            TextColumns.align(
                contracts.map { contract in
                    [
                        "\(contract.name)@\(contract.version)", "\(contract.fields.count) fields", contract.owner ?? "",
                        contract.description ?? "",
                    ]
                }, indent: ""))
    }
}

struct ListSources: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "sources", abstract: "CSV mappings.")
    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let sources = try deployment.loadDictionary().dictionary.sources
        guard !sources.isEmpty else {
            Output.note("The dictionary maps no CSV; docs/dictionary.md shows how.")
            return
        }
        Output.data(
            TextColumns.align(
                sources.map { source in
                    [
                        source.name, "→ " + Set(source.events.map(\.contract)).sorted().joined(separator: ", "),
                        source.description ?? "",
                    ]
                }, indent: ""))
    }
}

struct ListSavedQueries: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "saved-queries", abstract: "Queries under a name.")
    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let queries = try deployment.loadDictionary().dictionary.savedQueries
        guard !queries.isEmpty else {
            Output.note("The dictionary has no saved queries; docs/dictionary.md shows one.")
            return
        }
        Output.data(
            TextColumns.align(
                queries.map { query in
                    [
                        query.name, query.label == query.name ? "" : query.label, query.owner,
                        query.metrics.joined(separator: ", ")
                            + (query.groupBy.isEmpty ? "" : " by " + query.groupBy.joined(separator: ", ")),
                        query.description ?? "",
                    ]
                }, indent: ""))
    }
}

struct ListCalendars: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "calendars", abstract: "Fiscal years and seasons, with the grains they offer.")
    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let calendars = try deployment.loadDictionary().dictionary.calendars
        guard !calendars.isEmpty else {
            Output.note("The dictionary has no calendars of its own; docs/dictionary.md shows some.")
            return
        }
        Output.data(TextColumns.align(calendars.map(CalendarText.row), indent: ""))
    }
}

extension MetricReference {
    static func list(_ text: String) -> [MetricReference] {
        text.split(separator: ",").map { name in
            MetricReference(text: String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
        }
    }
}
