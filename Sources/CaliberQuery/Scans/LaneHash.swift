/// Gives distinct lanes dense numbers, in the order they are first seen. Open addressing, linear probing.
struct LaneHash {
    private(set) var lanes: [Int64] = []
    /// Number + 1; 0 where empty.
    private var slots: [UInt32]
    private var shift: UInt64

    init() {
        slots = [UInt32](repeating: 0, count: 256)
        shift = 64 - 8
    }

    @inline(__always)
    mutating func number(of lane: Int64) -> UInt32 {
        if lanes.count * 2 >= slots.count { grow() }
        let mask = slots.count - 1
        var slot = LaneHash.home(lane, shift)
        while true {
            let held = slots[slot]
            if held == 0 {
                lanes.append(lane)
                slots[slot] = UInt32(lanes.count)
                return UInt32(lanes.count - 1)
            }
            if lanes[Int(held) - 1] == lane { return held - 1 }
            slot = (slot + 1) & mask
        }
    }

    /// Source of the multiplier: Knuth, The Art of Computer Programming, volume 3, section 6.4 (Fibonacci hashing).
    @inline(__always)
    private static func home(_ lane: Int64, _ shift: UInt64) -> Int {
        let bits = UInt64(bitPattern: lane)
        return Int(truncatingIfNeeded: ((bits ^ bits >> 32) &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    private mutating func grow() {
        let count = slots.count * 2
        slots = [UInt32](repeating: 0, count: count)
        shift -= 1
        for (number, lane) in lanes.enumerated() {
            var slot = LaneHash.home(lane, shift)
            while slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
            slots[slot] = UInt32(number + 1)
        }
    }
}
