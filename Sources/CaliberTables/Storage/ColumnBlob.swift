import CaliberColumns
import CaliberCore
import Foundation
import GRDB

/// One column of one segment as the file has it.
struct ColumnBlob {
    let version: Int64
    let rowCount: Int
    let width: Int64
    let base: Int64
    let scale: Int64
    let bounds: ClosedRange<Int64>?
    let nullCount: Int
    /// Of the segment's own pool; 0 for columns whose codes are the table's.
    let stringCount: Int
    let rawByteCount: Int
    let codec: Int64
    let body: Data

    private var described: [Int64] {
        // Blobs from before there were scales have none in their checksum.
        (scale == 1 ? [] : [scale]) + [
            version, Int64(rowCount), width, base, bounds?.lowerBound ?? 0, bounds?.upperBound ?? 0,
            bounds == nil ? 0 : 1, Int64(nullCount), Int64(stringCount), Int64(rawByteCount), codec,
        ]
    }

    /// - Parameter ownStrings: the segment's own pool, all of whose strings are kept.
    init(_ column: EncodedColumn, version: Int64, ownStrings: StringPool?) {
        var bytes: [UInt8] = []
        // A column without any value says so by its count of nulls; it needs no body.
        if column.nullCount < column.rowCount { bytes.append(contentsOf: column.body) }
        if let ownStrings { StringBlock.encode(ownStrings, codes: 0..<ownStrings.count, into: &bytes) }
        let (codec, body) = bytes.withUnsafeBytes { BlobCodec.squeeze($0) }
        self.version = version
        rowCount = column.rowCount
        width = Int64(column.width.rawValue)
        base = column.base
        scale = column.scale
        bounds = column.bounds
        nullCount = column.nullCount
        stringCount = ownStrings?.count ?? 0
        rawByteCount = bytes.count
        self.codec = codec.rawValue
        self.body = body
    }

    func write(key: Int64, to database: Database) throws {
        try database.cachedStatement(
            sql: """
                REPLACE INTO segmentColumn (columnSegmentKey, version, rowCount, width, base, low, high, nullCount,
                    stringCount, rawByteCount, codec, checksum, body, scale)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            key, version, rowCount, width, base, bounds?.lowerBound, bounds?.upperBound, nullCount, stringCount,
            rawByteCount, codec, BlobCodec.checksum(body, beside: described), body, scale,
        ])
    }

    /// The blob of a key, or nil when it is missing or its checksum says that it is damaged.
    init?(key: Int64, in database: Database) throws {
        guard
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM segmentColumn WHERE columnSegmentKey = ?"),
                arguments: [key])
        else { return nil }
        version = row["version"]
        rowCount = row["rowCount"]
        width = row["width"]
        base = row["base"]
        scale = row["scale"]
        let (low, high): (Int64?, Int64?) = (row["low"], row["high"])
        if let low, let high, low <= high { bounds = low...high } else { bounds = nil }
        nullCount = row["nullCount"]
        stringCount = row["stringCount"]
        rawByteCount = row["rawByteCount"]
        codec = row["codec"]
        body = row["body"]
        let checksum: Int64 = row["checksum"]
        guard checksum == BlobCodec.checksum(body, beside: described) else { return nil }
    }

    /// The column; nil when the parts don't fit together.
    ///
    /// - Parameter hasOwnStrings: whether codes are those of strings in this blob.
    func column(hasOwnStrings: Bool) -> EncodedColumn? {
        guard let codec = BlobCodec(rawValue: codec), let width = EncodedColumn.Width(rawValue: UInt8(clamping: width)),
            (0...RowPlace.rowLimit).contains(rowCount), (0...rowCount).contains(nullCount)
        else { return nil }
        return codec.open(body, rawByteCount: rawByteCount) { bytes in
            let hasValues = nullCount < rowCount
            let wordByteCount = nullCount == 0 ? 0 : (rowCount + 63) / 64 * 8
            let valueByteCount = (rowCount * Int(width.rawValue) + 7) / 8 * 8
            let columnByteCount = hasValues ? valueByteCount + wordByteCount : 0
            guard bytes.count >= columnByteCount else { return nil }
            let strings = UnsafeRawBufferPointer(rebasing: bytes[columnByteCount...])
            guard let pool = ownPool(strings, hasOwnStrings: hasOwnStrings) else { return nil }
            guard hasValues else {
                return EncodedColumn(allNullRowCount: rowCount, pool: pool.pool)
            }
            return EncodedColumn(
                rowCount: rowCount, width: width, base: base, scale: scale, bounds: bounds, nullCount: nullCount,
                body: UnsafeRawBufferPointer(rebasing: bytes[..<columnByteCount]), pool: pool.pool)
        }
    }

    private func ownPool(_ bytes: UnsafeRawBufferPointer, hasOwnStrings: Bool) -> (pool: StringPool?, Void)? {
        guard hasOwnStrings else { return bytes.isEmpty && stringCount == 0 ? (nil, ()) : nil }
        if let bounds, bounds.lowerBound < 0 || bounds.upperBound >= Int64(stringCount) { return nil }
        let pool = StringPool(byteCapacity: max(bytes.count, 1), countCapacity: max(stringCount, 1))
        return StringBlock.append(bytes, count: stringCount, to: pool) ? (pool, ()) : nil
    }
}
