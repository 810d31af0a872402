import ArgumentParser
import CaliberCore
import CaliberQuery

/// Options that hold groups of an answer against each other.
struct RelationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only the groups with the largest values.", valueName: "count"))
    var top: Int?

    @Option(help: ArgumentHelp("With --top: the metric that decides; the first otherwise.", valueName: "metric"))
    var by: String?

    @Option(
        help: ArgumentHelp("With --top: so many groups for each value of these dimensions.", valueName: "names"))
    var per: [String] = []

    @Flag(help: "With --top: all other groups as one more row, counted from their own rows.")
    var others = false

    @Option(
        help: ArgumentHelp(
            "A column with the place of a metric's value, 1 is the largest; metric:within=dimension ranks apart.",
            valueName: "metric"))
    var rank: [String] = []

    @Option(
        help: ArgumentHelp(
            "A column with the part of the total; metric:within=dimension for parts of its values' totals.",
            valueName: "metric"))
    var share: [String] = []

    /// - Throws: `Diagnostic` when what belongs to --top stands without it.
    func topGroups() throws -> TopGroups? {
        let names = per.flatMap { $0.split(separator: ",") }.map { $0.split(separator: " ").joined(separator: " ") }
        if let top { return TopGroups(top, by: by, per: names, showsOthers: others) }
        let alone = by != nil ? "--by" : !per.isEmpty ? "--per" : others ? "--others" : nil
        guard let alone else { return nil }
        throw Diagnostic(
            "option-without-top", "\(alone) means nothing without --top.", remedy: "Add --top and how many groups.")
    }
}
