/// The facts of one kind that a chunk brought: what entities add to their histories.
final class FactValues {
    let valueCount: Int
    let entityCount: Int
    private(set) var count = 0
    private var capacity = 256
    private var times: UnsafeMutablePointer<Int64>
    /// What tells the row from all others, for good.
    private var lives: UnsafeMutablePointer<Int64>
    /// `valueCount` a fact: whole numbers, hashes of texts, or `FactValues.absent`.
    private var lanes: UnsafeMutablePointer<Int64>
    /// `entityCount` a fact: the entities' keys, −1 for those that the fact is not to be added to.
    private var keys: UnsafeMutablePointer<Int32>

    /// No value: a number that no measurement reaches.
    static let absent = Int64.min

    init(valueCount: Int, entityCount: Int) {
        self.valueCount = valueCount
        self.entityCount = entityCount
        times = .allocate(capacity: capacity)
        lives = .allocate(capacity: capacity)
        lanes = .allocate(capacity: capacity * max(1, valueCount))
        keys = .allocate(capacity: capacity * max(1, entityCount))
    }

    deinit {
        times.deallocate()
        lives.deallocate()
        lanes.deallocate()
        keys.deallocate()
    }

    /// Adds a fact and gives its number; values and keys are to be filled in.
    func append(time: Int64, life: Int64) -> Int {
        if count == capacity { grow() }
        times[count] = time
        lives[count] = life
        count += 1
        return count - 1
    }

    func removeAll() { count = 0 }

    /// What is there, as long as nothing is added.
    var view: View {
        View(times: times, lives: lives, lanes: lanes, keys: keys, valueCount: valueCount, entityCount: entityCount)
    }

    struct View {
        fileprivate let times: UnsafePointer<Int64>
        fileprivate let lives: UnsafePointer<Int64>
        fileprivate let lanes: UnsafePointer<Int64>
        fileprivate let keys: UnsafePointer<Int32>
        fileprivate let valueCount: Int
        fileprivate let entityCount: Int

        init(
            times: UnsafePointer<Int64>, lives: UnsafePointer<Int64>, lanes: UnsafePointer<Int64>,
            keys: UnsafePointer<Int32>, valueCount: Int, entityCount: Int
        ) {
            self.times = times
            self.lives = lives
            self.lanes = lanes
            self.keys = keys
            self.valueCount = valueCount
            self.entityCount = entityCount
        }

        @inline(__always)
        func time(_ fact: Int) -> Int64 { times[fact] }
        @inline(__always)
        func life(_ fact: Int) -> Int64 { lives[fact] }
        @inline(__always)
        func key(_ fact: Int, _ entity: Int) -> Int32 { keys[fact * entityCount + entity] }
        @inline(__always)
        func values(_ fact: Int) -> UnsafePointer<Int64> { lanes + fact * valueCount }
    }

    @inline(__always)
    func values(_ fact: Int) -> UnsafeMutablePointer<Int64> { lanes + fact * valueCount }
    @inline(__always)
    func keys(_ fact: Int) -> UnsafeMutablePointer<Int32> { keys + fact * entityCount }

    private func grow() {
        capacity *= 2
        times = FactValues.moved(times, count, capacity)
        lives = FactValues.moved(lives, count, capacity)
        lanes = FactValues.moved(lanes, count * valueCount, capacity * max(1, valueCount))
        keys = FactValues.moved(keys, count * entityCount, capacity * max(1, entityCount))
    }

    private static func moved<Element>(
        _ old: UnsafeMutablePointer<Element>, _ count: Int, _ capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        new.update(from: old, count: count)
        old.deallocate()
        return new
    }
}

/// What one chunk brought, as all entities go through it.
struct ChunkWork: @unchecked Sendable {
    // Safe to share: read by all; of `values`, each entity's thread writes the columns that are its own.
    struct Action {
        enum Kind: UInt8 {
            /// A fact, for all entities that it names.
            case fact
            /// A row of the output.
            case moment
        }

        let kind: Kind
        /// Of a fact, its kind: a position in the set.
        let fact: Int32
        let number: Int32
        let now: Int64
    }

    let actions: [Action]
    let facts: [FactValues.View]
    /// By entity.
    let keyCounts: [Int]
    let entityCount: Int
    let featureCount: Int
    /// By moment and entity; −1 for an entity that is not known.
    let keys: UnsafePointer<Int32>
    /// By moment.
    let lives: UnsafePointer<Int64>
    /// By moment and feature.
    let values: UnsafeMutablePointer<Double>
}
