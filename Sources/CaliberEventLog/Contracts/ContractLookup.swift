import CaliberColumns
import CaliberDictionary

/// The decoder of an event's type, by the type's bytes.
final class ContractLookup {
    let decoders: [ContractDecoder]
    private let names = StringPool()

    /// - Throws: `InputProblem` when a contract's pattern or check can't be used.
    init(_ contracts: [ContractDefinition], makeChecks: ContractCheckFactory) throws {
        decoders = try contracts.map { try ContractDecoder($0, makeChecks: makeChecks) }
        for contract in contracts { _ = names.intern(contract.name) }
    }

    @inline(__always)
    func index(of type: UnsafeRawBufferPointer) -> Int? { names.code(of: type).map(Int.init) }
}
