import CaliberCore

/// A regular expression that is looked for in very many short texts.
///
/// It is run over bytes as a set of positions in one word, so a text that does not fit is mostly given up at its first
/// byte. It knows `. [a-z] [^a-z] \d \w \s | ( ) * + ? {2} {2,} {2,5}`, `^` at its beginning and `$` at its end, and has at
/// most 64 positions. Without `^` and `$` it is found anywhere in a text.
///
/// Source: Glushkov, The Abstract Theory of Automata, 1961; run as in Navarro, Raffinot, Flexible Pattern Matching in
/// Strings, 2002, section 5.3.
public struct ValuePattern: Hashable, Sendable {
    public let text: String
    private let isAnchoredAtStart: Bool
    private let isAnchoredAtEnd: Bool
    private let fitsEmpty: Bool
    private let first: UInt64
    private let last: UInt64
    /// By position, which may come next.
    private let following: [UInt64]
    /// By byte, the positions that take it.
    private let takers: [UInt64]

    /// - Throws: `ValuePatternFault`.
    public init(_ text: String) throws(ValuePatternFault) {
        var parser = ValuePatternParser(text)
        let parts = try parser.parse()
        var positions = PatternPositions()
        let ends = try positions.lay(parts.node)
        self.text = text
        isAnchoredAtStart = parts.isAnchoredAtStart
        isAnchoredAtEnd = parts.isAnchoredAtEnd
        fitsEmpty = ends.fitsEmpty
        first = ends.first
        last = ends.last
        following = positions.following
        takers = positions.takers
    }

    /// Whether a text has it.
    public func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if fitsEmpty && (bytes.isEmpty || !isAnchoredAtEnd || !isAnchoredAtStart) { return true }
        var active: UInt64 = 0
        var starts = first
        for byte in bytes {
            var next = starts
            var rest = active
            while rest != 0 {
                next |= following[rest.trailingZeroBitCount]
                rest &= rest - 1
            }
            active = next & takers[Int(byte)]
            if !isAnchoredAtEnd && active & last != 0 { return true }
            if isAnchoredAtStart {
                if active == 0 { return false }
                starts = 0
            }
        }
        return active & last != 0
    }

    public func matches(_ string: String) -> Bool {
        var copy = string
        return copy.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }
}

/// Why a text is no pattern: in words that follow "because", and how many characters stand before the place.
public struct ValuePatternFault: Error, Hashable, Sendable {
    public let reason: String
    public let offset: Int
}

/// The bytes that one position takes.
struct ByteSet: Hashable {
    private(set) var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func insert(_ bytes: ClosedRange<UInt8>) { for byte in bytes { insert(byte) } }

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }

    var inverted: ByteSet {
        var other = ByteSet()
        for byte in UInt8.min...UInt8.max where !contains(byte) { other.insert(byte) }
        return other
    }
}

indirect enum PatternNode {
    case nothing
    case bytes(ByteSet)
    case sequence([PatternNode])
    case either([PatternNode])
    /// `most` nil: any number.
    case repeated(PatternNode, least: Int, most: Int?)
}

/// The positions of a pattern and what follows each.
struct PatternPositions {
    private(set) var following: [UInt64] = []
    private(set) var takers = [UInt64](repeating: 0, count: 256)

    struct Ends {
        var fitsEmpty: Bool
        var first: UInt64
        var last: UInt64
    }

    mutating func lay(_ node: PatternNode) throws(ValuePatternFault) -> Ends {
        switch node {
        case .nothing: return Ends(fitsEmpty: true, first: 0, last: 0)
        case .bytes(let set):
            let position = following.count
            guard position < 64 else {
                throw ValuePatternFault(reason: "it has more than 64 positions", offset: 0)
            }
            following.append(0)
            for byte in UInt8.min...UInt8.max where set.contains(byte) { takers[Int(byte)] |= 1 << UInt64(position) }
            return Ends(fitsEmpty: false, first: 1 << UInt64(position), last: 1 << UInt64(position))
        case .sequence(let nodes):
            var ends = Ends(fitsEmpty: true, first: 0, last: 0)
            for node in nodes { ends = join(ends, try lay(node)) }
            return ends
        case .either(let nodes):
            var ends = Ends(fitsEmpty: false, first: 0, last: 0)
            for node in nodes {
                let other = try lay(node)
                ends.fitsEmpty = ends.fitsEmpty || other.fitsEmpty
                ends.first |= other.first
                ends.last |= other.last
            }
            return ends
        case .repeated(let node, let least, let most):
            var ends = Ends(fitsEmpty: true, first: 0, last: 0)
            for _ in 0..<least { ends = join(ends, try lay(node)) }
            guard let most else {
                var other = try lay(node)
                follow(other.last, other.first)
                other.fitsEmpty = true
                return join(ends, other)
            }
            for _ in least..<max(least, most) {
                var other = try lay(node)
                other.fitsEmpty = true
                ends = join(ends, other)
            }
            return ends
        }
    }

    private mutating func join(_ left: Ends, _ right: Ends) -> Ends {
        follow(left.last, right.first)
        return Ends(
            fitsEmpty: left.fitsEmpty && right.fitsEmpty,
            first: left.fitsEmpty ? left.first | right.first : left.first,
            last: right.fitsEmpty ? left.last | right.last : right.last)
    }

    private mutating func follow(_ positions: UInt64, _ next: UInt64) {
        var rest = positions
        while rest != 0 {
            following[rest.trailingZeroBitCount] |= next
            rest &= rest - 1
        }
    }
}
