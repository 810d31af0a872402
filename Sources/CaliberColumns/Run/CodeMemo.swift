/// What an instruction found out about each code of a pool, so that a string is looked at once and not once a row.
struct CodeMemo {
    /// The answer + 1 by code; 0 where the string has not been looked at.
    private(set) var entries: UnsafeMutablePointer<UInt32>
    private var capacity: Int

    init() {
        capacity = 0
        entries = .allocate(capacity: 1)
        entries.pointee = 0
    }

    func deallocate() { entries.deallocate() }

    /// Makes room for every code of a pool of `count` strings.
    mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        let newCapacity = max(count, capacity * 2)
        let new = UnsafeMutablePointer<UInt32>.allocate(capacity: newCapacity)
        new.update(from: entries, count: capacity)
        (new + capacity).update(repeating: 0, count: newCapacity - capacity)
        entries.deallocate()
        entries = new
        capacity = newCapacity
    }
}
