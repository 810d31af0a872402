import ArgumentParser
import CaliberCore
import CaliberSimulator
import Foundation

struct SimulateCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Write a stream of made-up order events, the same for the same seed.",
        discussion: """
            Events arrive out of order, repeated, late and malformed, as they do. The shipped dictionary takes them in:
              caliber simulate --orders 10000 | caliber ingest --dictionary dictionary -
            """)

    @Option(help: "Orders to place.") var orders = 10_000
    @Option(help: "Days they are placed on.") var days = 30
    @Option(help: ArgumentHelp("The first of these days.", valueName: "yyyy-mm-dd")) var start: String?
    @Option(help: "The same seed gives the same bytes.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Write here instead of standard output.", valueName: "file")) var output: String?
    @Option(help: ArgumentHelp("Also write the ERP's ledger as CSV.", valueName: "file")) var ledger: String?
    @Option(help: ArgumentHelp("Also write the touches before the orders as NDJSON.", valueName: "file"))
    var touches: String?
    @Option(help: ArgumentHelp("Also write the truth about each order as NDJSON.", valueName: "file"))
    var truth: String?
    @Option(help: ArgumentHelp("Also write the truth about the whole as JSON.", valueName: "file"))
    var summary: String?
    @Option(
        help: ArgumentHelp(
            "Faults to inject: all, none, or a JSON file of their names and shares, which leaves the others out.",
            valueName: "all|none|file"))
    var faults = "all"

    func perform() throws {
        guard orders > 0, days > 0 else {
            throw Diagnostic(
                "empty-simulation", "\(orders) orders on \(days) days make no stream.", remedy: "Ask for at least one.")
        }
        let settings = try settings()
        let simulation = Simulation(settings)
        let events = try OutputFile.open(output)
        let orderTruths = try truth.map { try OutputFile.open($0) }
        let found = try simulation.write(
            to: { try events.write(contentsOf: $0) },
            orderTruth: orderTruths.map { handle in { try handle.write(contentsOf: $0) } })
        var ledgerTruth: LedgerTruth?
        if let ledger {
            let rows = try OutputFile.open(ledger)
            ledgerTruth = try simulation.writeLedger { try rows.write(contentsOf: $0) }
        }
        if let touches {
            let file = try OutputFile.open(touches)
            let truth = try simulation.writeTouches { try file.write(contentsOf: $0) }
            Output.note(SimulatedTouches.text(truth))
        }
        if let summary {
            let text = SimulationSummary(settings, found, ledgerTruth).json + "\n"
            try OutputFile.open(summary).write(contentsOf: Data(text.utf8))
        }
        Output.note("Wrote \(Output.grouped(found.lineCount)) events of \(Output.grouped(orders)) orders.")
    }

    private func settings() throws -> SimulationSettings {
        var settings = SimulationSettings.troubled(seed: seed, orderCount: orders, dayCount: days)
        settings.faults = try faultSettings()
        if let start {
            do {
                settings.startDay = try Array(start.utf8).withUnsafeBufferPointer { try TimestampText.parseDate($0) }
            } catch {
                throw Diagnostic("start-day", "'\(start)' is no day.", remedy: "Write it as 2025-05-25.")
            }
        }
        return settings
    }

    private func faultSettings() throws -> FaultSettings {
        switch faults {
        case "all": return .all
        case "none": return .none
        default: return try FaultFile.read(faults)
        }
    }
}

/// What was said of touches, with the truth that models of attribution don't know.
private enum SimulatedTouches {
    static func text(_ truth: TouchTruth) -> String {
        let counts = truth.causedOrderCounts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let causes = counts.map { "\($0.key) \(Output.grouped($0.value))" }.joined(separator: ", ")
        return
            "Wrote \(Output.grouped(truth.touchCount)) touches. Of \(Output.grouped(truth.touchedOrderCount)) paid orders "
            + "with a touch these channels are the cause: \(causes)."
    }
}

/// `{"stuck_share": 0.1, "slow_carriers": 2}`
private enum FaultFile {
    static func read(_ path: String) throws -> FaultSettings {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic(
                "fault-file", "\(path) can't be read.", remedy: "Name a JSON file, or write `all` or `none`.")
        }
        guard let values = try? JSONDecoder().decode([String: Double].self, from: data) else {
            throw Diagnostic(
                "fault-file", "\(path) is no JSON object of numbers.",
                remedy: "Write it as {\"stuck_share\": 0.1, \"slow_carriers\": 2}.")
        }
        var settings = FaultSettings.none
        for (name, value) in values {
            guard let path = FaultSettings.names.first(where: { $0.name == name })?.path else {
                let known = FaultSettings.names.map(\.name)
                throw Diagnostic(
                    "unknown-fault", "There is no fault '\(name)'.",
                    remedy: "There are \(known.joined(separator: ", ")).",
                    suggestions: NameSuggestion.nearest(to: name, among: known))
            }
            guard value.isFinite, value >= 0, value <= 1000 else {
                throw Diagnostic("fault-share", "\(name) can't be \(value).", remedy: "Shares go from 0 to 1.")
            }
            settings[keyPath: path] = value
        }
        return settings
    }
}
