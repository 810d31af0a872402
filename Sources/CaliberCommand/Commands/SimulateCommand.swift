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
    @Option(help: "The same seed gives the same bytes.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Write here instead of standard output.", valueName: "file")) var output: String?
    @Option(help: ArgumentHelp("Also write the ERP's ledger as CSV.", valueName: "file")) var ledger: String?

    func perform() throws {
        guard orders > 0, days > 0 else {
            throw Diagnostic(
                "empty-simulation", "\(orders) orders on \(days) days make no stream.", remedy: "Ask for at least one.")
        }
        let simulation = Simulation(SimulationSettings(seed: seed, orderCount: orders, dayCount: days))
        let events = try handle(output)
        let truth = try simulation.write { try events.write(contentsOf: $0) }
        if let ledger {
            let rows = try handle(ledger)
            _ = try simulation.writeLedger { try rows.write(contentsOf: $0) }
        }
        Output.note("Wrote \(Output.grouped(truth.lineCount)) events of \(Output.grouped(orders)) orders.")
    }

    private func handle(_ path: String?) throws -> FileHandle {
        guard let path else { return .standardOutput }
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw Diagnostic("output-file", "\(path) can't be written.", remedy: "Check that its folder exists.") }
        return handle
    }
}
