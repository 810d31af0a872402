/// Lanes of one column of one segment in memory: eight bytes a row and a validity byte beside.
///
/// A snapshot shares it with the segment; the segment then copies it before its next write.
final class LaneBuffer: @unchecked Sendable {
    // Safe to share: a segment writes only while it holds the sole reference (`MutableSegment.writable`).
    let lanes: UnsafeMutablePointer<Int64>
    let validity: UnsafeMutablePointer<UInt8>
    let capacity: Int

    static let bytesPerRow = 9

    /// All rows null, or all valid zeros.
    init(capacity: Int, startsValid: Bool) {
        self.capacity = max(capacity, 1)
        lanes = .allocate(capacity: self.capacity)
        validity = .allocate(capacity: self.capacity)
        lanes.update(repeating: 0, count: self.capacity)
        validity.update(repeating: startsValid ? 1 : 0, count: self.capacity)
    }

    deinit {
        lanes.deallocate()
        validity.deallocate()
    }

    /// A copy of the first rows with room for `capacity` of them.
    func copy(rowCount: Int, capacity: Int, startsValid: Bool) -> LaneBuffer {
        let copy = LaneBuffer(capacity: max(rowCount, capacity), startsValid: startsValid)
        copy.lanes.update(from: lanes, count: rowCount)
        copy.validity.update(from: validity, count: rowCount)
        return copy
    }

    /// A new buffer whose row `i` is this one's row `order[i]`.
    func permuted(by order: [Int32], startsValid: Bool) -> LaneBuffer {
        let result = LaneBuffer(capacity: capacity, startsValid: startsValid)
        for (row, source) in order.enumerated() {
            result.lanes[row] = lanes[Int(source)]
            result.validity[row] = validity[Int(source)]
        }
        return result
    }
}
