import CaliberColumns

/// Strings in a row of bytes: a length of four bytes each, then the strings.
enum StringBlock {
    static func encode(_ pool: StringPool, codes: Range<Int>, into bytes: inout [UInt8]) {
        for code in codes {
            withUnsafeBytes(of: UInt32(pool[UInt32(code)].count).littleEndian) { bytes.append(contentsOf: $0) }
        }
        for code in codes { bytes.append(contentsOf: pool[UInt32(code)]) }
    }

    /// Calls `body` for each string in turn; false when the bytes are no block of `count` strings, or `body` says so.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard count >= 0, bytes.count / 4 >= count else { return false }
        var position = count * 4
        for index in 0..<count {
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
            guard length <= bytes.count - position else { return false }
            guard body(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])) else { return false }
            position += length
        }
        return position == bytes.count
    }
}
