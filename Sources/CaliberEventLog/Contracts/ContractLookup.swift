import CaliberColumns
import CaliberDictionary

/// The decoder of an event's type, by the type's bytes.
final class ContractLookup {
    let decoders: [ContractDecoder]
    /// Whether batches are to say when and in which order their events came.
    let keepsArrival: Bool
    private let names = StringPool()
    /// Types found lately.
    private let memo = UnsafeMutablePointer<(name: ShortName, index: Int)>.allocate(capacity: memoCount)

    private static let memoCount = 64

    /// - Throws: `InputProblem` when a contract's pattern or check can't be used.
    init(_ contracts: [ContractDefinition], keepsArrival: Bool = false, makeChecks: ContractCheckFactory) throws {
        self.keepsArrival = keepsArrival
        decoders = try contracts.map {
            try ContractDecoder($0, keepsArrival: keepsArrival, makeChecks: makeChecks)
        }
        memo.initialize(repeating: (.none, 0), count: ContractLookup.memoCount)
        for contract in contracts { _ = names.intern(contract.name) }
    }

    @inline(__always)
    func index(of type: UnsafeBufferPointer<UInt8>) -> Int? {
        // Types of eight to sixteen bytes, as most are, are told apart by their first and last eight.
        guard let name = ShortName(type) else { return pooledIndex(of: type) }
        let place = name.place & (ContractLookup.memoCount - 1)
        if memo[place].name == name { return memo[place].index }
        guard let index = pooledIndex(of: type) else { return nil }
        memo[place] = (name, index)
        return index
    }

    deinit { memo.deallocate() }

    @inline(never)
    private func pooledIndex(of type: UnsafeBufferPointer<UInt8>) -> Int? {
        names.code(of: UnsafeRawBufferPointer(type)).map(Int.init)
    }
}

/// A text of eight to sixteen bytes.
private struct ShortName: Equatable {
    let count: Int
    let head: UInt64
    let tail: UInt64

    /// Equal to no text.
    static let none = ShortName()

    private init() {
        (count, head, tail) = (0, 0, 0)
    }

    @inline(__always)
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard let start = UnsafeRawPointer(text.baseAddress), text.count >= 8, text.count <= 16 else { return nil }
        count = text.count
        head = start.loadUnaligned(as: UInt64.self)
        tail = start.loadUnaligned(fromByteOffset: text.count - 8, as: UInt64.self)
    }

    @inline(__always)
    var place: Int { Int(truncatingIfNeeded: ((head ^ (tail << 1)) &* 0x9E37_79B9_7F4A_7C15) >> 56) }
}
