import CaliberEventLog
import CaliberTesting
import Foundation
import Testing

/// `kill -9` while events come in, findings are made and alerts are on their way.
@Suite(.serialized, .timeLimit(.minutes(20))) struct AlertsUnderKillsTests {
    /// The long run: two hundred kills.
    private static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1" ? Array(1...25) : [1]
    private static let killsPerSeed = seeds.count > 1 ? 8 : 4
    private static let receiver = Result { try AlertReceiver() }

    private struct Message: Decodable {
        struct Alert: Decodable {
            let id: String
            let status: String
        }
        struct Content: Decodable {
            let alerts: [Alert]
        }

        let data: Content
    }

    private func score(_ order: Int, health: Int, id: String) -> [UInt8] {
        Array(
            (#"{"specversion":"1.0","id":"\#(id)","source":"tests","type":"order.scored","time":"2026-03-01T10:00:00Z","#
                + #""data":{"order_id":"k-\#(order)","health":\#(health),"probability":0.7,"needs_review":true,"#
                + #""moment":"payment","model":"m@1"}}"# + "\n").utf8)
    }

    @Test(arguments: seeds)
    func `killed at random, every alert arrives, each word of it under one id, and the account adds up each time`(
        seed: UInt64
    ) throws {
        let folder = try TemporaryFolder()
        let receiver = try AlertsUnderKillsTests.receiver.get()
        let url = try receiver.behave("kills-\(seed)", #"{"status": 200}"#)
        let path = try folder.write(
            """
            endpoints: [{name: ops, webhook: {url: '\(url)'}, timeout: 5s}]
            route: {endpoints: [ops], group_by: [order_id], wait: 0s, interval: 0s}
            allow: {networks: [127.0.0.1]}
            """, to: "alerts.yaml")
        let settings = ["CALIBER_ALERTS": path]
        var random = SeededGenerator(seed: seed)
        var orderCount = 0
        for _ in 0..<AlertsUnderKillsTests.killsPerSeed {
            let service = try RunningService(in: folder, settings: settings)
            let connection = try service.connect()
            // Some of them are still to be said when the process dies.
            for _ in 0..<Int.random(in: 1...15, using: &random) {
                let health = Int.random(in: 5..<60, using: &random)
                let line = score(orderCount, health: health, id: "s\(orderCount)")
                #expect(try connection.events(line).status == 200)
                orderCount += 1
                usleep(UInt32.random(in: 0...20_000, using: &random))
            }
            usleep(UInt32.random(in: 0...60_000, using: &random))
            service.kill9()
            let account = try service.caliber("alerts", "account")
            #expect(account.status == 0, "seed \(seed): \(account.output)")
        }
        let service = try RunningService(in: folder, settings: settings)
        var idsOfAlert: [String: Set<String>] = [:]
        let deadline = ContinuousClock.now + .seconds(60)
        while idsOfAlert.count < orderCount, ContinuousClock.now < deadline {
            usleep(50_000)
            for request in try receiver.take("kills-\(seed)") {
                let message = try JSONDecoder().decode(Message.self, from: Data(request.body.utf8))
                for alert in message.data.alerts {
                    #expect(alert.status == "firing")
                    idsOfAlert[alert.id, default: []].insert(request.headers["webhook-id"] ?? "none")
                }
            }
        }
        #expect(Set(idsOfAlert.keys) == Set((0..<orderCount).map { "unhealthy_order-k-\($0)" }), "seed \(seed)")
        #expect(
            idsOfAlert.values.allSatisfy { $0.count == 1 }, "seed \(seed): \(idsOfAlert.filter { $0.value.count > 1 })")
        #expect(service.terminate() == 0, "\(service.log)")
        let account = try service.caliber("alerts", "account")
        #expect(account.status == 0, "seed \(seed): \(account.output)")
        let counts = account.output.split(separator: "\n").first { $0.hasPrefix("ops") }?.split(separator: " ")
            .compactMap { Int($0) }
        // Owed and delivered: each order once.
        #expect(counts == [orderCount, orderCount, 0, 0, 0, 0, 0], "seed \(seed): \(account.output)")
        let tickets = try service.caliber("review", "list", "--limit", "100000")
        #expect(tickets.output.split(separator: "\n").count == orderCount + 1)
        let stored = try StoredOrders(folder)
        #expect(stored.account.accepted == Int64(orderCount))
    }
}
