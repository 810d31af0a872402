/// A fact that can't be added to every history yet: it is still to happen, or the row does not say yet whom it concerns.
final class PendingFact {
    /// The position of its kind in the set.
    let fact: Int
    let time: Int64
    /// −1 for one that is forgotten.
    var row: Int32
    let life: Int64
    let values: [Int64]
    /// By entity; −1 while one is unknown.
    var keys: [Int32]
    /// Whether it is still to happen.
    var isFuture: Bool

    init(fact: Int, time: Int64, row: Int32, life: Int64, values: [Int64], keys: [Int32], isFuture: Bool) {
        self.fact = fact
        self.time = time
        self.row = row
        self.life = life
        self.values = values
        self.keys = keys
        self.isFuture = isFuture
    }
}

/// Facts that wait, by what they wait for.
struct PendingFacts {
    /// By row: those that wait to hear whom they concern.
    private(set) var waiting: [Int32: [PendingFact]] = [:]
    /// Those that have arrived and not happened, the next to happen last.
    private(set) var future: [PendingFact] = []

    /// When the next one happens.
    @inline(__always)
    var nextTime: Int64 { future.last?.time ?? .max }

    /// Whether any fact waits to hear whom it concerns.
    var isWaiting: Bool { !waiting.isEmpty }

    /// Whether facts of a row do.
    func waits(_ row: Int32) -> Bool { waiting[row] != nil }

    mutating func wait(_ fact: PendingFact) { waiting[fact.row, default: []].append(fact) }

    mutating func setWaiting(_ facts: [PendingFact], of row: Int32) { waiting[row] = facts.isEmpty ? nil : facts }

    /// Lets facts of a row that is forgotten wait no more. Those that are still to happen do, for whom is known by now.
    mutating func forget(_ row: Int32) {
        for fact in waiting.removeValue(forKey: row) ?? [] { fact.row = -1 }
    }

    mutating func postpone(_ fact: PendingFact) {
        // The first that happens earlier.
        var low = 0
        var high = future.count
        while low < high {
            let middle = (low + high) / 2
            if future[middle].time < fact.time { high = middle } else { low = middle + 1 }
        }
        future.insert(fact, at: low)
    }

    mutating func takeNext() -> PendingFact? { future.popLast() }

    /// Keeps those that wait which `isKept`.
    mutating func filterWaiting(_ isKept: (PendingFact) -> Bool) {
        for (row, facts) in waiting {
            let left = facts.filter(isKept)
            if left.count < facts.count { waiting[row] = left.isEmpty ? nil : left }
        }
    }

    /// Every one once: those that are still to happen, then the others by row.
    var all: [PendingFact] {
        future + waiting.sorted { $0.key < $1.key }.flatMap { $0.value.filter { !$0.isFuture } }
    }
}
