import CaliberTesting
import Foundation
import Testing

/// Which model decides while the service runs.
@Suite(.timeLimit(.minutes(3))) struct PromotionTests {
    @Test func `a model that is promoted decides within seconds, from the first event on`() throws {
        let folder = try TemporaryFolder()
        let models = folder.path("models")
        try FileManager.default.copyItem(
            atPath: RunningService.packageRoot.appending(path: "models").path, toPath: models)
        // Nobody decides yet.
        try FileManager.default.removeItem(atPath: models + "/order_health/aliases.json")
        let service = try RunningService(
            in: folder, settings: ["CALIBER_SCORES_ENABLED": "true", "CALIBER_MODELS": models])
        let connection = try service.connect()
        #expect(try connection.events(Array(SentEvents.simulated(orderCount: 60).joined())).status == 200)
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
        let deadline = ContinuousClock.now + .seconds(30)
        var text = ""
        while ContinuousClock.now < deadline {
            usleep(200_000)
            text = try connection.ask("GET", "/metrics").text
            if !text.contains("caliber_scores_total 0\n") { break }
        }
        #expect(!text.contains("caliber_scores_total 0\n"), "\(service.log)")
        #expect(service.terminate() == 0, "\(service.log)")
        // Every moment has its score: another pass finds nothing to do.
        let before = try StoredOrders(folder)
        #expect(try service.caliber("score").status == 0)
        let after = try StoredOrders(folder)
        #expect(after.position == before.position)
    }
}
