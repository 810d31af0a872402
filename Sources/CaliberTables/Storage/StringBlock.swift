import CaliberColumns

/// Strings in a row of bytes: a length of four bytes each, then the strings.
enum StringBlock {
    static func encode(_ pool: StringPool, codes: Range<Int>, into bytes: inout [UInt8]) {
        for code in codes {
            withUnsafeBytes(of: UInt32(pool[UInt32(code)].count).littleEndian) { bytes.append(contentsOf: $0) }
        }
        for code in codes { bytes.append(contentsOf: pool[UInt32(code)]) }
    }

    /// Adds the strings to a pool; false when the bytes are no block of `count` strings.
    static func append(_ bytes: UnsafeRawBufferPointer, count: Int, to pool: StringPool) -> Bool {
        guard count >= 0, bytes.count / 4 >= count else { return false }
        let strings = UnsafeRawBufferPointer(rebasing: bytes[(count * 4)...])
        var end = 0
        let ends = [Int](unsafeUninitializedCapacity: count) { ends, initializedCount in
            for index in 0..<count {
                end += Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
                ends[index] = end
            }
            initializedCount = count
        }
        guard end == strings.count else { return false }
        ends.withUnsafeBufferPointer { pool.append(strings, ends: $0, from: 0) }
        return true
    }
}
