import CXXHash
import CaliberCore
import CaliberRegression
import CaliberScoring
import CaliberStore
import Foundation
import GRDB

/// Counts of scored rows between processes.
///
/// They are written in the transaction that moves the position up to which moments are scored: what comes after it is
/// scored again by the next process, and counted again on top of what was kept, so each row counts once whenever a process
/// dies.
struct DriftStore {
    let store: CaliberStore

    /// What was counted up to a position; nil where that was not kept, or not of this model: counting then begins anew.
    func state(of drift: DailyDrift, at position: Int64) throws -> DailyDrift.State? {
        try store.read { database in
            let kept = try Row.fetchOne(
                database,
                sql: """
                    SELECT firstDay, openDay FROM modelDrift
                    WHERE name = ? AND model = ? AND baselineHash = ? AND position = ?
                    """,
                arguments: [drift.name, drift.model, drift.baseline.hash, position])
            guard let kept else { return nil }
            var state = DailyDrift.State(firstDay: date(kept[0]), openDay: date(kept[1]))
            let days = try Row.fetchCursor(
                database,
                sql: "SELECT day, rowCount, checksum, counts FROM modelDriftDay WHERE name = ? ORDER BY day",
                arguments: [drift.name])
            while let day = try days.next() {
                let body: Data = day[3]
                guard let date = date(day[0]), day[2] == DriftStore.checksum(body),
                    let counts = DriftCounts(drift.baseline, rowCount: day[1], places: DriftStore.places(body))
                else { return nil }
                state.days.append(DailyDrift.Day(date: date, counts: counts))
            }
            // The open day has counts, be they nought.
            guard state.openDay == nil || state.days.last?.date == state.openDay else { return nil }
            return state
        }
    }

    /// Keeps what was counted up to a position, which is that of the scores.
    func put(_ drift: DailyDrift, at position: Int64, in database: Database) throws {
        let state = drift.state
        try database.execute(sql: "DELETE FROM modelDriftDay WHERE name = ?", arguments: [drift.name])
        try database.execute(
            sql: """
                INSERT INTO modelDrift (name, model, baselineHash, position, firstDay, openDay)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE
                SET model = excluded.model, baselineHash = excluded.baselineHash, position = excluded.position,
                    firstDay = excluded.firstDay, openDay = excluded.openDay
                """,
            arguments: [
                drift.name, drift.model, drift.baseline.hash, position, state.firstDay?.dayNumber,
                state.openDay?.dayNumber,
            ])
        for day in state.days {
            let body = DriftStore.body(day.counts.places)
            try database.execute(
                sql: "INSERT INTO modelDriftDay (name, day, rowCount, checksum, counts) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    drift.name, day.date.dayNumber, day.counts.rowCount, DriftStore.checksum(body), body,
                ])
        }
    }

    private func date(_ number: Int32?) -> CivilDate? { number.map { CivilDate(dayNumber: $0) } }

    // Words of four bytes, the lowest first.

    private static func body(_ places: [UInt32]) -> Data {
        places.map(\.littleEndian).withUnsafeBytes { Data($0) }
    }

    private static func places(_ body: Data) -> [UInt32] {
        body.withUnsafeBytes { bytes in
            stride(from: 0, through: bytes.count - 4, by: 4).map {
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
            }
        }
    }

    private static func checksum(_ body: Data) -> Int64 {
        body.withUnsafeBytes { Int64(bitPattern: XXH3_64bits($0.baseAddress, $0.count)) }
    }
}

extension DriftBaseline {
    /// Of the bins and what they are of: counts are told apart by it.
    fileprivate var hash: Int64 {
        var words: [UInt64] = []
        var names = ""
        for entry in entries {
            words += [UInt64(entry.bins.bounds.count), UInt64(bitPattern: Int64(entry.bins.missingCount))]
            words += entry.bins.bounds.map(\.bitPattern) + entry.bins.counts.map { UInt64(bitPattern: Int64($0)) }
            names += "\(entry.subject)\n"
        }
        let content = words.map(\.littleEndian).withUnsafeBytes { Data($0) } + Data(names.utf8)
        return content.withUnsafeBytes { Int64(bitPattern: XXH3_64bits($0.baseAddress, $0.count)) }
    }
}
