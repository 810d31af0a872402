import CaliberColumns

/// All values of one fold, with the answer's group of each: what distinct counts and percentiles are taken from.
final class ValueGathering {
    private struct Part {
        let values: CollectedValues
        /// The answer's group for each of the segment's.
        let numbers: [Int32]
    }

    /// Lanes are codes of the parts' pools.
    private let isText: Bool
    private var parts: [Part] = []

    init(isText: Bool) { self.isText = isText }

    func add(_ values: CollectedValues, _ numbers: [Int32]) {
        parts.append(Part(values: values, numbers: numbers))
    }

    /// All values, each group's together: lanes in the order of groups, and where each group's begin.
    private struct Grouped: Sendable {
        let lanes: [Int64]
        /// With the end of the last group.
        let starts: [Int]

        func rows(of group: Int) -> Range<Int> { starts[group]..<starts[group + 1] }
    }

    private func grouped(groupCount: Int) -> Grouped {
        var starts = [Int](repeating: 0, count: groupCount + 1)
        for part in parts {
            for group in part.values.groups where part.numbers[Int(group)] >= 0 {
                starts[Int(part.numbers[Int(group)]) + 1] += 1
            }
        }
        for group in 0..<groupCount { starts[group + 1] += starts[group] }
        var next = starts
        let total = starts[groupCount]
        let translations = self.translations()
        let lanes = [Int64](unsafeUninitializedCapacity: total) { buffer, count in
            for (position, part) in parts.enumerated() {
                let translation = translations.isEmpty ? nil : translations[position]
                for (index, group) in part.values.groups.enumerated() where part.numbers[Int(group)] >= 0 {
                    let number = Int(part.numbers[Int(group)])
                    let lane = part.values.lanes[index]
                    buffer[next[number]] = translation.map { $0[Int(lane)] } ?? lane
                    next[number] += 1
                }
            }
            count = total
        }
        return Grouped(lanes: lanes, starts: starts)
    }

    /// For each part, from its pool's codes to codes that are equal where the strings are; empty when lanes are no codes
    /// or are codes of one pool that holds no string twice.
    private func translations() -> [[Int64]] {
        guard isText else { return [] }
        let filled = parts.filter { !$0.values.lanes.isEmpty }
        let first = filled.first?.values.pool
        if let first, first.isInterned, filled.allSatisfy({ $0.values.pool === first }) { return [] }
        let pool = StringPool()
        var known: [ObjectIdentifier: Int] = [:]
        var tables: [[Int64]] = []
        var positions: [Int] = []
        for part in parts {
            guard let own = part.values.pool else {
                positions.append(-1)
                continue
            }
            let position = known[ObjectIdentifier(own)] ?? tables.count
            if position == tables.count {
                known[ObjectIdentifier(own)] = position
                tables.append([Int64](repeating: -1, count: own.count))
            }
            for lane in part.values.lanes where tables[position][Int(lane)] < 0 {
                tables[position][Int(lane)] = Int64(pool.intern(own[UInt32(truncatingIfNeeded: lane)]))
            }
            positions.append(position)
        }
        return positions.map { $0 < 0 ? [] : tables[$0] }
    }

    /// How many different values each group has.
    func distinctCounts(groupCount: Int, parallelism: Int) throws -> [Int64] {
        let grouped = grouped(groupCount: groupCount)
        let low = grouped.lanes.min() ?? 0
        let (span, overflow) = (grouped.lanes.max() ?? 0).subtractingReportingOverflow(low)
        // Few groups are cut by value as well, so that every thread has work.
        let slices = groupCount < parallelism * 4 ? max(parallelism, 1) : 1
        let counts = try ParallelSegments.map(groupCount * slices, parallelism: parallelism) { piece in
            let rows = grouped.rows(of: piece / slices)
            let slice = piece % slices
            // A bitmap costs a bit for every value there could be, a hash some twelve bytes for every value there is.
            if !overflow, span / 128 < Int64(rows.count) {
                let width = Int(span) / slices + 1
                return ValueGathering.distinctByBitmap(
                    grouped.lanes[rows], low: low + Int64(width) * Int64(slice), width: width)
            }
            var hash = LaneHash()
            for row in rows where slices == 1 || ValueGathering.slice(of: grouped.lanes[row], among: slices) == slice {
                _ = hash.number(of: grouped.lanes[row])
            }
            return Int64(hash.lanes.count)
        }
        return (0..<groupCount).map { group in counts[group * slices..<(group + 1) * slices].reduce(0, +) }
    }

    private static func slice(of lane: Int64, among slices: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(bitPattern: lane) &* 0xD6E8_FEB8_6659_FD93) >> 40) % slices
    }

    /// Counts the different lanes from `low` up to but not including `low` + `width`.
    private static func distinctByBitmap(_ lanes: ArraySlice<Int64>, low: Int64, width: Int) -> Int64 {
        let bits = ScratchBuffer<UInt64>(count: width / 64 + 1, repeating: 0)
        for lane in lanes {
            let offset = UInt64(bitPattern: lane &- low)
            if offset < UInt64(width) { bits[Int(offset >> 6)] |= 1 << (offset & 63) }
        }
        var count = 0
        for word in 0..<bits.count { count += bits[word].nonzeroBitCount }
        return Int64(count)
    }

    /// The value at a fraction of each group; nil for a group without values.
    ///
    /// - Parameter isFloat: lanes are floats; results are in their sortable form.
    func percentiles(
        fraction: Double, continuous: Bool, isFloat: Bool, groupCount: Int, parallelism: Int
    ) throws -> [Percentile?] {
        let grouped = grouped(groupCount: groupCount)
        return try ParallelSegments.map(groupCount, parallelism: parallelism) { group in
            let rows = grouped.rows(of: group)
            guard !rows.isEmpty else { return nil }
            let values = ScratchBuffer<Int64>(count: rows.count, repeating: 0)
            for (index, row) in rows.enumerated() {
                values[index] = isFloat ? FloatOrder.sortable(grouped.lanes[row]) : grouped.lanes[row]
            }
            return Percentile(fraction: fraction, continuous: continuous, of: values)
        }
    }
}

/// Where a percentile lies: `lower` + `weight` · (`upper` − `lower`).
///
/// Source: PERCENTILE_CONT and PERCENTILE_DISC of SQL:2003, section 10.9.
struct Percentile: Sendable {
    let lower: Int64
    let upper: Int64
    let weight: Double

    /// - Parameter values: at least one; their order is changed.
    init(fraction: Double, continuous: Bool, of values: ScratchBuffer<Int64>) {
        let count = values.count
        if continuous {
            let position = fraction * Double(count - 1)
            let index = min(max(Int(position.rounded(.down)), 0), count - 1)
            weight = position - Double(index)
            lower = Percentile.select(index, in: values)
            upper = weight > 0 && index + 1 < count ? Percentile.smallest(from: index + 1, in: values) : lower
        } else {
            // A hair's breadth is taken off so that 0.1 of 30 values is the third, as written, not the fourth.
            let position = (fraction * Double(count) - 1e-9).rounded(.up)
            lower = Percentile.select(min(max(Int(position) - 1, 0), count - 1), in: values)
            upper = lower
            weight = 0
        }
    }

    /// The value that would stand at `index` if all were sorted; smaller ones end up before it, larger ones after.
    ///
    /// Source: Hoare, Algorithm 65 (Find), Communications of the ACM 4 (7), 1961; the pivot is the median of three.
    private static func select(_ index: Int, in values: ScratchBuffer<Int64>) -> Int64 {
        let pointer = values.pointer
        var low = 0
        var high = values.count - 1
        while low < high {
            let pivot = median(pointer[low], pointer[low + (high - low) / 2], pointer[high])
            var left = low
            var right = high
            while left <= right {
                while pointer[left] < pivot { left += 1 }
                while pointer[right] > pivot { right -= 1 }
                if left <= right {
                    (pointer[left], pointer[right]) = (pointer[right], pointer[left])
                    left += 1
                    right -= 1
                }
            }
            if index <= right {
                high = right
            } else if index >= left {
                low = left
            } else {
                break
            }
        }
        return pointer[index]
    }

    private static func median(_ first: Int64, _ second: Int64, _ third: Int64) -> Int64 {
        max(min(first, second), min(max(first, second), third))
    }

    private static func smallest(from index: Int, in values: ScratchBuffer<Int64>) -> Int64 {
        var least = values[index]
        for row in index..<values.count { least = min(least, values[row]) }
        return least
    }
}
