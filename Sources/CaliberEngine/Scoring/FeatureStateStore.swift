import CXXHash
import CaliberCore
import CaliberEventLog
import CaliberFeatures
import CaliberStore
import Foundation
import GRDB

/// Where the state of feature streams is put away between processes, and how far each model's scores go.
struct FeatureStateStore {
    let store: CaliberStore

    private static let partByteCount = 16 << 20

    /// The log up to where a model's moments are scored.
    func scoredPosition(of name: String) throws -> Int64 {
        try store.read { database in
            try Int64.fetchOne(database, sql: "SELECT position FROM scoring WHERE name = ?", arguments: [name]) ?? 0
        }
    }

    /// A stream as it was put away; nil where there is none, where the set means something else by now, or where the bytes
    /// are not what was written.
    func stream(_ plan: FeaturePlan, name: String) throws -> FeatureStream? {
        let parts = try store.read { database in
            try Row.fetchAll(
                database, sql: "SELECT planHash, checksum, body FROM featureState WHERE name = ? ORDER BY part",
                arguments: [name])
        }
        guard !parts.isEmpty else { return nil }
        let hash = plan.stateHash
        var bytes: [UInt8] = []
        for part in parts {
            let body: Data = part["body"]
            guard part["planHash"] == hash, part["checksum"] == FeatureStateStore.checksum(body) else { return nil }
            bytes.append(contentsOf: body)
        }
        return bytes.withUnsafeBytes { FeatureStream(plan, state: $0) }
    }

    /// Puts a stream away with the position that its scores go to, at once.
    func put(_ stream: FeatureStream, name: String, in database: Database) throws {
        let bytes = stream.encodedState()
        let hash = stream.plan.stateHash
        try database.execute(sql: "DELETE FROM featureState WHERE name = ?", arguments: [name])
        for (part, start) in stride(from: 0, to: bytes.count, by: FeatureStateStore.partByteCount).enumerated() {
            let body = Data(bytes[start..<min(start + FeatureStateStore.partByteCount, bytes.count)])
            try database.execute(
                sql: "INSERT INTO featureState (name, part, planHash, checksum, body) VALUES (?, ?, ?, ?, ?)",
                arguments: [name, part, hash, FeatureStateStore.checksum(body), body])
        }
        try database.execute(
            sql: """
                INSERT INTO scoring (name, position) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET position = excluded.position
                """, arguments: [name, stream.position.sequence])
    }

    private static func checksum(_ body: Data) -> Int64 {
        body.withUnsafeBytes { Int64(bitPattern: XXH3_64bits($0.baseAddress, $0.count)) }
    }
}
