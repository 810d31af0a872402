import CaliberCore
import CaliberDictionary

/// A growing column of eight-byte lanes with a validity byte beside each.
///
/// What a lane holds follows the type's storage: the integer itself, the bit pattern of a `Double`, a code into `pool`,
/// or 0 and 1 for a boolean. A lane whose validity is 0 is null and holds 0.
///
/// One thread writes; once writing is over, any thread may read.
package final class LaneColumn: @unchecked Sendable {
    // Safe to share once written: readers only follow the two pointers, and the owner stops appending before it hands
    // the column on.
    package private(set) var lanes: UnsafeMutablePointer<Int64>
    package private(set) var validity: UnsafeMutablePointer<UInt8>
    package private(set) var count = 0
    package private(set) var nullCount = 0
    private var capacity: Int
    /// The strings that codes stand for; nil for types that are no strings.
    package let pool: StringPool?

    package init(capacity: Int = 1024, pool: StringPool? = nil) {
        self.capacity = Swift.max(capacity, 1)
        lanes = .allocate(capacity: self.capacity)
        validity = .allocate(capacity: self.capacity)
        self.pool = pool
    }

    deinit {
        lanes.deallocate()
        validity.deallocate()
    }

    @inline(__always)
    package func append(_ lane: Int64) {
        if count == capacity { grow() }
        lanes[count] = lane
        validity[count] = 1
        count += 1
    }

    @inline(__always)
    package func append(_ value: Double) { append(Int64(bitPattern: value.bitPattern)) }

    @inline(__always)
    package func appendNull() {
        if count == capacity { grow() }
        lanes[count] = 0
        validity[count] = 0
        count += 1
        nullCount += 1
    }

    /// Takes back the lanes from `newCount` on.
    package func truncate(to newCount: Int) {
        precondition(newCount <= count, "cannot truncate \(count) lanes to \(newCount)")
        for index in newCount..<count where validity[index] == 0 { nullCount -= 1 }
        count = newCount
    }

    @inline(__always)
    package func isNull(_ row: Int) -> Bool { validity[row] == 0 }

    private func grow() {
        let newCapacity = capacity * 2
        let newLanes = UnsafeMutablePointer<Int64>.allocate(capacity: newCapacity)
        newLanes.update(from: lanes, count: count)
        lanes.deallocate()
        lanes = newLanes
        let newValidity = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
        newValidity.update(from: validity, count: count)
        validity.deallocate()
        validity = newValidity
        capacity = newCapacity
    }
}
