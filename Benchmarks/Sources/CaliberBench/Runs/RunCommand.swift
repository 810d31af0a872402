import ArgumentParser
import Foundation

/// What a run can measure.
enum RunPart: String, CaseIterable, ExpressibleByArgument {
    case queries, start, disk, intake, live, growth, train, score, features, event, attribution, service, identity, soak

    /// What is measured where nothing is named: all but what takes longer than all others together.
    static let usual = allCases.filter { $0 != .soak }

    /// Whether it needs the table of orders in every engine's form.
    var usesOrders: Bool { [.queries, .start, .disk].contains(self) }
}

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure all engines in one run and write the tables.")

    @OptionGroup var streams: StreamOptions
    @OptionGroup var contenders: Contenders
    @Option(help: "Orders that the queries are asked over.") var orders = 1_000_000
    @Option(help: "Orders whose events are taken in.") var intakeOrders = 250_000
    @Option(help: "Orders whose events SQLite takes in; it is too slow for more.") var sqliteIntakeOrders = 50_000
    @Option(help: "How many times as many events Caliber also takes in; 0 for none.") var intakeGrowth = 10
    @Option(help: "Runs of each intake; the median counts.") var intakeRepetitions = 3
    @Option(help: "Runs of each query after the first; the median counts.") var queryRepetitions = 9
    @Option(help: "Live batches.") var liveBatches = 100
    @Option(help: "Rows of 200 columns that models are fitted on and score.") var trainRows = 1_000_000
    @Option(help: "Rounds of fits; the median counts.") var trainRepetitions = 3
    @Option(help: "Orders whose features are computed by replay; also a tenth of them.") var featureOrders = 1_000_000
    @Option(help: "Rounds of features; the median counts.") var featureRepetitions = 3
    @Option(help: "Orders before and among the events that are scored one at a time.") var eventOrders = 100_000
    @Option(help: "Events that come one at a time.") var events = 20_000
    @Option(help: "Paths that are attributed.") var attributionPaths = 1_000_000
    @Option(help: "Rounds of ChannelAttribution, each with a seed of its own.") var attributionRepetitions = 3
    @Option(help: "Events that the service takes in as fast as it can.") var serviceEvents = 1_000_000
    @Option(help: "Seconds at a steady rate, with alerts.") var servicePacedSeconds = 60
    @Option(help: "Minutes under full load, of the part that is called soak.") var soakMinutes = 30
    @Option(help: "Identity links that people are found from.") var identityLinks = 10_000_000
    @Option(help: "Rounds of them; the median counts.") var identityRepetitions = 3
    @Option(help: "The page whose tables are written anew.") var page = "docs/performance.md"
    @Option(
        name: .customLong("only"), parsing: .upToNextOption, help: "Parts to measure; the page is then left as it is.")
    var only: [RunPart] = []

    func validate() throws {
        let counts = [
            orders, intakeOrders, sqliteIntakeOrders, intakeRepetitions, queryRepetitions, liveBatches, trainRows,
            trainRepetitions, featureOrders, featureRepetitions, eventOrders, events, serviceEvents / 1_000,
            servicePacedSeconds, soakMinutes, attributionPaths, attributionRepetitions, identityLinks,
            identityRepetitions,
        ]
        guard counts.allSatisfy({ $0 > 0 }), intakeGrowth >= 0 else {
            throw ValidationError("Orders, batches and repetitions are at least 1.")
        }
    }

    func run() throws {
        try FileManager.default.createDirectory(at: contenders.scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: contenders.scratch) }
        let sections = try sections()
        let text = sections.map(\.markdown).joined(separator: "\n\n")
        print(text)
        if only.isEmpty { try PerformancePage(path: page).write(text) }
        if sections.contains(where: \.hasDifferences) { throw ExitCode.failure }
    }

    private func sections() throws -> [any ReportSection] {
        let parts = only.isEmpty ? RunPart.usual : only
        Progress.say("memory bandwidth")
        let bandwidth = try contenders.own("bandwidth-job").report(BandwidthReport.self)
        var sections: [any ReportSection] = [
            MachineSection(machine: try MachineDescription.current(contenders), bandwidth: bandwidth)
        ]
        if parts.contains(where: \.usesOrders) { sections += try orderSections(parts, bandwidth) }
        if parts.contains(.intake) { sections.append(try intake()) }
        if parts.contains(.live) { sections.append(try live()) }
        if parts.contains(.growth) { sections.append(try growth()) }
        if parts.contains(.train) { sections.append(TrainSection(result: try learning().trainResult())) }
        if parts.contains(.score) { sections.append(ScoreSection(result: try learning().scoreResult())) }
        if parts.contains(.features) { sections.append(try features()) }
        if parts.contains(.event) { sections.append(try event()) }
        if parts.contains(.attribution) { sections.append(try attribution()) }
        if parts.contains(.service) { sections.append(try service()) }
        if parts.contains(.identity) { sections.append(try identity()) }
        if parts.contains(.soak) { sections.append(try soak()) }
        return sections
    }

    private func identity() throws -> IdentitySection {
        let run = IdentityRun(
            contenders: contenders, folder: try dataFolder(), linkCount: identityLinks,
            repetitions: identityRepetitions, seed: streams.seed)
        return IdentitySection(result: try run.result())
    }

    private func orderSections(_ asked: [RunPart], _ bandwidth: BandwidthReport) throws -> [any ReportSection] {
        var files = try files(orders)
        try files.preparePeers(contenders)
        let parts = try contenders.peer("caliber_file", [files.caliber, "orders", "--since", BenchmarkQuery.recentDay])
            .report(CaliberFileParts.self)
        var sections: [any ReportSection] = []
        if asked.contains(.queries) {
            let run = QueryRun(
                contenders: contenders, files: files, parts: parts, bandwidth: bandwidth, repetitions: queryRepetitions)
            sections.append(QueriesSection(orders: orders, results: try run.results()))
        }
        if asked.contains(.start) {
            let run = StartRun(contenders: contenders, files: files, repetitions: queryRepetitions)
            sections.append(StartSection(orders: orders, results: try run.results()))
        }
        if asked.contains(.disk) { sections.append(DiskSection(files: files, parts: parts)) }
        return sections
    }

    private func intake() throws -> IntakeSection {
        let run = IntakeRun(contenders: contenders, repetitions: intakeRepetitions)
        let results =
            try run.results(
                [.caliber, .duckDB, .duckDBKeepingEvents, .clickHouse], try streams.stream(orders: intakeOrders))
            + run.results([.sqlite], try streams.stream(orders: sqliteIntakeOrders))
        let once = IntakeRun(contenders: contenders, repetitions: 1)
        let longer =
            intakeGrowth == 0
            ? nil : try once.results([.caliber], try streams.stream(orders: intakeOrders * intakeGrowth)).first
        return IntakeSection(results: results, longer: longer)
    }

    private func live() throws -> LiveSection {
        let files = try files(min(orders, 1_000_000))
        let run = LiveRun(contenders: contenders, files: files, batchCount: liveBatches)
        return LiveSection(orders: files.orders, results: try run.results())
    }

    private func growth() throws -> GrowthSection {
        let sizes = [RunCommand.smallestSize, 1_000_000, 10_000_000, 30_000_000].filter { $0 < orders } + [orders]
        let run = GrowthRun(contenders: contenders, sizes: try sizes.map(files), repetitions: queryRepetitions)
        return GrowthSection(results: try run.results())
    }

    private func learning() throws -> LearningRun {
        LearningRun(
            contenders: contenders, folder: try dataFolder(), rowCount: trainRows, repetitions: trainRepetitions,
            seed: streams.seed)
    }

    private func features() throws -> FeaturesSection {
        let run = FeaturesRun(contenders: contenders, repetitions: featureRepetitions)
        let fewer = max(1, featureOrders / 10)
        return FeaturesSection(results: [
            try run.result(try FeatureFiles.prepare(orders: fewer, streams, contenders), forms: FeatureForm.allCases),
            try run.result(
                try FeatureFiles.prepare(orders: featureOrders, streams, contenders),
                forms: FeatureForm.allCases.filter { !$0.isForFewOrders }),
        ])
    }

    private func event() throws -> EventScoreSection {
        let database = try FeatureFiles.prepareLive(orders: eventOrders, events: events, streams, contenders)
        let run = EventScoreRun(contenders: contenders, orders: eventOrders, events: events, database: database)
        return EventScoreSection(result: try run.result())
    }

    private func attribution() throws -> AttributionSection {
        let run = AttributionRun(
            contenders: contenders, folder: try dataFolder(), paths: attributionPaths,
            repetitions: attributionRepetitions, seed: streams.seed)
        return AttributionSection(paths: attributionPaths, results: try run.results())
    }

    private func service() throws -> ServiceSection {
        let run = ServiceRun(
            contenders: contenders, events: serviceEvents, pacedSeconds: servicePacedSeconds,
            seed: streams.seed)
        return ServiceSection(result: try run.result())
    }

    private func soak() throws -> SoakSection {
        let run = ServiceSoak(contenders: contenders, minutes: soakMinutes, seed: streams.seed)
        return SoakSection(minutes: try run.result())
    }

    private static let smallestSize = 100_000

    /// Where files are kept for the next run.
    private func dataFolder() throws -> URL {
        let folder = URL(filePath: streams.data).absoluteURL
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// The table of some size, with Caliber's database made.
    private func files(_ orders: Int) throws -> OrdersFiles {
        var files = OrdersFiles(orders: orders, seed: streams.seed, in: try dataFolder())
        try files.prepareCaliber(seed: streams.seed, contenders)
        return files
    }
}
