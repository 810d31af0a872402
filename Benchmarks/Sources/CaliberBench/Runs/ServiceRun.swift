import Foundation
import Glibc
import Synchronization

/// The service under load, and how long its alerts take.
struct ServiceResult {
    struct Intake {
        let eventCount: Int
        /// Until the last batch was durable and folded.
        let seconds: Double
        /// Until its scores were durable too; nil without scores.
        let scoredSeconds: Double?
        let peakBytes: Int
    }

    let intake: Intake
    let scoredIntake: Intake
    let idleQuerySeconds: [Double]
    /// With a batch of events before each, so that what earlier questions gathered is not enough.
    let touchedQuerySeconds: [Double]
    let pacedQuerySeconds: [Double]
    let busyQuerySeconds: [Double]
    /// From an event's acknowledgement to its webhook, at so many events a second.
    let alertSeconds: [Double]
    let pacedRate: Int
    /// Of a small file, beside the database.
    let syncSeconds: [Double]
}

/// Sends a simulated shop's events to `caliber serve` from this process, over two connections.
struct ServiceRun {
    let contenders: Contenders
    let events: Int
    let pacedSeconds: Int
    let seed: UInt64

    private static let batchLines = 1_000
    private static let pacedRate = 5_000
    private static let senders = 2
    private static let idleQueries = 1_000
    private static let touchedQueries = 200

    func result() throws -> ServiceResult {
        let stream = EndlessStream(orders: 40_000_000, days: 400, seed: seed, linesPerBatch: ServiceRun.batchLines)
        defer { stream.end() }
        let batches = (0..<events / ServiceRun.batchLines).compactMap { _ in stream.next() }
        Progress.say("service: intake without scores")
        let (intake, _) = try flatOut(batches, hasScores: false, asksToo: false)
        Progress.say("service: intake with scores")
        let (scored, _) = try flatOut(batches, hasScores: true, asksToo: false)
        Progress.say("service: intake with scores, and queries")
        let (_, busy) = try flatOut(batches, hasScores: true, asksToo: true)
        Progress.say("service: \(ServiceRun.pacedRate) events a second, with alerts and queries")
        let paced = try paced(stream)
        Progress.say("service: syncs of the disk")
        let syncs = try syncSeconds()
        return ServiceResult(
            intake: intake, scoredIntake: scored, idleQuerySeconds: paced.idle, touchedQuerySeconds: paced.touched,
            pacedQuerySeconds: paced.busy,
            busyQuerySeconds: busy, alertSeconds: paced.alerts, pacedRate: ServiceRun.pacedRate, syncSeconds: syncs)
    }

    // MARK: - As fast as it takes them

    private func flatOut(
        _ batches: [[UInt8]], hasScores: Bool, asksToo: Bool
    ) throws -> (ServiceResult.Intake, queries: [Double]) {
        let service = try ServedCaliber(contenders, name: "served", hasScores: hasScores)
        let isOver = Atomic(false)
        let queries = asksToo ? try asking(service, until: { isOver.load(ordering: .relaxed) }) : nil
        let next = Atomic(0)
        let start = ContinuousClock.now
        try concurrently(ServiceRun.senders) {
            let connection = try service.connect()
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < batches.count else { return }
                try connection.events(batches[index])
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        let scored = hasScores ? try service.settled(since: start) : nil
        let peak = service.residentBytes
        isOver.store(true, ordering: .relaxed)
        let latencies = try queries?.value() ?? []
        try service.end()
        return (
            ServiceResult.Intake(
                eventCount: batches.count * ServiceRun.batchLines, seconds: seconds, scoredSeconds: scored,
                peakBytes: peak), latencies
        )
    }

    private static let questions = [
        #"{"query":{"metrics":["gmv","orders_paid"],"group_by":["channel"]}}"#,
        #"{"query":{"metrics":["gmv"],"group_by":["metric_time__day"]}}"#,
        #"{"query":{"metrics":["orders_paid"],"group_by":["province"],"order_by":["-orders_paid"],"limit":10}}"#,
        #"{"query":{"metrics":["refund_rate"],"group_by":["channel"]}}"#,
        #"{"query":{"metrics":["average_health"],"group_by":["channel"]}}"#,
    ].map { Array($0.utf8) }

    /// Asks one question after the other, ten a second, on a thread of its own.
    private func asking(
        _ service: ServedCaliber, until isOver: @escaping @Sendable () -> Bool
    ) throws -> Later<[Double]> {
        let connection = try service.connect()
        return Later {
            var seconds: [Double] = []
            while !isOver() {
                seconds.append(try ServiceRun.ask(seconds.count, over: connection))
                usleep(100_000)
            }
            return seconds
        }
    }

    private static func ask(_ number: Int, over connection: ServiceConnection) throws -> Double {
        let start = ContinuousClock.now
        try connection.ask("POST", "/v1/load", questions[number % questions.count])
        return start.duration(to: .now) / .seconds(1)
    }

    // MARK: - At a steady rate

    private func paced(_ stream: EndlessStream) throws -> (
        idle: [Double], touched: [Double], busy: [Double], alerts: [Double]
    ) {
        let receiver = try WebhookReceiver()
        let alerts = contenders.scratch.appending(path: "alerts.yaml").path
        try """
        endpoints: [{name: bench, webhook: {url: '\(receiver.url)'}}]
        route: {endpoints: [bench], group_by: [order_id], wait: 0s, interval: 0s}
        allow: {networks: [127.0.0.1]}
        """.write(toFile: alerts, atomically: true, encoding: .utf8)
        let service = try ServedCaliber(contenders, name: "paced", hasScores: true, alerts: alerts)
        // A table to ask about, and state to score by.
        let first = try service.connect()
        for _ in 0..<200 { if let batch = stream.next() { try first.events(batch) } }
        _ = try service.settled(since: .now)
        let idle = try (0..<ServiceRun.idleQueries).map { try ServiceRun.ask($0, over: first) }
        var touched: [Double] = []
        for number in 0..<ServiceRun.touchedQueries {
            if let batch = stream.next() { try first.events(batch) }
            // Until its scores are there, and nothing is at work.
            usleep(150_000)
            touched.append(try ServiceRun.ask(number, over: first))
        }
        let isOver = Atomic(false)
        let queries = try asking(service, until: { isOver.load(ordering: .relaxed) })
        let probes = try probing(service, until: { isOver.load(ordering: .relaxed) })
        let start = ContinuousClock.now
        let batchSeconds = Double(ServiceRun.batchLines) / Double(ServiceRun.pacedRate)
        for number in 0..<Int(Double(pacedSeconds) / batchSeconds) {
            let wait = start + .seconds(Double(number) * batchSeconds) - .now
            if wait > .zero { usleep(UInt32(wait / .microseconds(1))) }
            if let batch = stream.next() { try first.events(batch) }
        }
        isOver.store(true, ordering: .relaxed)
        let (busy, sent) = (try queries.value(), try probes.value())
        sleep(3)
        let arrivals = receiver.firstArrivals
        let missing = sent.keys.filter { arrivals[$0] == nil }
        guard missing.isEmpty else {
            throw MeasuredProcess.Failure(description: "\(missing.count) of \(sent.count) alerts did not arrive")
        }
        try service.end()
        return (idle, touched, busy, sent.map { order, at in at.duration(to: arrivals[order] ?? at) / .seconds(1) })
    }

    /// Scores of orders of its own that are in trouble, eight a second; when each was acknowledged.
    private func probing(
        _ service: ServedCaliber, until isOver: @escaping @Sendable () -> Bool
    ) throws -> Later<[String: ContinuousClock.Instant]> {
        let connection = try service.connect()
        return Later {
            var sent: [String: ContinuousClock.Instant] = [:]
            while !isOver() {
                let order = "probe-\(sent.count)"
                let line =
                    #"{"specversion":"1.0","id":"\#(order)","source":"bench","type":"order.scored","#
                    + #""time":"2025-06-01T00:00:00Z","data":{"order_id":"\#(order)","health":20,"probability":0.9,"#
                    + #""needs_review":true,"moment":"payment","model":"bench@1"}}"# + "\n"
                try connection.events(Array(line.utf8))
                sent[order] = .now
                usleep(125_000)
            }
            return sent
        }
    }

    private func syncSeconds() throws -> [Double] {
        let path = contenders.scratch.appending(path: "synced").path
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw MeasuredProcess.Failure(description: "no file to sync") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 7, count: 4_096)
        return (0..<500).map { _ in
            let start = ContinuousClock.now
            _ = write(descriptor, block, block.count)
            fsync(descriptor)
            return start.duration(to: .now) / .seconds(1)
        }
    }
}

/// What a thread of its own will have computed.
final class Later<Value>: @unchecked Sendable {
    // Safe to share: the result is written before the semaphore is signalled, and read after it.
    private var result: Result<Value, any Error>?
    private let isDone = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () throws -> Value) {
        Thread { [self] in
            result = Result { try body() }
            isDone.signal()
        }.start()
    }

    func value() throws -> Value {
        isDone.wait()
        isDone.signal()
        guard let result else { preconditionFailure("a thread ended without a result") }
        return try result.get()
    }
}

/// Runs a body on so many threads, and waits for all of them.
func concurrently(_ count: Int, _ body: @escaping @Sendable () throws -> Void) throws {
    for thread in (0..<count).map({ _ in Later(body) }) { try thread.value() }
}
