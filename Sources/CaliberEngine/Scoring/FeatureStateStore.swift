import CXXHash
import CaliberCore
import CaliberEventLog
import CaliberFeatures
import CaliberStore
import CaliberTables
import Foundation
import GRDB

/// Where the state of feature streams is put away between processes, and how far each model's scores go.
struct FeatureStateStore {
    let store: CaliberStore

    /// The log up to where a model's moments are scored.
    func scoredPosition(of name: String) throws -> Int64 {
        try store.read { database in
            try Int64.fetchOne(database, sql: "SELECT position FROM scoring WHERE name = ?", arguments: [name]) ?? 0
        }
    }

    /// A stream as it was put away; nil where there is none, where the set means something else by now, or where the bytes
    /// are not what was written.
    func stream(_ plan: FeaturePlan, name: String) throws -> FeatureStream? {
        let hash = plan.stateHash
        let stream = FeatureStream(plan)
        let restoring = StateRestoring(stream)
        let isWhole = try store.read { database in
            let parts = try Row.fetchCursor(
                database,
                sql: "SELECT part, planHash, checksum, body FROM featureState WHERE name = ? ORDER BY part",
                arguments: [name])
            while let part = try parts.next() {
                guard part["planHash"] == hash,
                    StoredPart(number: part["part"], checksum: part["checksum"], body: part["body"])
                        .open({ restoring.add(part["part"], $0) }) == true
                else { return false }
            }
            return true
        }
        return isWhole && restoring.finish() ? stream : nil
    }

    /// Puts a stream away with the position that its scores go to, at once. Parts that are as they were stay untouched.
    func put(_ stream: FeatureStream, name: String, in database: Database) throws {
        let hash = stream.plan.stateHash
        var known: [Int64: Int64] = [:]
        let former = try Row.fetchCursor(
            database, sql: "SELECT part, checksum FROM featureState WHERE name = ? AND planHash = ?",
            arguments: [name, hash])
        while let row = try former.next() { known[row["part"]] = row["checksum"] }
        var gone = try Set(
            Int64.fetchAll(database, sql: "SELECT part FROM featureState WHERE name = ?", arguments: [name]))
        let insertion = try database.makeStatement(
            sql: """
                INSERT INTO featureState (name, part, planHash, checksum, body) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name, part) DO UPDATE
                SET planHash = excluded.planHash, checksum = excluded.checksum, body = excluded.body
                """)
        try stream.forEachStatePart { number, bytes in
            gone.remove(number)
            let checksum = StoredPart.checksum(number, bytes)
            guard known[number] != checksum else { return }
            let part = StoredPart(number: number, bytes)
            try insertion.execute(arguments: [name, number, hash, part.checksum, part.body])
        }
        for part in gone.sorted() {
            try database.execute(
                sql: "DELETE FROM featureState WHERE name = ? AND part = ?", arguments: [name, part])
        }
        try database.execute(
            sql: """
                INSERT INTO scoring (name, position) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET position = excluded.position
                """, arguments: [name, stream.position.sequence])
    }
}

/// A part of a stream's state as it stands in the file: how it is squeezed, how long it is opened, and its bytes.
private struct StoredPart {
    let number: Int64
    /// Of the opened bytes, so that a part is known to be the same before it is squeezed.
    let checksum: Int64
    let body: Data

    private static let headByteCount = 2 * MemoryLayout<Int64>.size

    init(number: Int64, checksum: Int64, body: Data) {
        self.number = number
        self.checksum = checksum
        self.body = body
    }

    init(number: Int64, _ bytes: UnsafeRawBufferPointer) {
        let squeezed = BlobCodec.squeeze(bytes)
        var body = Data(capacity: StoredPart.headByteCount + squeezed.body.count)
        for word in [squeezed.codec.rawValue, Int64(bytes.count)] {
            withUnsafeBytes(of: word.littleEndian) { body.append(contentsOf: $0) }
        }
        body.append(squeezed.body)
        self.init(number: number, checksum: StoredPart.checksum(number, bytes), body: body)
    }

    /// Hands the opened bytes to `use`; nil where they are not what was written.
    func open(_ use: (UnsafeRawBufferPointer) -> Bool) -> Bool? {
        guard body.count >= StoredPart.headByteCount, let codec = BlobCodec(rawValue: word(0)) else { return nil }
        let squeezed = body.dropFirst(StoredPart.headByteCount)
        return codec.open(squeezed, rawByteCount: Int(word(1))) { bytes in
            StoredPart.checksum(number, bytes) == checksum ? use(bytes) : nil
        }
    }

    private func word(_ index: Int) -> Int64 {
        body.withUnsafeBytes {
            Int64(littleEndian: $0.loadUnaligned(fromByteOffset: index * MemoryLayout<Int64>.size, as: Int64.self))
        }
    }

    /// XXH3-64, seeded with the part's number.
    static func checksum(_ number: Int64, _ bytes: UnsafeRawBufferPointer) -> Int64 {
        Int64(bitPattern: XXH3_64bits_withSeed(bytes.baseAddress, bytes.count, UInt64(bitPattern: number)))
    }
}
