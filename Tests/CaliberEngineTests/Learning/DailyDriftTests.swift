import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CaliberRegression
import CaliberScoring
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Synchronization
import Testing

/// A database that is copied as it is on disk, at moments that a test draws: what a process that dies there leaves behind.
private final class DyingDeployment: Sendable {
    private struct State {
        var path: String
        var random: SeededGenerator
        var image: String?
        var imageCount = 0
        var secondsPassed: Int64 = 0
    }

    let folder: TemporaryFolder
    private let state: Mutex<State>

    init(seed: UInt64) throws {
        folder = try TemporaryFolder()
        state = Mutex(State(path: folder.path("0.db"), random: SeededGenerator(seed: seed)))
    }

    func open(_ dictionary: LoadedDictionary) throws -> Engine {
        let path = state.withLock { $0.path }
        return try Engine.open(databasePath: path, dictionary: dictionary, creating: true, now: { self.now() })
    }

    /// What a process sees that starts after the last one died; nil where none did.
    func death() -> String? {
        state.withLock { state in
            guard let image = state.image else { return nil }
            (state.path, state.image) = (image, nil)
            return image
        }
    }

    /// The engine asks for the time before each thing it takes in, so between its durable steps.
    private func now() -> Timestamp {
        state.withLock { state in
            state.secondsPassed += 1
            if state.image == nil, Int.random(in: 0..<14, using: &state.random) == 0 {
                state.imageCount += 1
                let image = folder.path("\(state.imageCount).db")
                for suffix in ["", "-wal"] {
                    try? FileManager.default.copyItem(atPath: state.path + suffix, toPath: image + suffix)
                }
                state.image = image
            }
            return Timestamp(
                microseconds: EngineDeployment.now.microseconds + state.secondsPassed * 1_000_000)
        }
    }
}

@Suite struct DailyDriftTests {
    /// The rows of the table of measurements, by model, feature and day.
    private static func measurements(_ engine: Engine) throws -> [String: [String: TableRows.Value]] {
        let rows = try engine.session().rows(of: "model_drift")
        let names = rows.columns.map(\.name)
        return Dictionary(
            rows.rows.map { row in (row[0].text ?? "", Dictionary(uniqueKeysWithValues: zip(names, row))) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func text(_ engine: Engine) throws -> String {
        try engine.session().rows(of: "model_drift").sortedText
    }

    /// The stream with orders of some days that came by one way and with one discount.
    private static func shifted(_ lines: some Sequence<[UInt8]>, days: ClosedRange<String>) -> [[UInt8]] {
        lines.map { line in
            let text = String(decoding: line, as: UTF8.self)
            guard text.contains(#""type":"order.created""#), let start = text.range(of: #""time":""#) else {
                return line
            }
            guard days.contains(String(text[start.upperBound...].prefix(10))) else { return line }
            let shifted = text.replacing(/"utm_source":"[a-z_]+"/, with: #""utm_source":"live""#)
                .replacing(/"discount":"[0-9.]+"/, with: #""discount":"90.00""#)
            return Array(shifted.utf8)
        }
    }

    private static func lastDay(of lines: [[UInt8]]) -> String {
        lines.compactMap { line -> Substring? in
            let text = String(decoding: line, as: UTF8.self)
            return text.range(of: #""recordedtime":""#).map { text[$0.upperBound...].prefix(10) }
        }.max().map(String.init) ?? ""
    }

    @Test func `what is counted live is what the report says of the same day and of its seven days, to the last bit`()
        throws
    {
        let shop = try LearnedShop.shared.get()
        let lines = DailyDriftTests.shifted(shop.lines, days: "2025-06-20"..."2025-06-24")
        let deployment = try EngineDeployment(shop.dictionary)
        _ = try deployment.engine.ingest([SimulatedShop.input(lines)])
        let features = try deployment.engine.featureSet(nil)
        let outcome = try deployment.engine.score(shop.model.file, features: features)
        let measured = try DailyDriftTests.measurements(deployment.engine)
        #expect(measured.count == outcome.driftCount)
        let scored = try deployment.engine.scoredRows(shop.model.file, threads: 2)
        let zone = shop.dictionary.dictionary.settings.timeZone
        let first = try #require(scored.rows.moments.first.map { zone.date(of: $0) })
        let last = try #require(scored.rows.moments.last.map { zone.date(of: $0) })
        var comparedDays = 0
        var strongDays = 0
        for number in first.dayNumber...last.dayNumber {
            let day = CivilDate(dayNumber: number)
            let end = zone.timestamp(CivilDate(dayNumber: number + 1))
            let report = scored.drift(in: zone.timestamp(day)..<end)
            let window = scored.drift(in: zone.timestamp(CivilDate(dayNumber: number - 6))..<end)
            let key = "order_health@1/\(day)"
            guard report.rowCount > 0 else {
                #expect(measured[key] == nil)
                continue
            }
            comparedDays += 1
            let row = try #require(measured[key], "\(day)")
            #expect(row["rows"]?.text == "\(report.rowCount)")
            #expect(row["rows_7d"]?.text == "\(window.rowCount)")
            #expect(row["days_7d"]?.text == "\(min(7, number - first.dayNumber + 1))")
            #expect(row["psi"]?.number == report.score?.value)
            #expect(row["chance_limit"]?.number == report.score?.noiseLimit)
            #expect(row["verdict"]?.text == report.scoreVerdict.rawValue)
            #expect(row["psi_7d"]?.number == window.score?.value)
            #expect(row["chance_limit_7d"]?.number == window.score?.noiseLimit)
            #expect(row["verdict_7d"]?.text == window.scoreVerdict.rawValue)
            if report.scoreVerdict == .strong { strongDays += 1 }
            let others = Dictionary(uniqueKeysWithValues: window.features.map { ($0.id, $0) })
            for feature in report.features {
                let row = try #require(measured["order_health@1/\(feature.id)/\(day)"])
                let other = try #require(others[feature.id])
                let numbers: [Double?] = [
                    "psi", "chance_limit", "missing_before", "missing", "weight", "psi_7d", "chance_limit_7d",
                    "missing_7d",
                ].map { row[$0]?.number }
                let expected: [Double?] = [
                    feature.stability.value, feature.stability.noiseLimit, feature.missingShareBefore,
                    feature.missingShareNow, feature.weight, other.stability.value, other.stability.noiseLimit,
                    other.missingShareNow,
                ]
                let verdicts = [row["verdict"]?.text, row["verdict_7d"]?.text]
                let isSame =
                    numbers == expected && verdicts == [feature.verdict.rawValue, other.verdict.rawValue]
                #expect(isSame, "\(feature.id) on \(day): \(row)")
            }
        }
        #expect(comparedDays > 55 && strongDays >= 5, "\(comparedDays) days, \(strongDays) strong")
        let account = try deployment.engine.status().account
        #expect(account.isBalanced)
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func `whenever a process dies, rows are counted once`(seed: UInt64) throws {
        let shop = try LearnedShop.shared.get()
        let lines = Array(shop.lines.prefix(36_000))
        let clean = try EngineDeployment(shop.dictionary)
        _ = try clean.engine.ingest([SimulatedShop.input(lines)])
        let features = try clean.engine.featureSet(nil)
        _ = try clean.engine.score(shop.model.file, features: features)
        let expected = try DailyDriftTests.text(clean.engine)
        #expect(expected.split(separator: "\n").count > 8 * 200)
        // The day that orders still come for is not over.
        let lastDay = DailyDriftTests.lastDay(of: lines)
        #expect(try DailyDriftTests.measurements(clean.engine)["order_health@1/\(lastDay)"] == nil)

        let dying = try DyingDeployment(seed: seed)
        var random = SeededGenerator(seed: seed + 100)
        var intake: IntakeSession?
        var session: ScoringSession?
        var next = 0
        var deaths = 0
        while next < lines.count {
            let running = try intake ?? dying.open(shop.dictionary).openIntake()
            let scoring = try session ?? running.scoring(by: shop.model.file, features: features)
            (intake, session) = (running, scoring)
            let end = min(lines.count, next + Int.random(in: 1...5_000, using: &random))
            _ = try running.ingest([SimulatedShop.input(lines[next..<end])])
            try scoring.advance()
            if Int.random(in: 0..<2, using: &random) == 0 { try scoring.putAway() }
            if Int.random(in: 0..<3, using: &random) == 0 { try running.checkpoint() }
            next = end
            if deaths < 6, dying.death() != nil {
                deaths += 1
                (intake, session) = (nil, nil)
                // Whoever sent the events does not know how far they came, and sends them all again.
                next = 0
            }
        }
        let running = try #require(intake)
        try session?.putAway()
        try running.checkpoint()
        (intake, session) = (nil, nil)
        #expect(deaths > 0)
        let engine = try dying.open(shop.dictionary)
        let text = try DailyDriftTests.text(engine)
        #expect(text == expected, "after \(deaths) deaths")
        #expect(try engine.status().account.isBalanced)
    }

    @Test func `features that have to be computed anew count nothing a second time`() throws {
        let shop = try LearnedShop.shared.get()
        let clean = try EngineDeployment(shop.dictionary)
        let features = try clean.engine.featureSet(nil)
        _ = try clean.engine.ingest([SimulatedShop.input(shop.lines.prefix(24_000))])
        _ = try clean.engine.score(shop.model.file, features: features)
        let other = try EngineDeployment(shop.dictionary)
        _ = try other.engine.ingest([SimulatedShop.input(shop.lines.prefix(14_000))])
        _ = try other.engine.score(shop.model.file, features: features)
        do {
            let store = try CaliberStore.open(at: other.engine.databasePath)
            let lease = try WriterLease.acquire(on: store, holder: "test", now: { EngineDeployment.now })
            try store.write(lease) { try $0.execute(sql: "DELETE FROM featureState") }
        }
        _ = try other.engine.ingest([SimulatedShop.input(shop.lines[14_000..<24_000])])
        #expect(try other.engine.score(shop.model.file, features: features).isReplayed)
        #expect(try DailyDriftTests.text(other.engine) == DailyDriftTests.text(clean.engine))
    }

    @Test func `a shift fires once for the score and once for its feature, and is over when the days are calm again`()
        throws
    {
        let shop = try LearnedShop.shared.get()
        let lines = DailyDriftTests.shifted(shop.lines.prefix(110_000), days: "2025-06-05"..."2025-06-08")
        #expect(DailyDriftTests.lastDay(of: lines) > "2025-06-18")
        let deployment = try EngineDeployment(shop.dictionary)
        let intake = try deployment.engine.openIntake()
        let session = try intake.scoring(by: shop.model.file, features: try deployment.engine.featureSet(nil))
        let watches = try intake.watches()
        var said: [String: [String]] = [:]
        var causes: [String: String] = [:]
        for first in stride(from: 0, to: lines.count, by: 2_500) {
            _ = try intake.ingest([SimulatedShop.input(lines[first..<min(first + 2_500, lines.count)])])
            try session.advance()
            for finding in try watches.look() where finding.watch.hasSuffix("_drifted") {
                said[finding.subject, default: []].append(finding.closedAt == nil ? "open" : "over")
                if let cause = finding.cause { causes[finding.subject] = cause }
                if finding.closedAt == nil, finding.subject == "order_health/came_by_live" {
                    #expect(finding.labels["feature"] == "came_by_live")
                    #expect(finding.title.hasPrefix("Feature came_by_live of order_health@1 has drifted: PSI "))
                }
            }
        }
        try intake.checkpoint()
        #expect(said["order_health"] == ["open", "over"], "\(said)")
        #expect(said["order_health/came_by_live"] == ["open", "over"], "\(said)")
        // Weekdays, chance and what no score hangs on are not told.
        let weights = Dictionary(
            uniqueKeysWithValues: shop.model.file.columns.map { ("order_health/\($0.id)", $0.weight) })
        for subject in said.keys where subject != "order_health" && causes[subject] != "went_missing" {
            #expect(abs(weights[subject] ?? 0) >= 0.1, "\(subject)")
        }
        #expect(said["order_health/at_weekend"] == nil)
        let answer = try deployment.engine.answer(
            MetricQuery(
                metrics: ["score_psi", "score_psi_7d", "drifted_features", "measured_orders"].map {
                    MetricReference(name: $0)
                }, groupBy: ["metric_time__day"], order: [OrderTerm(name: "metric_time__day")]))
        let measured = try DailyDriftTests.measurements(deployment.engine)
        let days = measured.values.filter { $0["kind"]?.text == "score" }
            .sorted { $0["measured_day"]?.text ?? "" < $1["measured_day"]?.text ?? "" }
        #expect(answer.rows.map { $0[1] } == days.map { AnswerValue.number($0["psi"]?.number ?? .nan) })
        #expect(answer.rows.map { $0[4] } == days.map { AnswerValue.integer(Int128($0["rows"]?.text ?? "") ?? -1) })
        #expect(answer.rows.prefix(6).allSatisfy { $0[2] == .null })
        #expect(answer.rows.dropFirst(6).allSatisfy { $0[2] != .null })
    }

    @Test func `a dictionary without the contract is scored by all the same, and counting begins when it has one`()
        throws
    {
        let shop = try LearnedShop.shared.get()
        let without = try ShopDictionary.load(
            edits: [("  - name: model.drift_measured\n", "  - name: model.drift_guessed\n")], leavingOut: "models.yaml")
        let deployment = try EngineDeployment(without)
        let features = try deployment.engine.featureSet(nil)
        _ = try deployment.engine.ingest([SimulatedShop.input(shop.lines.prefix(20_000))])
        let blind = try deployment.engine.score(shop.model.file, features: features)
        #expect(blind.scoredCount > 1_000 && blind.driftCount == 0)
        let engine = try deployment.reopened(shop.dictionary)
        _ = try engine.ingest([SimulatedShop.input(shop.lines[20_000..<40_000])])
        let seeing = try engine.score(shop.model.file, features: try engine.featureSet(nil))
        #expect(seeing.driftCount > 200)
        #expect(try DailyDriftTests.measurements(engine).values.contains { $0["days_7d"]?.text == "1" })
    }
}
