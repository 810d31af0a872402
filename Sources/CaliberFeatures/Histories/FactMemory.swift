import CaliberCore

/// The facts of one kind that may still lie in a window, in the order in which they arrived.
///
/// A fact keeps its number for good; the oldest are forgotten once they have left every window.
final class FactMemory {
    let valueCount: Int
    let entityCount: Int
    /// The number of the first fact that is kept, and past the last.
    private(set) var first = 0
    private(set) var end = 0
    private var capacity = 256
    // At `fact - first`.
    private(set) var times: UnsafeMutablePointer<Int64>
    private(set) var rows: UnsafeMutablePointer<Int32>
    /// `valueCount` a fact: whole numbers, texts' codes, or `FactMemory.absent`.
    private(set) var values: UnsafeMutablePointer<Int64>
    /// `entityCount` a fact: the entities' keys, −1 while one is unknown.
    private(set) var keys: UnsafeMutablePointer<Int32>

    /// No value: a number that no measurement reaches.
    static let absent = Int64.min

    init(valueCount: Int, entityCount: Int) {
        self.valueCount = valueCount
        self.entityCount = entityCount
        times = .allocate(capacity: capacity)
        rows = .allocate(capacity: capacity)
        values = .allocate(capacity: capacity * max(1, valueCount))
        keys = .allocate(capacity: capacity * max(1, entityCount))
    }

    deinit {
        times.deallocate()
        rows.deallocate()
        values.deallocate()
        keys.deallocate()
    }

    /// Adds a fact and gives its number; values and keys are to be filled in.
    func append(time: Int64, row: Int32) -> Int {
        if end - first == capacity { grow() }
        let place = end - first
        times[place] = time
        rows[place] = row
        end += 1
        return end - 1
    }

    @inline(__always)
    func time(_ fact: Int) -> Int64 { times[fact - first] }
    @inline(__always)
    func row(_ fact: Int) -> Int32 { rows[fact - first] }
    @inline(__always)
    func value(_ fact: Int, _ value: Int) -> Int64 { values[(fact - first) * valueCount + value] }
    @inline(__always)
    func key(_ fact: Int, _ entity: Int) -> Int32 { keys[(fact - first) * entityCount + entity] }

    func setValue(_ fact: Int, _ value: Int, to lane: Int64) { values[(fact - first) * valueCount + value] = lane }
    func setKey(_ fact: Int, _ entity: Int, to key: Int32) { keys[(fact - first) * entityCount + entity] = key }

    /// Forgets the facts before a number.
    func removeFirst(upTo fact: Int) {
        let gone = fact - first
        guard gone > 0 else { return }
        let kept = end - fact
        times.update(from: times + gone, count: kept)
        rows.update(from: rows + gone, count: kept)
        values.update(from: values + gone * valueCount, count: kept * valueCount)
        keys.update(from: keys + gone * entityCount, count: kept * entityCount)
        first = fact
    }

    /// Takes up what was put away; there must be nothing yet.
    func restore(first: Int, _ times: [Int64], _ rows: [Int32], _ values: [Int64], _ keys: [Int32]) {
        while capacity < times.count { grow() }
        self.first = first
        end = first + times.count
        self.times.update(from: times, count: times.count)
        self.rows.update(from: rows, count: rows.count)
        self.values.update(from: values, count: values.count)
        self.keys.update(from: keys, count: keys.count)
    }

    private func grow() {
        let count = end - first
        capacity *= 2
        times = FactMemory.moved(times, count, capacity)
        rows = FactMemory.moved(rows, count, capacity)
        values = FactMemory.moved(values, count * valueCount, capacity * max(1, valueCount))
        keys = FactMemory.moved(keys, count * entityCount, capacity * max(1, entityCount))
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
