/// Reads a pattern's text.
struct ValuePatternParser {
    private let bytes: [UInt8]
    private var place = 0
    private var depth = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    struct Parts {
        let node: PatternNode
        let isAnchoredAtStart: Bool
        let isAnchoredAtEnd: Bool
    }

    mutating func parse() throws(ValuePatternFault) -> Parts {
        let isAnchoredAtStart = take("^")
        let node = try choices()
        let isAnchoredAtEnd = take("$")
        guard place == bytes.count else {
            throw fault("\"\(Character(Unicode.Scalar(bytes[place])))\" can't stand here")
        }
        if case .either = node, isAnchoredAtStart || isAnchoredAtEnd {
            throw fault("^ and $ stand around all of it: put the choices into parentheses")
        }
        return Parts(node: node, isAnchoredAtStart: isAnchoredAtStart, isAnchoredAtEnd: isAnchoredAtEnd)
    }

    private func fault(_ reason: String) -> ValuePatternFault { ValuePatternFault(reason: reason, offset: place) }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func choices() throws(ValuePatternFault) -> PatternNode {
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .either(nodes)
    }

    private mutating func sequence() throws(ValuePatternFault) -> PatternNode {
        var nodes: [PatternNode] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")"), byte != UInt8(ascii: "$") {
            nodes.append(try repeated(try atom(byte)))
        }
        return nodes.isEmpty ? .nothing : nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repeated(_ node: PatternNode) throws(ValuePatternFault) -> PatternNode {
        if take("*") { return try once(.repeated(node, least: 0, most: nil)) }
        if take("+") { return try once(.repeated(node, least: 1, most: nil)) }
        if take("?") { return try once(.repeated(node, least: 0, most: 1)) }
        guard take("{") else { return node }
        guard let least = number() else { throw fault("a number is missing after {") }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else { throw fault("a } is missing") }
        guard most.map({ $0 >= least }) ?? true else { throw fault("the bounds are crossed") }
        return try once(.repeated(node, least: least, most: most))
    }

    private func once(_ node: PatternNode) throws(ValuePatternFault) -> PatternNode {
        if let next, [UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{")].contains(next) {
            throw fault("what is repeated is repeated again")
        }
        return node
    }

    /// At most 64: more positions than that there can't be.
    private mutating func number() -> Int? {
        var value: Int?
        while let byte = next, byte &- UInt8(ascii: "0") <= 9 {
            value = min((value ?? 0) * 10 + Int(byte - UInt8(ascii: "0")), 65)
            place += 1
        }
        return value
    }

    private mutating func atom(_ byte: UInt8) throws(ValuePatternFault) -> PatternNode {
        place += 1
        switch byte {
        case UInt8(ascii: "("):
            if take("?") {
                guard take(":") else { throw fault("of groups with ? there is only (?: ") }
            }
            depth += 1
            guard depth <= 20 else { throw fault("groups stand too deep within each other") }
            let node = try choices()
            guard take(")") else { throw fault("a ) is missing") }
            depth -= 1
            return node
        case UInt8(ascii: "["): return .bytes(try set())
        case UInt8(ascii: "."): return .bytes(ByteSet().inverted)
        case UInt8(ascii: "\\"): return .bytes(try escaped())
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw fault("there is nothing to repeat")
        case UInt8(ascii: "^"): throw fault("^ stands only at the beginning")
        default:
            var set = ByteSet()
            set.insert(byte)
            return .bytes(set)
        }
    }

    private mutating func escaped() throws(ValuePatternFault) -> ByteSet {
        guard let byte = next else { throw fault("a backslash ends it") }
        place += 1
        var set = ByteSet()
        switch byte {
        case UInt8(ascii: "d"): set.insert(UInt8(ascii: "0")...UInt8(ascii: "9"))
        case UInt8(ascii: "s"): for space in [9, 10, 11, 12, 13, 32] as [UInt8] { set.insert(space) }
        case UInt8(ascii: "w"):
            set.insert(UInt8(ascii: "0")...UInt8(ascii: "9"))
            set.insert(UInt8(ascii: "a")...UInt8(ascii: "z"))
            set.insert(UInt8(ascii: "A")...UInt8(ascii: "Z"))
            set.insert(UInt8(ascii: "_"))
        case let letter where Character(Unicode.Scalar(letter)).isLetter || letter &- UInt8(ascii: "0") <= 9:
            throw fault("\\\(Character(Unicode.Scalar(letter))) is not known")
        default: set.insert(byte)
        }
        return set
    }

    /// After its bracket.
    private mutating func set() throws(ValuePatternFault) -> ByteSet {
        let isInverted = take("^")
        var set = ByteSet()
        var isFirst = true
        while let byte = next, byte != UInt8(ascii: "]") || isFirst {
            isFirst = false
            place += 1
            guard byte < 0x80 else { throw fault("in brackets there are only ASCII characters") }
            if byte == UInt8(ascii: "\\") {
                let escaped = try escaped()
                for byte in UInt8.min...UInt8.max where escaped.contains(byte) { set.insert(byte) }
                continue
            }
            guard next == UInt8(ascii: "-"), place + 1 < bytes.count, bytes[place + 1] != UInt8(ascii: "]") else {
                set.insert(byte)
                continue
            }
            let end = bytes[place + 1]
            guard end >= byte, end < 0x80 else { throw fault("the range ends before it begins") }
            set.insert(byte...end)
            place += 2
        }
        guard take("]") else { throw fault("a ] is missing") }
        return isInverted ? set.inverted : set
    }
}
