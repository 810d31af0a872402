import CaliberColumns

/// Unions of sets that are codes of one pool, where a set is its members, sorted by bytes, joined by U+001F.
///
/// The empty text is the empty set. Unions seen lately are remembered, so that a pair met again costs one comparison.
final class SetUnion {
    static let separator: UInt8 = 0x1F
    private static let rememberedPairCount = 4096

    private var pairs = [UInt64](repeating: .max, count: rememberedPairCount)
    private var results = [UInt32](repeating: 0, count: rememberedPairCount)

    /// The code of a text's members as a set: sorted, each once.
    func normalized(_ text: UnsafeRawBufferPointer, in pool: StringPool) -> UInt32 {
        guard text.contains(SetUnion.separator) else { return pool.intern(text) }
        return intern(SetUnion.members(text).sorted(by: SetUnion.precedes), in: pool)
    }

    func union(_ left: UInt32, _ right: UInt32, in pool: StringPool) -> UInt32 {
        guard left != right else { return left }
        let pair = UInt64(min(left, right)) << 32 | UInt64(max(left, right))
        let slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 52)
        if pairs[slot] == pair { return results[slot] }
        let members = SetUnion.members(pool[left]) + SetUnion.members(pool[right])
        let result = intern(members.sorted(by: SetUnion.precedes), in: pool)
        pairs[slot] = pair
        results[slot] = result
        return result
    }

    /// - Parameter sorted: members in order; repeats are left out.
    private func intern(_ sorted: [ArraySlice<UInt8>], in pool: StringPool) -> UInt32 {
        var joined: [UInt8] = []
        var last: ArraySlice<UInt8>?
        for member in sorted where member != last {
            if last != nil { joined.append(SetUnion.separator) }
            joined += member
            last = member
        }
        return joined.withUnsafeBytes { pool.intern($0) }
    }

    private static func members(_ text: UnsafeRawBufferPointer) -> [ArraySlice<UInt8>] {
        Array(text).split(separator: separator)
    }

    private static func precedes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        left.lexicographicallyPrecedes(right)
    }
}
