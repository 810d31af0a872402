import CaliberCore
import CaliberDictionary
import Crypto

/// An identity as the graph goes by it.
package struct IdentityPolicy: Sendable {
    /// In the order of priority.
    let rules: [IdentifierRule]
    package let identifierNames: [String]
    let blocked: [BlockedTexts]
    /// Thousandths; 0: weak evidence joins whatever it ties.
    let bridgeWeight: UInt32
    let attachWeight: UInt32
    private let places: [String: Int]
    /// Of what evidence is made of: two policies that agree in it can share stored evidence.
    package let evidenceHash: String

    package init(_ definition: IdentityDefinition) {
        self.init(
            definition.identifiers, bridgeWeight: definition.bridgeWeight, attachWeight: definition.attachWeight)
    }

    /// - Parameters:
    ///   - bridgeWeight: what joins two groups with strong evidence, thousandths.
    ///   - attachWeight: what joins anybody to anybody; both 0 let weak evidence join whatever it ties.
    package init(_ identifiers: [IdentityDefinition.Identifier], bridgeWeight: Int, attachWeight: Int) {
        precondition(identifiers.count <= 64, "an identity has at most 64 identifiers, not \(identifiers.count)")
        rules = identifiers.map(IdentifierRule.init)
        identifierNames = identifiers.map(\.name)
        blocked = identifiers.map { BlockedTexts($0.blocked) }
        self.bridgeWeight = UInt32(clamping: bridgeWeight)
        self.attachWeight = UInt32(clamping: min(attachWeight, bridgeWeight))
        places = Dictionary(identifiers.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        evidenceHash = IdentityPolicy.hash(of: identifiers)
    }

    package func identifier(named name: String) -> Int? { places[name] }

    private static func hash(of identifiers: [IdentityDefinition.Identifier]) -> String {
        var text = ""
        for identifier in identifiers.sorted(by: { $0.name < $1.name }) {
            let blocked = identifier.blocked.values.sorted() + identifier.blocked.patterns.map(\.text).sorted()
            text += "\(identifier.name) \(identifier.role.rawValue) \(blocked)\n"
            for carrier in identifier.carriers.map({ "\($0)" }).sorted() { text += "  \(carrier)\n" }
        }
        return SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// One identifier, flattened for loops.
struct IdentifierRule: BitwiseCopyable, Sendable {
    let role: Role
    let isStrong: Bool
    /// Thousandths.
    let weight: UInt32
    /// Microseconds; 0: no decay.
    let halfLife: Int64
    /// `Int.max`: any number.
    let valuesMost: Int
    /// Microseconds; 0: ever.
    let valuesWindow: Int64
    let sharedMost: Int
    let sharedWindow: Int64

    init(_ definition: IdentityDefinition.Identifier) {
        role = Role(definition.role)
        isStrong = definition.strength == .strong
        weight = definition.strength == .strong ? 1_000 : UInt32(clamping: definition.weight)
        halfLife = definition.halfLife ?? 0
        valuesMost = definition.role == .link ? .max : definition.values?.most ?? .max
        valuesWindow = definition.values?.window ?? 0
        sharedMost = definition.sharedBy?.most ?? .max
        sharedWindow = definition.sharedBy?.window ?? 0
    }

    enum Role: UInt8, BitwiseCopyable, Sendable {
        case account, value, link

        init(_ role: IdentityDefinition.Role) {
            self =
                switch role {
                case .account: .account
                case .value: .value
                case .link: .link
                }
        }
    }
}

/// Values that are nobody's, by their bytes.
struct BlockedTexts: Sendable {
    private let values: Set<String>
    /// Bit n: a value has n bytes; the last one of 63 and more.
    private let lengths: UInt64
    private let patterns: [ValuePattern]

    init(_ blocked: IdentityDefinition.BlockedValues) {
        values = blocked.values
        lengths = blocked.values.reduce(0) { $0 | 1 << UInt64(min($1.utf8.count, 63)) }
        patterns = blocked.patterns
    }

    func blocks(_ text: UnsafeRawBufferPointer) -> Bool {
        if lengths >> UInt64(min(text.count, 63)) & 1 == 1, values.contains(String(decoding: text, as: UTF8.self)) {
            return true
        }
        return patterns.contains { $0.matches(text) }
    }
}
