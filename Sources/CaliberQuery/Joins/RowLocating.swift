import CaliberColumns

/// Finds the row of another table that a key names.
package protocol RowLocating: Sendable {
    /// - Parameters:
    ///   - keys: one for each part of the other table's key (or of its validity entity), in its order.
    ///   - times: the moments that pick among rows that hold one after the other; nil where rows hold for ever.
    ///   - rows: gets the number of each row found, over all segments in their order, or -1.
    func locate(
        keys: [KeyLanes], times: KeyLanes?, count: Int, into rows: UnsafeMutablePointer<Int32>)
}

/// A chunk of one part of a key.
package struct KeyLanes {
    package let lanes: UnsafePointer<Int64>
    package let validity: UnsafePointer<UInt8>
    package let pool: StringPool?

    package init(lanes: UnsafePointer<Int64>, validity: UnsafePointer<UInt8>, pool: StringPool?) {
        self.lanes = lanes
        self.validity = validity
        self.pool = pool
    }
}
