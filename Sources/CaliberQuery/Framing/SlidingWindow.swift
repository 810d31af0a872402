/// What the entries of a window come to, while both of its ends move forward along a line of entries: each entry is
/// combined a constant number of times, however long the window is, and nothing is ever subtracted, so floats and
/// extremes are as exact as if each window were counted alone.
///
/// Source: the two-stack queue aggregation of Tangwongsan, Hirzel, Schneider, Wu, General incremental sliding-window
/// aggregation, VLDB 2015, section 2.
struct SlidingWindow<State> {
    private let combine: (State, State) -> State
    /// States of the window's older part, each with all that follow it there; the oldest last.
    private var older: [(key: Int64, total: State)] = []
    /// The newer part, in the order it came.
    private var newer: [(key: Int64, state: State)] = []
    private var newerTotal: State?

    init(_ combine: @escaping (State, State) -> State) { self.combine = combine }

    var isEmpty: Bool { older.isEmpty && newer.isEmpty }

    mutating func append(_ state: State, key: Int64) {
        newer.append((key, state))
        newerTotal = newerTotal.map { combine($0, state) } ?? state
    }

    /// Leaves out the entries before a key.
    mutating func removeEntries(before key: Int64) {
        while true {
            if older.isEmpty { turn() }
            guard let oldest = older.last, oldest.key < key else { return }
            older.removeLast()
        }
    }

    /// The window's entries together; nil when there are none.
    var total: State? {
        switch (older.last, newerTotal) {
        case (let older?, let newer?): combine(older.total, newer)
        case (let older?, nil): older.total
        case (nil, let newer): newer
        }
    }

    private mutating func turn() {
        var total: State?
        for (key, state) in newer.reversed() {
            let sum = total.map { combine(state, $0) } ?? state
            older.append((key, sum))
            total = sum
        }
        newer.removeAll(keepingCapacity: true)
        newerTotal = nil
    }
}
