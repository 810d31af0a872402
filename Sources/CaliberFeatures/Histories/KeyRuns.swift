/// For each key of an entity, where its few facts are: a run of words in memory that all keys share.
///
/// A run is the head of the key's record, and behind it the facts that are kept, by time. Runs have a handful of sizes, and
/// one that was left is used again for the next that needs its size.
final class KeyRuns {
    // Stored privately, so that the compiler sees all accesses and needs no check of each at run time.
    private var storedPlaces: UnsafeMutablePointer<Place>
    private var storedCount = 0
    private var capacity = 64
    private var slabs: [UnsafeMutablePointer<Int64>] = []
    /// Words of the last slab that are given out.
    private var lastUsed = KeyRuns.slabWords
    /// By size: the first run that is free, which names the next.
    private var free = [UInt32](repeating: Place.none, count: KeyRuns.sizes.count)

    struct Place {
        /// Of the run's first word, or of a busy key; `none` for a key of which nothing is kept.
        var start = Place.none
        /// Words behind the head that are in use.
        var used: UInt16 = 0
        /// A position among `KeyRuns.sizes`, or `busy`.
        var size: UInt16 = 0

        static let none = UInt32.max
        static let busy = UInt16.max

        var isBusy: Bool { size == Place.busy && start != Place.none }
    }

    /// Words of a run.
    static let sizes = [2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64]
    private static let slabWords = 1 << 17

    var places: UnsafeMutablePointer<Place> { storedPlaces }
    var count: Int { storedCount }

    init() {
        storedPlaces = .allocate(capacity: capacity)
    }

    deinit {
        storedPlaces.deallocate()
        for slab in slabs { slab.deallocate() }
    }

    /// Makes room for keys up to `count`.
    func grow(keys newCount: Int) {
        guard newCount > count else { return }
        if newCount > capacity {
            capacity = max(newCount, capacity * 2)
            let moved = UnsafeMutablePointer<Place>.allocate(capacity: capacity)
            moved.update(from: places, count: count)
            storedPlaces.deallocate()
            storedPlaces = moved
        }
        (places + count).update(repeating: Place(), count: newCount - count)
        storedCount = newCount
    }

    @inline(__always)
    func words(_ start: UInt32) -> UnsafeMutablePointer<Int64> {
        slabs[Int(start) / KeyRuns.slabWords] + Int(start) % KeyRuns.slabWords
    }

    /// The smallest size that has room for so many words; nil where none has.
    static func size(of wordCount: Int) -> Int? { sizes.firstIndex { $0 >= wordCount } }

    func allocate(_ size: Int) -> UInt32 {
        if free[size] != Place.none {
            let start = free[size]
            free[size] = UInt32(truncatingIfNeeded: words(start)[0])
            return start
        }
        let wordCount = KeyRuns.sizes[size]
        if lastUsed + wordCount > KeyRuns.slabWords {
            slabs.append(.allocate(capacity: KeyRuns.slabWords))
            lastUsed = 0
        }
        let start = (slabs.count - 1) * KeyRuns.slabWords + lastUsed
        precondition(start < Int(Place.none), "histories take more than \(Place.none) words")
        lastUsed += wordCount
        return UInt32(start)
    }

    func release(_ start: UInt32, size: Int) {
        words(start)[0] = Int64(free[size])
        free[size] = start
    }

    /// Gives a key another run, and keeps the words that are in use.
    ///
    /// - Parameter headCount: of words before those.
    func move(_ key: Int, to size: Int, headCount: Int) {
        let place = places[key]
        let start = allocate(size)
        words(start).update(from: words(place.start), count: headCount + Int(place.used))
        release(place.start, size: Int(place.size))
        places[key] = Place(start: start, used: place.used, size: UInt16(size))
    }

    /// Gives keys other numbers.
    ///
    /// - Parameter numbers: by key, the new one; −1 for a key of which nothing is kept.
    func renumber(_ numbers: [Int32], count newCount: Int) {
        let moved = UnsafeMutablePointer<Place>.allocate(capacity: max(64, newCount))
        moved.update(repeating: Place(), count: newCount)
        for key in 0..<min(count, numbers.count) where numbers[key] >= 0 { moved[Int(numbers[key])] = places[key] }
        storedPlaces.deallocate()
        storedPlaces = moved
        capacity = max(64, newCount)
        storedCount = newCount
    }
}
