import CaliberTesting
import Foundation
import Synchronization
import Testing

/// Which model decides while the service runs.
@Suite(.timeLimit(.minutes(3))) struct PromotionTests {
    @Test(arguments: [false, true])
    func `a model that is promoted decides within seconds, from the first event on`(whileEventsComeIn isBusy: Bool)
        throws
    {
        let folder = try TemporaryFolder()
        let models = folder.path("models")
        try FileManager.default.copyItem(
            atPath: RunningService.packageRoot.appending(path: "models").path, toPath: models)
        // Nobody decides yet.
        try FileManager.default.removeItem(atPath: models + "/order_health/aliases.json")
        let service = try RunningService(
            in: folder, settings: ["CALIBER_SCORES_ENABLED": "true", "CALIBER_MODELS": models])
        let connection = try service.connect()
        let lines = SentEvents.simulated(orderCount: 10_000)
        #expect(try connection.events(Array(lines[..<4_000].joined())).status == 200)
        sleep(3)
        #expect(try connection.ask("GET", "/metrics").text.contains("caliber_scores_total 0\n"))
        let promoted = Process()
        promoted.executableURL = RunningService.caliber
        promoted.arguments = ["model", "promote", "order_health@1", "--why", "it is the first", "--models", models]
        promoted.environment = RunningService.environment(in: folder)
        promoted.standardOutput = FileHandle.nullDevice
        promoted.standardError = FileHandle.nullDevice
        try promoted.run()
        promoted.waitUntilExit()
        #expect(promoted.terminationStatus == 0)
        let senders = isBusy ? SteadySenders(Array(lines[4_000...]), to: service) : nil
        let deadline = ContinuousClock.now + .seconds(15)
        var text = ""
        while ContinuousClock.now < deadline {
            usleep(200_000)
            text = try connection.ask("GET", "/metrics").text
            if !text.contains("caliber_scores_total 0\n") { break }
        }
        #expect(!text.contains("caliber_scores_total 0\n"), "\(service.log)")
        if let senders { #expect(!senders.stop(), "the events came to an end: nothing was shown") }
        #expect(service.terminate() == 0, "\(service.log)")
        // Every moment has its score: another pass finds nothing to do.
        let before = try StoredOrders(folder)
        #expect(try service.caliber("score").status == 0)
        let after = try StoredOrders(folder)
        #expect(after.position == before.position)
    }
}

/// Sends a few events after the other by several connections, so that the service never waits for the next.
private final class SteadySenders: @unchecked Sendable {
    // Safe to share: what changes stands behind a lock.
    private let state = Mutex((isStopped: false, sent: 0))
    private let ended = DispatchGroup()
    private let lines: [Data]

    private static let senderCount = 4
    private static let linesPerRequest = 5

    init(_ lines: [Data], to service: RunningService) {
        self.lines = lines
        for _ in 0..<SteadySenders.senderCount {
            ended.enter()
            Thread { [self] in
                let connection = try? service.connect()
                while let request = next(), (try? connection?.events(request))?.status == 200 {}
                ended.leave()
            }.start()
        }
    }

    private func next() -> [UInt8]? {
        state.withLock { state in
            guard !state.isStopped, state.sent < lines.count else { return nil }
            let end = min(state.sent + SteadySenders.linesPerRequest, lines.count)
            defer { state.sent = end }
            return Array(lines[state.sent..<end].joined())
        }
    }

    /// - Returns: whether everything was sent before.
    func stop() -> Bool {
        state.withLock { $0.isStopped = true }
        ended.wait()
        return state.withLock { $0.sent == lines.count }
    }
}
