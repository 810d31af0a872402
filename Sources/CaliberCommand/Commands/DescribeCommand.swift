import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberQuery

struct DescribeCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Say what a metric, table, contract, source or calendar means.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "A metric (name, id or name@version), table, contract, source or calendar.") var name: String

    func perform() throws {
        let loaded = try deployment.loadDictionary()
        let dictionary = loaded.dictionary
        let reference = MetricReference(text: name)
        if let metric = dictionary.metric(named: reference.name, version: reference.version) {
            Output.data(DefinitionText.describe(metric, in: loaded))
        } else if let table = dictionary.table(named: name) {
            Output.data(DefinitionText.describe(table, in: dictionary))
        } else if let contract = dictionary.contract(named: name) {
            Output.data(DefinitionText.describe(contract))
        } else if let source = dictionary.source(named: name) {
            Output.data(DefinitionText.describe(source))
        } else if let calendar = dictionary.calendar(named: name)
            ?? dictionary.calendarGrain(named: name).flatMap({ dictionary.calendar(named: $0.calendar.name) })
        {
            let today = dictionary.settings.timeZone.date(of: Engine.wallClock())
            Output.data(CalendarText.describe(calendar, today: today))
        } else {
            throw unknown(in: dictionary)
        }
    }

    private func unknown(in dictionary: MetricDictionary) -> Diagnostic {
        let names =
            dictionary.metrics.map(\.name) + dictionary.tables.map(\.name) + dictionary.contracts.map(\.name)
            + dictionary.sources.map(\.name) + dictionary.calendars.map(\.name)
        return Diagnostic(
            "unknown-name", "The dictionary defines no \"\(name)\".",
            remedy: "`caliber list metrics`, `list tables`, `list contracts`, `list sources` and `list calendars` "
                + "show what there is.",
            suggestions: NameSuggestion.nearest(to: name, among: names))
    }
}
