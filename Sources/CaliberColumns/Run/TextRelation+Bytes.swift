/// Questions to strings, by their bytes.
extension TextRelation {
    func holds(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .equal: left.count == right.count && left.elementsEqual(right)
        case .notEqual: left.count != right.count || !left.elementsEqual(right)
        case .less: StringPool.precedes(left, right)
        case .lessOrEqual: !StringPool.precedes(right, left)
        case .greater: StringPool.precedes(right, left)
        case .greaterOrEqual: !StringPool.precedes(left, right)
        case .startsWith: left.starts(with: right)
        case .endsWith: left.count >= right.count && left.suffix(right.count).elementsEqual(right)
        case .contains: TextRelation.isFound(right, in: left)
        case .has: TextRelation.isMember(right, of: left)
        }
    }

    private static func isFound(_ part: UnsafeRawBufferPointer, in whole: UnsafeRawBufferPointer) -> Bool {
        guard let first = part.first else { return true }
        guard part.count <= whole.count else { return false }
        for start in 0...(whole.count - part.count) where whole[start] == first {
            if whole[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }

    private static func isMember(_ member: UnsafeRawBufferPointer, of set: UnsafeRawBufferPointer) -> Bool {
        // The empty string is the set without members.
        guard !set.isEmpty else { return false }
        return set.split(separator: SetText.separator, omittingEmptySubsequences: false)
            .contains { $0.elementsEqual(member) }
    }
}

/// How a set is kept as one string: its members in the order of their bytes, with a separator between them.
package enum SetText {
    /// U+001F, the unit separator.
    package static let separator: UInt8 = 0x1F
}

extension TextTest {
    func holds(_ text: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .compare(let relation, var other):
            other.withUTF8 { relation.holds(text, UnsafeRawBufferPointer($0)) }
        case .isMember(let members):
            members.contains { member in
                var member = member
                return member.withUTF8 { text.elementsEqual($0) }
            }
        }
    }
}

extension TextMeasure {
    func value(of text: UnsafeRawBufferPointer) -> Int {
        switch self {
        // Every byte but UTF-8's continuation bytes begins a scalar.
        case .length: text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        case .size: text.isEmpty ? 0 : text.reduce(1) { $0 + ($1 == SetText.separator ? 1 : 0) }
        }
    }
}
