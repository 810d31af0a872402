/// What a node is: an identifier, within a scope such as one platform. Limits are counted by kind.
///
/// Accesses to what loops read go without a check at run time: a graph belongs to one thread, and no access to a stored property
/// of it is held while another begins; what is held across calls are pointers, which are read again after whatever may grow.
final class NodeKinds {
    private let policy: IdentityPolicy
    /// By kind, for hot loops.
    @exclusivity(unchecked) private(set) var rules = GrowingBuffer<IdentifierRule>()
    private var codes: [Kind: UInt16] = [:]
    private(set) var kinds: [Kind] = []
    /// By kind, what a component adds up to see quickly that no limit can be broken.
    private(set) var summaries: [LimitSummary] = []
    /// By kind, for hot loops.
    private(set) var identifiers: [UInt8] = []

    struct Kind: Hashable {
        let identifier: Int
        let scope: String
    }

    /// Platforms and the like: far more than there are, far fewer than would fill a code.
    static let limit = 60_000

    init(_ policy: IdentityPolicy) { self.policy = policy }

    deinit { rules.free() }

    /// - Returns: nil where there are too many kinds already.
    func kind(_ identifier: Int, within scope: String) -> UInt16? {
        let kind = Kind(identifier: identifier, scope: scope)
        if let code = codes[kind] { return code }
        guard kinds.count < NodeKinds.limit else { return nil }
        let code = UInt16(kinds.count)
        codes[kind] = code
        kinds.append(kind)
        identifiers.append(UInt8(identifier))
        rules.append(policy.rules[identifier])
        summaries.append(LimitSummary(of: policy.rules[identifier], identifier: identifier, kind: Int(code)))
        return code
    }

    func code(_ identifier: Int, within scope: String) -> UInt16? {
        codes[Kind(identifier: identifier, scope: scope)]
    }

    @inline(__always)
    func rule(_ kind: UInt16) -> IdentifierRule { rules.base[Int(kind)] }

    /// Whether a node of the kind is somebody by itself: an account or a strong trait.
    @inline(__always)
    func isSomebody(_ kind: UInt16) -> Bool {
        let rule = rule(kind)
        return rule.isStrong && rule.role != .link
    }

    func isBlocked(_ kind: UInt16, _ text: UnsafeRawBufferPointer) -> Bool {
        policy.blocked[Int(identifiers[Int(kind)])].blocks(text)
    }

    func precedes(_ left: UInt16, _ right: UInt16) -> Bool {
        let (one, other) = (kinds[Int(left)], kinds[Int(right)])
        if one.identifier != other.identifier {
            let (name, otherName) = (policy.identifierNames[one.identifier], policy.identifierNames[other.identifier])
            return name.utf8.lexicographicallyPrecedes(otherName.utf8)
        }
        return one.scope.utf8.lexicographicallyPrecedes(other.scope.utf8)
    }
}

/// Upper bounds of how many values of each limited kind a component holds, in two words that add up in a few instructions.
///
/// Kinds of which a person has one value are bits; others are counted in eight lanes of seven bits. Kinds that share a bit or a
/// lane make a component suspect although it may keep every limit: then its members are counted one by one.
struct LimitSummary: BitwiseCopyable {
    var singles: UInt64 = 0
    var lanes: UInt64 = 0

    private static let laneMost = 127

    init() {}

    init(of rule: IdentifierRule, identifier: Int, kind: Int) {
        guard rule.valuesMost != .max else { return }
        if rule.valuesMost == 1 {
            singles = 1 << UInt64(kind & 63)
        } else {
            lanes = 1 << UInt64((identifier & 7) * 8)
        }
    }

    /// By lane, 127 less what a person may have of its scarcest kind.
    static func slack(_ rules: [IdentifierRule]) -> UInt64 {
        var most = [Int](repeating: laneMost, count: 8)
        for (identifier, rule) in rules.enumerated() where rule.valuesMost > 1 {
            most[identifier & 7] = min(most[identifier & 7], rule.valuesMost)
        }
        return most.enumerated().reduce(0) { $0 | UInt64(laneMost - $1.element) << UInt64($1.offset * 8) }
    }

    /// Adds another's values. - Returns: whether a limit may be broken.
    @inline(__always)
    mutating func add(_ other: LimitSummary, slack: UInt64) -> Bool {
        let meets = singles & other.singles != 0
        singles |= other.singles
        // Each lane is at most 127, so that no sum carries into the next lane.
        let sum = lanes &+ other.lanes
        let over = ((sum & LimitSummary.low) &+ slack | sum) & LimitSummary.high
        lanes = (sum & LimitSummary.low) | (sum & LimitSummary.high) >> 1
        return meets || over != 0
    }

    private static let high: UInt64 = 0x8080_8080_8080_8080
    private static let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
}
