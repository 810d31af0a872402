import CaliberColumns

/// One number for each buyer, whatever table's strings name them.
///
/// Between a buyer's key and the number stands `person`: what tells that two keys are one.
package final class BuyerCodes {
    private let pool = StringPool()
    private let person: (@Sendable (UnsafeRawBufferPointer) -> String?)?
    /// Codes of one table's strings; −1 where they have not been met.
    private var known: [Int32] = []
    private var knownPool: ObjectIdentifier?

    /// - Parameter person: the person that a buyer's key belongs to; nil: the key itself.
    package init(person: (@Sendable (UnsafeRawBufferPointer) -> String?)? = nil) {
        self.person = person
    }

    package var count: Int { pool.count }

    /// The buyer of a string of a pool. Pools are asked one after the other, not by turns.
    func code(of string: UInt32, in strings: StringPool) -> Int32 {
        if knownPool != ObjectIdentifier(strings) {
            knownPool = ObjectIdentifier(strings)
            known.removeAll(keepingCapacity: true)
        }
        let index = Int(string)
        if index >= known.count {
            known.append(contentsOf: repeatElement(-1, count: max(index + 1, strings.count) - known.count))
        }
        if known[index] >= 0 { return known[index] }
        let bytes = strings[string]
        let code = person?(bytes).map { pool.intern($0) } ?? pool.intern(bytes)
        known[index] = Int32(bitPattern: code)
        return known[index]
    }
}
