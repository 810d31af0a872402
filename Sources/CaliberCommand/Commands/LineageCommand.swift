import ArgumentParser
import CaliberCore
import CaliberDictionary

struct LineageCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "What a figure is made of, or what depends on a field; filters included.",
        discussion: """
            Examples:
              caliber lineage gmv
              caliber lineage --downstream payment.callback.amount
              caliber lineage orders.paid --format json
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case tree, json }

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "A metric, a table's column (orders.paid), a contract or its field (payment.callback.amount).")
    var name: String
    @Flag(help: "What depends on it, instead of what it is made of.") var downstream = false
    @Option(help: "How it is drawn.") var format: Format = .tree

    func perform() throws {
        let lineage = Lineage(of: try deployment.loadDictionary().dictionary)
        let view = downstream ? try lineage.downstream(of: name) : try lineage.upstream(of: name)
        Output.data(format == .tree ? view.tree : view.json)
    }
}
