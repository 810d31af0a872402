import CFaultyFileSystem
import CaliberEngine
import CaliberTesting
import Foundation
import GRDB

/// Fails the N-th write, sync, truncate, delete or growth of shared memory of a run, for N = 1, 2, 3 … until none fails,
/// and looks at the database each time.
///
/// `caliber-fault-probe STRIDE FIRST` tries N = FIRST, FIRST + STRIDE, …; `caliber-fault-probe canary` damages whole
/// databases, and succeeds when every damage is found. Exits with 1 when the promise is broken.
@main
struct FaultProbe {
    let folder: TemporaryFolder
    let shop: FaultedShop
    let expected: ShopRun.End

    static func main() throws {
        guard caliber_faulty_register() == 0 else { fatalError("the faulty file system was refused") }
        let probe = try FaultProbe()
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "canary" {
            exit(try probe.isEveryDamageFound() ? 0 : 1)
        }
        let numbers = arguments.compactMap { Int($0) }
        let isClean = try probe.run(every: numbers.first ?? 1, from: numbers.dropFirst().first ?? 1)
        exit(isClean ? 0 : 1)
    }

    init() throws {
        folder = try TemporaryFolder()
        shop = try FaultedShop(in: folder)
        try FaultProbe.makeEmpty(folder.path("empty.db"), shop)
        let clean = ShopRun(shop: shop, path: folder.path("clean.db"))
        try FileManager.default.copyItem(atPath: folder.path("empty.db"), toPath: clean.path)
        let acknowledgement = clean.work(carriesOn: false)
        guard acknowledgement.errors.isEmpty else { fatalError("the clean run failed: \(acknowledgement.errors)") }
        expected = try clean.end()
        guard acknowledgement.acceptedCount == expected.eventCount, expected.quarantinedCount > 0 else {
            fatalError("the clean run is not what this probe is about: \(expected)")
        }
    }

    private static func makeEmpty(_ path: String, _ shop: FaultedShop) throws {
        _ = try Engine.open(databasePath: path, dictionary: shop.before, creating: true)
    }

    // MARK: Faults

    private func run(every step: Int, from first: Int) throws -> Bool {
        var (injected, thrown, broken) = (0, 0, 0)
        for isSticky in [false, true] {
            var number = max(first, 1)
            while true {
                let run = try freshRun()
                caliber_faulty_fail_at(number, isSticky ? 1 : 0)
                let acknowledgement = run.work(carriesOn: !isSticky)
                let hasFailed = caliber_faulty_has_failed() != 0
                caliber_faulty_fail_at(0, 0)
                var violations = run.violations(acknowledged: acknowledgement.acceptedCount, expected: expected)
                if !hasFailed, !acknowledgement.errors.isEmpty { violations.append("thrown though nothing had failed") }
                injected += hasFailed ? 1 : 0
                thrown += acknowledgement.errors.isEmpty ? 0 : 1
                broken += violations.isEmpty ? 0 : 1
                let outcome = acknowledgement.errors.isEmpty ? "absorbed" : "thrown"
                let label = "operation \(number)\(isSticky ? " and all after it" : "")"
                if hasFailed || !violations.isEmpty {
                    print("\(label): \(outcome), \(violations.isEmpty ? "whole afterwards" : "BROKEN")")
                }
                for violation in violations { print("  \(violation)") }
                if !violations.isEmpty { print("  thrown: \(acknowledgement.errors)") }
                // Said at once, so that a run that hangs has said where.
                fflush(nil)
                guard hasFailed else { break }
                number += max(step, 1)
            }
        }
        print("injected \(injected) thrown \(thrown) broken \(broken)")
        return broken == 0 && injected > 0
    }

    /// A copy of the empty database under a name of its own: a connection of the last run may still be closing.
    private func freshRun() throws -> ShopRun {
        let run = ShopRun(shop: shop, path: folder.path("run-\(UUID().uuidString).db"))
        try FileManager.default.copyItem(atPath: folder.path("empty.db"), toPath: run.path)
        return run
    }

    // MARK: Canary

    /// Damage behind the engine's back, which the probe's own checks have to see.
    private static let damages = [
        "DELETE FROM eventBatch WHERE firstSequence = (SELECT MAX(firstSequence) FROM eventBatch)",
        "DELETE FROM quarantinedEvent WHERE state = 'open'",
        "DELETE FROM segment WHERE segmentID = (SELECT MAX(segmentID) FROM segment)",
        "UPDATE intakeTotal SET accepted = accepted + 1, received = received + 1",
        "UPDATE segmentColumn SET body = zeroblob(length(body)) WHERE rawByteCount > 0",
    ]

    private func isEveryDamageFound() throws -> Bool {
        var missed = 0
        for damage in FaultProbe.damages {
            let run = try freshRun()
            let acknowledgement = run.work(carriesOn: false)
            let healthy = run.violations(
                acknowledged: acknowledgement.acceptedCount, expected: expected, isRetaken: false)
            try DatabaseQueue(path: run.path).write { try $0.execute(sql: damage) }
            let damaged = run.violations(
                acknowledged: acknowledgement.acceptedCount, expected: expected, isRetaken: false)
            let isFound = healthy.isEmpty && !damaged.isEmpty
            missed += isFound ? 0 : 1
            print("\(isFound ? "found" : "MISSED"): \(damage)")
            for violation in healthy + damaged { print("  \(violation)") }
        }
        return missed == 0
    }
}
