import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import Foundation
import FuzzPromise

/// An event log that nothing is ever written to: each input is rehearsed against the same empty database, so that a
/// finding depends on its bytes alone.
package final class ThrowawayLog {
    package let dictionary: MetricDictionary
    private let log: EventLog
    private let lease: WriterLease
    private static let now = Timestamp(CivilDate(year: 2026, month: 3, day: 1), .midnight)

    /// - Parameter definitions: contracts and sources as YAML.
    package init(definitions: String) {
        do {
            dictionary = try MetricDictionary.load(files: [
                DictionaryFile(path: "caliber.yaml", text: "name: fuzz\ntime_zone: Asia/Shanghai\ncurrency: CNY\n"),
                DictionaryFile(path: "definitions.yaml", text: definitions),
            ]).dictionary
            let folder = FileManager.default.temporaryDirectory.appending(path: "caliber-fuzz-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let store = try CaliberStore.open(at: folder.appending(path: "caliber.db").path)
            lease = try WriterLease.acquire(on: store, holder: "fuzz", now: { ThrowawayLog.now })
            log = try EventLog(store: store, dictionary: dictionary)
        } catch {
            fatalError("the target itself is wrong: \(error)")
        }
    }

    /// Takes the bytes in without keeping them, and holds the report to what is true of every report.
    ///
    /// - Returns: nil when the input was refused as a whole.
    package func rehearse(_ bytes: [UInt8], format: EventInput.Format = .events) -> IntakeReport? {
        let report: IntakeReport
        do {
            report = try log.ingest(
                .bytes(bytes, origin: "fuzz", format: format), lease: lease, now: { ThrowawayLog.now },
                isDryRun: true, onCommit: { _, _ in })
        } catch is InputProblem {
            return nil
        } catch {
            fatalError("bad input is no reason for \(error)")
        }
        let account = report.account
        promise(account.isBalanced, "the account does not add up: \(account)")
        promise(report.violations.values.reduce(0) { $0 + $1.count } == account.quarantined, "reasons are missing")
        promise(report.acceptedByContract.values.reduce(0, +) == account.accepted, "acceptances are missing")
        promise(report.parkedByType.values.reduce(0, +) == account.parked, "parked events are missing")
        return report
    }
}

extension ThrowawayLog {
    /// Whether the bytes would be taken for a compressed stream.
    package static func looksCompressed(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
    }
}
