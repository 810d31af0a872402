import Foundation
import Glibc
import Synchronization

/// A minute of a long run.
struct SoakMinute {
    let eventCount: Int
    /// At its end.
    let residentBytes: Int
}

/// A shop with a past under full load for long: its model was trained on that past, its windows are full, and it goes on
/// as it was. A foreign model on a shop without a past would find most orders in need of review after some minutes, and
/// the load would not be the same load any more.
struct ServiceSoak {
    let contenders: Contenders
    let minutes: Int
    let seed: UInt64

    static let description = """
        a shop of \(grouped(ordersPerDay)) orders a day with two months behind it, and a model trained on these; its next days \
        come in by two connections as fast as they are taken, scored.
        """
    private static let name = "soaked"
    private static let batchLines = 1_000
    private static let senders = 2
    /// 20,000 orders a day for longer than any run lasts.
    private static let ordersPerDay = 20_000
    private static let dayCount = 900
    /// About two months.
    private static let pastBatches = 7_000

    func result() throws -> [SoakMinute] {
        let stream = EndlessStream(
            orders: ServiceSoak.ordersPerDay * ServiceSoak.dayCount, days: ServiceSoak.dayCount, seed: seed,
            linesPerBatch: ServiceSoak.batchLines)
        defer { stream.end() }
        let models = contenders.scratch.appending(path: "soak-models").path
        try? FileManager.default.removeItem(atPath: models)
        try takeIn(past: stream, models: models)
        Progress.say("service: full load for \(minutes) minutes")
        let service = try ServedCaliber(
            contenders, name: ServiceSoak.name, isNew: false, hasScores: true, models: models)
        // What the past has for the watches, and for the model, is done before the clock runs.
        try service.settled()
        let minutes = try load(service, stream)
        try service.end()
        contenders.remove(contenders.database("\(ServiceSoak.name).caliber"))
        return minutes
    }

    private func takeIn(past stream: EndlessStream, models: String) throws {
        Progress.say("service: the past of a shop of \(grouped(ServiceSoak.ordersPerDay)) orders a day")
        let service = try ServedCaliber(contenders, name: ServiceSoak.name, hasScores: false)
        let taken = Atomic(0)
        try concurrently(ServiceSoak.senders) {
            let connection = try service.connect()
            while taken.add(1, ordering: .relaxed).newValue <= ServiceSoak.pastBatches, let batch = stream.next() {
                try connection.events(batch)
            }
        }
        try service.end()
        let place = [
            "--dictionary", contenders.dictionary, "--database", contenders.database("\(ServiceSoak.name).caliber"),
            "--models", models,
        ]
        Progress.say("service: a model of that past, and its scores")
        _ = try MeasuredProcess.run(
            [contenders.caliber, "model", "train"] + place, scratch: contenders.scratch)
        _ = try MeasuredProcess.run([contenders.caliber, "score"] + place, scratch: contenders.scratch)
    }

    private func load(_ service: ServedCaliber, _ stream: EndlessStream) throws -> [SoakMinute] {
        let count = Atomic(0)
        let isOver = Atomic(false)
        let senders = Later {
            try concurrently(ServiceSoak.senders) {
                let connection = try service.connect()
                while !isOver.load(ordering: .relaxed), let batch = stream.next() {
                    try connection.events(batch)
                    count.add(ServiceSoak.batchLines, ordering: .relaxed)
                }
            }
        }
        var minutes: [SoakMinute] = []
        var before = 0
        for minute in 1...self.minutes {
            sleep(60)
            let now = count.load(ordering: .relaxed)
            minutes.append(SoakMinute(eventCount: now - before, residentBytes: service.residentBytes))
            Progress.say("minute \(minute): \(now - before) events, \(size(service.residentBytes))")
            before = now
        }
        isOver.store(true, ordering: .relaxed)
        try senders.value()
        return minutes
    }
}
