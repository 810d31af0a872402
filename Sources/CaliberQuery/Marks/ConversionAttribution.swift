/// Rows of one metric as what follows or is followed: by position, with entity, moment and whatever row they are.
package struct EntityEvents: Sendable {
    /// The number of what is followed.
    package var entities: [UInt32] = []
    /// Microseconds.
    package var moments: [Int64] = []
    package var rows: [UInt32] = []

    package init() {}

    package mutating func append(entity: UInt32, moment: Int64, row: UInt32) {
        entities.append(entity)
        moments.append(moment)
        rows.append(row)
    }

    package var count: Int { rows.count }
}

/// Gives each conversion to the latest base row of the same entity that is not later than it and less than the window
/// before it. Of base rows at one moment, the one whose key comes last is the latest.
///
/// Both sides are put together by entity with a counting sort, each entity's by moment; then one walk along both finds
/// the base of every conversion. Cost: O(rows), with a sort where rows do not come in the order of their moments.
package struct ConversionAttribution {
    /// Nil: however late.
    package let windowMicroseconds: Int64?
    /// Base and conversion are rows of one table at one moment: a row converts by one that comes before it, by moment and
    /// then key, and never by itself.
    package let isOneSequence: Bool
    /// Whether one row's key comes before another's, for rows of one moment: of the base.
    package let baseKeyPrecedes: (UInt32, UInt32) throws -> Bool

    package init(
        windowMicroseconds: Int64?, isOneSequence: Bool, baseKeyPrecedes: @escaping (UInt32, UInt32) throws -> Bool
    ) {
        self.windowMicroseconds = windowMicroseconds
        self.isOneSequence = isOneSequence
        self.baseKeyPrecedes = baseKeyPrecedes
    }

    /// - Parameter entityCount: entities are below this.
    /// - Returns: by base row (`rowCount` of them) how many conversions go to it.
    package func conversions(
        base: EntityEvents, conversion: EntityEvents, entityCount: Int, rowCount: Int
    ) throws -> [UInt32] {
        var counts = [UInt32](repeating: 0, count: rowCount)
        let bases = try sorted(base, entityCount: entityCount, orderingTies: true)
        let followers = try sorted(conversion, entityCount: entityCount, orderingTies: false)
        for entity in 0..<entityCount {
            let own = bases.rows(of: entity)
            guard !own.isEmpty else { continue }
            var next = own.lowerBound
            for position in followers.rows(of: entity) {
                let follower = Int(followers.order[position])
                let moment = conversion.moments[follower]
                while next < own.upperBound,
                    base.moments[Int(bases.order[next])] <= moment
                {
                    next += 1
                }
                var candidate = next - 1
                if isOneSequence {
                    candidate = try lastBefore(
                        conversion.rows[follower], moment, base, bases, own.lowerBound, candidate)
                }
                guard candidate >= own.lowerBound else { continue }
                let found = Int(bases.order[candidate])
                if let window = windowMicroseconds {
                    let (age, overflow) = moment.subtractingReportingOverflow(base.moments[found])
                    guard !overflow, age < window else { continue }
                }
                counts[Int(base.rows[found])] &+= 1
            }
        }
        return counts
    }

    /// From a candidate back to the last that comes before a row by moment and key.
    private func lastBefore(
        _ row: UInt32, _ moment: Int64, _ base: EntityEvents, _ bases: Grouped, _ first: Int, _ start: Int
    ) throws -> Int {
        var candidate = start
        while candidate >= first {
            let found = Int(bases.order[candidate])
            if base.moments[found] < moment { return candidate }
            if base.rows[found] != row, try baseKeyPrecedes(base.rows[found], row) { return candidate }
            candidate -= 1
        }
        return candidate
    }

    private struct Grouped {
        /// Positions of events, each entity's together.
        let order: [UInt32]
        let starts: [Int]

        func rows(of entity: Int) -> Range<Int> { starts[entity]..<starts[entity + 1] }
    }

    private func sorted(_ events: EntityEvents, entityCount: Int, orderingTies: Bool) throws -> Grouped {
        var starts = [Int](repeating: 0, count: entityCount + 1)
        for entity in events.entities { starts[Int(entity) + 1] += 1 }
        for entity in 0..<entityCount { starts[entity + 1] += starts[entity] }
        var next = starts
        var order = [UInt32](repeating: 0, count: events.count)
        for (position, entity) in events.entities.enumerated() {
            order[next[Int(entity)]] = UInt32(position)
            next[Int(entity)] += 1
        }
        for entity in 0..<entityCount {
            let range = starts[entity]..<starts[entity + 1]
            guard range.count > 1, needsSorting(order[range], events, orderingTies: orderingTies) else { continue }
            try order[range].sort { left, right in
                let (first, second) = (events.moments[Int(left)], events.moments[Int(right)])
                if first != second { return first < second }
                return orderingTies && left != right
                    ? try baseKeyPrecedes(events.rows[Int(left)], events.rows[Int(right)]) : left < right
            }
        }
        return Grouped(order: order, starts: starts)
    }

    private func needsSorting(_ order: ArraySlice<UInt32>, _ events: EntityEvents, orderingTies: Bool) -> Bool {
        var last = events.moments[Int(order[order.startIndex])]
        for position in order.dropFirst() {
            let moment = events.moments[Int(position)]
            if moment < last || orderingTies && moment == last { return true }
            last = moment
        }
        return false
    }
}
