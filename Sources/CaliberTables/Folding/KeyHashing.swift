import CXXHash
import CaliberColumns
import CaliberCore

/// Hashes keys: each part as its length and bytes, or as eight bytes, so that no two keys have one encoding.
struct KeyHasher: ~Copyable {
    private var bytes: UnsafeMutableRawPointer
    private var capacity = 256

    init() {
        bytes = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit {
        bytes.deallocate()
    }

    /// The hash of a row's key, or nil when a part of it is null.
    mutating func hash(_ parts: [KeyPart], row: Int) -> KeyHash? {
        var count = 0
        for part in parts {
            guard part.validity[row] != 0 else { return nil }
            let lane = part.lanes[row]
            guard let pool = part.pool else {
                reserve(count + 8)
                (bytes + count).storeBytes(of: lane.littleEndian, as: Int64.self)
                count += 8
                continue
            }
            let string = pool[UInt32(truncatingIfNeeded: lane)]
            reserve(count + 8 + string.count)
            (bytes + count).storeBytes(of: Int64(string.count).littleEndian, as: Int64.self)
            if let source = string.baseAddress {
                (bytes + count + 8).copyMemory(from: source, byteCount: string.count)
            }
            count += 8 + string.count
        }
        let hash = XXH3_128bits(bytes, count)
        return KeyHash(low: hash.low64, high: hash.high64)
    }

    private mutating func reserve(_ byteCount: Int) {
        guard byteCount > capacity else { return }
        let old = bytes
        let oldCapacity = capacity
        capacity = max(byteCount, capacity * 2)
        bytes = .allocate(byteCount: capacity, alignment: 8)
        bytes.copyMemory(from: old, byteCount: oldCapacity)
        old.deallocate()
    }
}

/// The hashes of some events' keys.
struct EventHashes {
    private let events: Range<Int>
    private let low: Scratch<UInt64>
    private let high: Scratch<UInt64>
    private let isWhole: Scratch<UInt8>
    init(_ parts: [KeyPart], _ events: Range<Int>) {
        self.events = events
        low = Scratch(events.count, repeating: 0)
        high = Scratch(events.count, repeating: 0)
        isWhole = Scratch(events.count, repeating: 0)
        var hasher = KeyHasher()
        for (index, event) in events.enumerated() {
            guard let hash = hasher.hash(parts, row: event) else { continue }
            low.start[index] = hash.low
            high.start[index] = hash.high
            isWhole.start[index] = 1
        }
    }

    /// nil where a part of the event's key is missing.
    @inline(__always)
    subscript(event: Int) -> KeyHash? {
        let index = event - events.lowerBound
        guard isWhole.start[index] != 0 else { return nil }
        return KeyHash(low: low.start[index], high: high.start[index])
    }
}

/// One part of a key, for many rows.
package struct KeyPart {
    package let lanes: UnsafePointer<Int64>
    package let validity: UnsafePointer<UInt8>
    /// The strings that codes stand for; nil for keys that are no strings.
    package let pool: StringPool?

    package init(lanes: UnsafePointer<Int64>, validity: UnsafePointer<UInt8>, pool: StringPool?) {
        self.lanes = lanes
        self.validity = validity
        self.pool = pool
    }

    package init(_ column: LaneColumn) {
        self.init(lanes: UnsafePointer(column.lanes), validity: UnsafePointer(column.validity), pool: column.pool)
    }
}
