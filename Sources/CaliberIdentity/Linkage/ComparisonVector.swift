/// How two accounts compare, identifier by identifier: a level for each declared comparison.
package struct ComparisonVector: Hashable, Sendable {
    /// By comparison: 0 for the least alike, `levelCount - 1` for the same; nil where one of the two says nothing.
    package let levels: [Int?]

    package init(_ levels: [Int?]) { self.levels = levels }
}

/// One thing that two accounts are compared by.
package struct Comparison: Hashable, Sendable {
    package let name: String
    /// From the least alike to the same.
    package let levelCount: Int

    package init(_ name: String, levelCount: Int = 2) {
        precondition(levelCount >= 2, "a comparison has at least two levels, not \(levelCount)")
        self.name = name
        self.levelCount = levelCount
    }
}

/// Vectors with how often each occurs: what the estimation goes over.
package struct VectorCounts: Sendable {
    package let comparisons: [Comparison]
    private(set) package var counts: [ComparisonVector: Int] = [:]

    package init(_ comparisons: [Comparison]) { self.comparisons = comparisons }

    package mutating func add(_ vector: ComparisonVector, times: Int = 1) {
        precondition(
            vector.levels.count == comparisons.count
                && zip(vector.levels, comparisons).allSatisfy { level, comparison in
                    level.map { (0..<comparison.levelCount).contains($0) } ?? true
                }, "a vector has a level of each comparison, got \(vector.levels)")
        counts[vector, default: 0] += times
    }

    /// In one order, so that sums of floats come out the same.
    var ordered: [(vector: ComparisonVector, count: Int)] {
        counts.map { ($0.key, $0.value) }.sorted { left, right in
            left.0.levels.map { $0 ?? -1 }.lexicographicallyPrecedes(right.0.levels.map { $0 ?? -1 })
        }
    }
}
