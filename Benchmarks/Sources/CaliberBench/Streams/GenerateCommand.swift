import ArgumentParser
import Foundation

/// Which streams a run works on.
struct StreamOptions: ParsableArguments {
    @Option(help: "Folder of the generated streams.") var data = ".build-bench/data"
    @Option(help: "Days the orders are placed on.") var days = 365
    @Option(help: "Seed of the simulation.") var seed: UInt64 = 1

    func stream(orders: Int) throws -> EventStream {
        try EventStream.prepare(orders: orders, days: days, seed: seed, in: URL(filePath: data))
    }

    func ordered(orders: Int) throws -> OrderedStream {
        try OrderedStream.prepare(orders: orders, days: days, seed: seed, in: URL(filePath: data))
    }
}

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Simulate an event stream, unless it is there already.")

    @OptionGroup var streams: StreamOptions
    @Option(help: "Orders to place.") var orders = 250_000
    @Flag(help: "In the order of time, without repeats, breaks and late events.") var ordered = false

    func run() throws {
        if ordered { return print(try streams.ordered(orders: orders).url.path) }
        print(try streams.stream(orders: orders).url.path)
    }
}
