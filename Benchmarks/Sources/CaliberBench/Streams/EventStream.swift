import CaliberCore
import CaliberSimulator
import Foundation

/// What a stream was made from and what an engine must find in it; kept beside the stream, and written after it, so
/// that a stream that was cut off is never taken for a whole one.
struct StreamFacts: Codable, Equatable {
    let seed: UInt64
    let orders: Int
    let days: Int
    let byteCount: Int
    let lineCount: Int
    /// What an engine must count, by the names that the engines' reports use.
    let totals: [String: Int64]
}

/// A simulated event stream on disk, made once for its settings.
struct EventStream {
    let url: URL
    let facts: StreamFacts

    /// A year that is over, with both of its great sales: events of days to come would be refused.
    private static let startDay = CivilDate(year: 2025, month: 1, day: 1)

    /// Finds the stream in `folder`, or simulates it there.
    static func prepare(orders: Int, days: Int, seed: UInt64, in folder: URL) throws -> EventStream {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let url = folder.appending(path: "events-\(startDay)-\(days)-\(orders)-\(seed).ndjson")
        if let facts = try? present(at: url) { return EventStream(url: url, facts: facts) }
        Progress.say("simulating \(orders) orders over \(days) days")
        var settings = SimulationSettings(seed: seed, orderCount: orders, dayCount: days)
        settings.startDay = startDay
        let facts = try simulate(settings, to: url)
        try JSONEncoder().encode(facts).write(to: factsURL(of: url), options: .atomic)
        return EventStream(url: url, facts: facts)
    }

    /// The facts of a stream that is there as a whole.
    private static func present(at url: URL) throws -> StreamFacts? {
        let facts = try JSONDecoder().decode(StreamFacts.self, from: Data(contentsOf: factsURL(of: url)))
        let size = try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int
        return size == facts.byteCount ? facts : nil
    }

    private static func simulate(_ settings: SimulationSettings, to url: URL) throws -> StreamFacts {
        try Data().write(to: url)
        let file = try FileHandle(forWritingTo: url)
        let truth = try Simulation(settings).write { bytes in try file.write(contentsOf: Data(bytes)) }
        try file.close()
        return StreamFacts(
            seed: settings.seed, orders: settings.orderCount, days: settings.dayCount, byteCount: truth.byteCount,
            lineCount: truth.lineCount, totals: totals(truth))
    }

    private static func totals(_ truth: SimulationTruth) -> [String: Int64] {
        func accepted(_ type: EventType) -> Int64 { Int64(truth.acceptedByType[type] ?? 0) }
        return [
            "acceptedEvents": Int64(truth.acceptedCount),
            "orderEvents": Int64(truth.acceptedCount) - accepted(.productListed) - accepted(.priceListed),
            "duplicateEvents": Int64(truth.repeatCount),
            "quarantinedEvents": Int64(truth.malformedCount),
            "paidOrders": Int64(truth.paidOrderCount),
            "paidMinor": truth.paidMinor,
            "busiestDayPaidMinor": busiestDayPaidMinor(truth),
            "refundedMinor": truth.refundedMinor,
            "callbacks": accepted(.paymentCallback),
            "stateChanges": accepted(.orderStateChanged),
            "refunds": accepted(.refundSettled),
        ]
    }

    private static func busiestDayPaidMinor(_ truth: SimulationTruth) -> Int64 {
        Dictionary(truth.paidMinorByDayAndChannel.map { ($0.key.day, $0.value) }, uniquingKeysWith: +)
            .values.max() ?? 0
    }

    private static func factsURL(of url: URL) -> URL { url.deletingPathExtension().appendingPathExtension("json") }
}
