import CaliberColumns
import Foundation
import GRDB

/// Strings that one checkpoint added to a column's pool.
struct StringChunk {
    let firstCode: Int
    let stringCount: Int
    let rawByteCount: Int
    let codec: Int64
    let body: Data

    private var described: [Int64] { [Int64(firstCode), Int64(stringCount), Int64(rawByteCount), codec] }

    init(_ pool: StringPool, codes: Range<Int>) {
        var bytes: [UInt8] = []
        StringBlock.encode(pool, codes: codes, into: &bytes)
        let (codec, body) = bytes.withUnsafeBytes { BlobCodec.squeeze($0) }
        firstCode = codes.lowerBound
        stringCount = codes.count
        rawByteCount = bytes.count
        self.codec = codec.rawValue
        self.body = body
    }

    /// nil when the checksum says that the row is damaged.
    init?(_ row: Row) {
        firstCode = row["firstCode"]
        stringCount = row["stringCount"]
        rawByteCount = row["rawByteCount"]
        codec = row["codec"]
        body = row["body"]
        let checksum: Int64 = row["checksum"]
        guard checksum == BlobCodec.checksum(body, beside: described) else { return nil }
    }

    func write(columnID: Int64, to database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO stringChunk (columnID, firstCode, stringCount, rawByteCount, codec, checksum, body)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            columnID, firstCode, stringCount, rawByteCount, codec, BlobCodec.checksum(body, beside: described), body,
        ])
    }

    /// Adds the strings to a pool, in which each gets the code it had; false when they don't fit together.
    func append(to pool: StringPool) -> Bool {
        guard pool.count == firstCode, let codec = BlobCodec(rawValue: codec) else { return false }
        return codec.open(body, rawByteCount: rawByteCount) { bytes in
            StringBlock.append(bytes, count: stringCount, to: pool)
        } ?? false
    }
}
