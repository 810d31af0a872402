/// The part of the regular expressions' language that an automaton can be made of: characters, classes, groups,
/// alternatives and counted repeats.
///
/// What is not among it (looking around, references back, flags, lazy and possessive repeats, characters past ASCII)
/// makes parsing give nil, and is left to the system's regular expressions.
indirect enum PatternSyntax: Equatable {
    case characters(ASCIISet)
    case sequence([PatternSyntax])
    case alternatives([PatternSyntax])
    /// `most` is nil where there is no upper bound.
    case repeated(PatternSyntax, least: Int, most: Int?)

    static func parse(_ pattern: String) -> PatternSyntax? {
        var parser = PatternParser(Array(pattern.utf8))
        return parser.parse()
    }
}

/// Some of the 128 characters of ASCII.
struct ASCIISet: Hashable {
    private(set) var low: UInt64 = 0
    private(set) var high: UInt64 = 0

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { insert(byte) }
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << byte } else { high |= 1 << (byte & 63) }
    }

    mutating func formUnion(_ other: ASCIISet) {
        low |= other.low
        high |= other.high
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? low >> byte & 1 == 1 : high >> (byte & 63) & 1 == 1
    }

    var inverted: ASCIISet { ASCIISet((0..<128).filter { !contains($0) }) }

    static let digits = ASCIISet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let wordCharacters = {
        var set = digits
        set.formUnion(ASCIISet(UInt8(ascii: "A")...UInt8(ascii: "Z")))
        set.formUnion(ASCIISet(UInt8(ascii: "a")...UInt8(ascii: "z")))
        set.insert(UInt8(ascii: "_"))
        return set
    }()
}

/// Reads a pattern by recursive descent.
private struct PatternParser {
    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    private static let deepestGroup = 32
    private static let greatestCount = 1000

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() -> PatternSyntax? {
        guard bytes.allSatisfy({ $0 < 128 }), let syntax = alternatives(), index == bytes.count else { return nil }
        return syntax
    }

    private mutating func alternatives() -> PatternSyntax? {
        var parts: [PatternSyntax] = []
        repeat {
            guard let part = sequence() else { return nil }
            parts.append(part)
        } while take("|")
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func sequence() -> PatternSyntax? {
        var parts: [PatternSyntax] = []
        while let byte = peek, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            guard let atom = atom(), let part = quantified(atom) else { return nil }
            parts.append(part)
        }
        return .sequence(parts)
    }

    private mutating func atom() -> PatternSyntax? {
        guard let byte = peek else { return nil }
        index += 1
        switch byte {
        case UInt8(ascii: "("): return group()
        case UInt8(ascii: "["): return characterClass().map { .characters($0) }
        case UInt8(ascii: "\\"): return escaped().map { .characters($0) }
        // Anchors, a point (whose line ends are many) and what would be a quantifier of nothing.
        case _ where "^$.*+?{}]#".utf8.contains(byte), 0..<0x20, 0x7F: return nil
        default: return .characters(ASCIISet([byte]))
        }
    }

    private mutating func group() -> PatternSyntax? {
        if take("?"), !take(":") { return nil }
        depth += 1
        defer { depth -= 1 }
        guard depth <= PatternParser.deepestGroup, let inner = alternatives(), take(")") else { return nil }
        return inner
    }

    private mutating func escaped() -> ASCIISet? {
        guard let byte = peek else { return nil }
        index += 1
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "w"): return .wordCharacters
        default: return "\\.+*?()[]{}|^$-/_:#@".utf8.contains(byte) ? ASCIISet([byte]) : nil
        }
    }

    private mutating func characterClass() -> ASCIISet? {
        let isInverted = take("^")
        var set = ASCIISet([])
        var isEmpty = true
        while let byte = peek, byte != UInt8(ascii: "]") {
            // A class that begins with a colon may be a named one.
            guard !isEmpty || byte != UInt8(ascii: ":") else { return nil }
            isEmpty = false
            index += 1
            if byte == UInt8(ascii: "\\") {
                guard let escaped = escaped(), peek != UInt8(ascii: "-") || isLastHyphen else { return nil }
                set.formUnion(escaped)
                continue
            }
            guard isPlain(byte) else { return nil }
            guard peek == UInt8(ascii: "-"), !isLastHyphen else {
                set.insert(byte)
                continue
            }
            index += 1
            guard let last = peek, isPlain(last), byte != UInt8(ascii: "-"), last >= byte else { return nil }
            index += 1
            set.formUnion(ASCIISet(byte...last))
        }
        guard !isEmpty, take("]") else { return nil }
        return isInverted ? set.inverted : set
    }

    /// Whether the hyphen at hand ends a class, where it stands for itself.
    private var isLastHyphen: Bool {
        index + 1 < bytes.count && bytes[index] == UInt8(ascii: "-") && bytes[index + 1] == UInt8(ascii: "]")
    }

    /// Whether a character in a class stands for itself, whatever is beside it.
    private func isPlain(_ byte: UInt8) -> Bool {
        if byte == UInt8(ascii: "-") { return peek == UInt8(ascii: "]") }
        return ASCIISet.wordCharacters.contains(byte) || ".,/:;@+*=%!_()".utf8.contains(byte)
    }

    private mutating func quantified(_ atom: PatternSyntax) -> PatternSyntax? {
        let bounds: (least: Int, most: Int?)
        if take("*") {
            bounds = (0, nil)
        } else if take("+") {
            bounds = (1, nil)
        } else if take("?") {
            bounds = (0, 1)
        } else if take("{") {
            guard let counted = counts() else { return nil }
            bounds = counted
        } else {
            return atom
        }
        // A second sign makes a repeat lazy or possessive, or is one more quantifier.
        if let next = peek, "*+?{".utf8.contains(next) { return nil }
        return .repeated(atom, least: bounds.least, most: bounds.most)
    }

    private mutating func counts() -> (least: Int, most: Int?)? {
        guard let least = number() else { return nil }
        var most: Int? = least
        if take(",") {
            most = nil
            if peek != UInt8(ascii: "}") {
                guard let number = number(), number >= least else { return nil }
                most = number
            }
        }
        return take("}") ? (least, most) : nil
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let byte = peek, ASCIISet.digits.contains(byte) {
            let next = (value ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
            guard next <= PatternParser.greatestCount else { return nil }
            value = next
            index += 1
        }
        return value
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }
}
