import CaliberAlerts
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

/// What someone who keeps Caliber running sees.
@Suite struct OperatingStatusTests {
    /// A clock that stands still until it is moved.
    private final class Clock: Sendable {
        private let moment: LockedMoment
        init(_ moment: Timestamp) { self.moment = LockedMoment(moment) }
        var now: Timestamp { moment.value }
        func pass(seconds: Int64) {
            moment.value = Timestamp(microseconds: moment.value.microseconds + seconds * 1_000_000)
        }
    }

    private final class LockedMoment: @unchecked Sendable {
        // Safe to share: the moment is touched only while the lock is held.
        private let lock = NSLock()
        private var moment: Timestamp
        init(_ moment: Timestamp) { self.moment = moment }
        var value: Timestamp {
            get { lock.withLock { moment } }
            set { lock.withLock { moment = newValue } }
        }
    }

    private func open(in folder: TemporaryFolder, _ clock: Clock) throws -> Engine {
        try Engine.open(
            databasePath: folder.path("caliber.db"), dictionary: try ShopDictionary.load(), creating: true,
            now: { clock.now })
    }

    @Test func `the page for people says what needs someone, as programs are told`() throws {
        let folder = try TemporaryFolder()
        let clock = Clock(EngineDeployment.now)
        let engine = try open(in: folder, clock)
        var text = "nobody has written yet\n" + shown(engine)
        let shop = SimulatedShop(SimulationSettings(seed: 3, orderCount: 200, dayCount: 2))
        do {
            let intake = try engine.openIntake()
            _ = try intake.ingest([SimulatedShop.input(shop.lines.dropFirst(900).prefix(1000))])
            try intake.checkpoint()
            clock.pass(seconds: 95)
            _ = try intake.ingest([SimulatedShop.input(shop.lines.dropFirst(1900).prefix(234))])
            text += "\na service writes, and its tables are behind\n" + shown(engine)
            clock.pass(seconds: 47)
            text += "\nit hangs\n" + shown(engine)
            try intake.prolong()
            withExtendedLifetime(intake) {}
        }
        clock.pass(seconds: 3 * 86_400)
        try trouble(at: clock.now, folder)
        text += "\nit is gone, and much is wrong\n" + shown(engine)
        clock.pass(seconds: -5 * 86_400)
        text += "\nthe clock is set back\n" + shown(engine)
        GoldenFile.expect(text, matches: "operating-status.txt")

        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(engine.operatingStatus().printedJSON.utf8)) as? [String: Any])
        #expect((json["log"] as? [String: Any])?["position"] as? Int64 == (try engine.position.sequence))
        #expect((json["alerts"] as? [String: Any])?["dead"] as? Int == 2)
        #expect((json["alerts"] as? [String: Any])?["adds_up"] as? Bool == true)
        #expect(
            (json["troubled_endpoints"] as? [[String: Any]])?.map { $0["endpoint"] as? String } == ["mail", "wecom"])
        #expect((json["writer"] as? [String: Any])?["writing"] as? Bool == false)
        #expect((json["intake"] as? [String: Any])?["adds_up"] as? Bool == true)
    }

    /// What differs between machines is replaced by its name.
    private func shown(_ engine: Engine) -> String {
        do {
            return try engine.operatingStatus().text
                .replacing(#/process \d+ on [^\s,]+/#, with: "PROCESS")
                .replacing(#/disk ( +).*/#) { "disk \($0.1)SIZES" }
        } catch {
            return "\(error)"
        }
    }

    private func trouble(at now: Timestamp, _ folder: TemporaryFolder) throws {
        let moment = now.microseconds
        let store = try CaliberStore.open(at: folder.path("caliber.db"))
        let isWritten = store.writeDerived { database in
            try database.execute(
                sql: """
                    INSERT INTO scoring (name, position) VALUES ('order_health', 1100);
                    INSERT INTO intakeRun (kind, origin, startedAt) VALUES ('ingest', 'scores', \(moment));
                    UPDATE intakeRun SET received = 1, accepted = 1 WHERE origin = 'scores';
                    UPDATE eventBatch SET intakeRunID = (SELECT MAX(intakeRunID) FROM intakeRun)
                        WHERE firstSequence = (SELECT MIN(firstSequence) FROM eventBatch);
                    INSERT INTO watchLook (watch, at) VALUES ('pause_channel', \(moment)), ('unhealthy_order', \(moment));
                    INSERT INTO watchFinding (watch, subject, openedAt, body)
                        VALUES ('unhealthy_order', 'o1', \(moment), '{}');
                    INSERT INTO alertTotal VALUES ('wecom', 9, 1, 3, 2, 1, 0, 2), ('mail', 1, 0, 1, 0, 0, 0, 0);
                    INSERT INTO alertEndpoint VALUES
                        ('wecom', 6, \(moment - 600_000_000), 0, \(moment + 45_000_000), NULL, NULL),
                        ('mail', 0, NULL, 0, NULL, \(moment - 3_600_000_000), 'it is gone for good: 410'),
                        ('well', 0, NULL, 0, NULL, NULL, NULL);
                    """)
        }
        #expect(isWritten)
    }
}
