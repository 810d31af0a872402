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
    // What is stored is private, so that the compiler sees all accesses and needs no check of each at run time.
    private var laneStorage: UnsafeMutablePointer<Int64>
    private var validityStorage: UnsafeMutablePointer<UInt8>
    private var storedCount = 0
    private var storedNullCount = 0
    private var capacity: Int
    /// The strings that codes stand for; nil for types that are no strings.
    package let pool: StringPool?

    package var lanes: UnsafeMutablePointer<Int64> { laneStorage }
    package var validity: UnsafeMutablePointer<UInt8> { validityStorage }
    package var count: Int { storedCount }
    package var nullCount: Int { storedNullCount }

    package init(capacity: Int = 1024, pool: StringPool? = nil) {
        self.capacity = Swift.max(capacity, 1)
        laneStorage = .allocate(capacity: self.capacity)
        validityStorage = .allocate(capacity: self.capacity)
        self.pool = pool
    }

    deinit {
        laneStorage.deallocate()
        validityStorage.deallocate()
    }

    @inline(__always)
    package func append(_ lane: Int64) {
        if storedCount == capacity { grow(to: capacity * 2) }
        laneStorage[storedCount] = lane
        validityStorage[storedCount] = 1
        storedCount += 1
    }

    @inline(__always)
    package func append(_ value: Double) { append(Int64(bitPattern: value.bitPattern)) }

    @inline(__always)
    package func appendNull() {
        if storedCount == capacity { grow(to: capacity * 2) }
        laneStorage[storedCount] = 0
        validityStorage[storedCount] = 0
        storedCount += 1
        storedNullCount += 1
    }

    /// Makes room for lanes, so that a writer may fill those past `count` through the pointers.
    package func reserve(_ laneCount: Int) {
        if laneCount > capacity { grow(to: Swift.max(laneCount, capacity * 2)) }
    }

    /// Takes in the lanes that were filled through the pointers, up to `newCount`.
    package func extend(to newCount: Int) {
        precondition(
            storedCount <= newCount && newCount <= capacity, "cannot extend \(storedCount) lanes to \(newCount)")
        var nullCount = 0
        for index in storedCount..<newCount { nullCount += validityStorage[index] == 0 ? 1 : 0 }
        storedNullCount += nullCount
        storedCount = newCount
    }

    /// Takes back the lanes from `newCount` on.
    package func truncate(to newCount: Int) {
        precondition(newCount <= storedCount, "cannot truncate \(storedCount) lanes to \(newCount)")
        for index in newCount..<storedCount where validityStorage[index] == 0 { storedNullCount -= 1 }
        storedCount = newCount
    }

    @inline(__always)
    package func isNull(_ row: Int) -> Bool { validityStorage[row] == 0 }

    private func grow(to newCapacity: Int) {
        let newLanes = UnsafeMutablePointer<Int64>.allocate(capacity: newCapacity)
        newLanes.update(from: laneStorage, count: storedCount)
        laneStorage.deallocate()
        laneStorage = newLanes
        let newValidity = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
        newValidity.update(from: validityStorage, count: storedCount)
        validityStorage.deallocate()
        validityStorage = newValidity
        capacity = newCapacity
    }
}
