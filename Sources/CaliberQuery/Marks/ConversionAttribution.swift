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

    mutating func append(
        entities added: UnsafePointer<UInt32>, moments addedMoments: UnsafePointer<Int64>,
        rows addedRows: UnsafePointer<UInt32>, count: Int
    ) {
        entities.append(contentsOf: UnsafeBufferPointer(start: added, count: count))
        moments.append(contentsOf: UnsafeBufferPointer(start: addedMoments, count: count))
        rows.append(contentsOf: UnsafeBufferPointer(start: addedRows, count: count))
    }

    mutating func reserve(_ count: Int) {
        entities.reserveCapacity(count)
        moments.reserveCapacity(count)
        rows.reserveCapacity(count)
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
        let bases = try EntitySequences(base, entityCount: entityCount, precedesOnTie: baseKeyPrecedes)
        let followers = try EntitySequences(conversion, entityCount: entityCount, precedesOnTie: nil)
        var counts = [UInt32](repeating: 0, count: rowCount)
        try counts.withUnsafeMutableBufferPointer { counts in
            for entity in 0..<entityCount {
                try attribute(bases.rows(of: entity), bases, followers.rows(of: entity), followers, &counts)
            }
        }
        return counts
    }

    /// One entity's conversions.
    private func attribute(
        _ own: Range<Int>, _ bases: EntitySequences, _ later: Range<Int>, _ followers: EntitySequences,
        _ counts: inout UnsafeMutableBufferPointer<UInt32>
    ) throws {
        guard !own.isEmpty else { return }
        var next = own.lowerBound
        for position in later {
            let moment = followers.moments[position]
            while next < own.upperBound, bases.moments[next] <= moment { next += 1 }
            var candidate = next - 1
            if isOneSequence, candidate >= own.lowerBound, bases.moments[candidate] == moment {
                candidate = try lastBefore(followers.rows[position], moment, bases, own.lowerBound, candidate)
            }
            guard candidate >= own.lowerBound else { continue }
            if let window = windowMicroseconds {
                let (age, overflow) = moment.subtractingReportingOverflow(bases.moments[candidate])
                guard !overflow, age < window else { continue }
            }
            counts[Int(bases.rows[candidate])] &+= 1
        }
    }

    /// From a candidate back to the last that comes before a row by moment and key.
    private func lastBefore(
        _ row: UInt32, _ moment: Int64, _ bases: EntitySequences, _ first: Int, _ start: Int
    ) throws -> Int {
        var candidate = start
        while candidate >= first {
            if bases.moments[candidate] < moment { return candidate }
            let found = bases.rows[candidate]
            if found != row, try baseKeyPrecedes(found, row) { return candidate }
            candidate -= 1
        }
        return candidate
    }
}

/// Events put together by entity, each entity's by moment.
private final class EntitySequences {
    let moments: UnsafeMutablePointer<Int64>
    let rows: UnsafeMutablePointer<UInt32>
    private let starts: [Int]

    /// - Parameter precedesOnTie: orders rows of one moment; nil leaves them in the order they came in.
    init(
        _ events: EntityEvents, entityCount: Int, precedesOnTie: ((UInt32, UInt32) throws -> Bool)?
    ) throws {
        var starts = [Int](repeating: 0, count: entityCount + 1)
        for entity in events.entities { starts[Int(entity) + 1] += 1 }
        for entity in 0..<entityCount { starts[entity + 1] += starts[entity] }
        self.starts = starts
        moments = .allocate(capacity: max(events.count, 1))
        rows = .allocate(capacity: max(events.count, 1))
        let (moments, rows) = (moments, rows)
        starts.withUnsafeMutableBufferPointer { next in
            events.entities.withUnsafeBufferPointer { entities in
                for position in 0..<entities.count {
                    let entity = Int(entities[position])
                    let place = next[entity]
                    next[entity] = place + 1
                    moments[place] = events.moments[position]
                    rows[place] = events.rows[position]
                }
            }
        }
        for entity in 0..<entityCount { try order(self.rows(of: entity), precedesOnTie) }
    }

    deinit {
        moments.deallocate()
        rows.deallocate()
    }

    func rows(of entity: Int) -> Range<Int> { starts[entity]..<starts[entity + 1] }

    /// Most come in order already.
    private func order(_ range: Range<Int>, _ precedesOnTie: ((UInt32, UInt32) throws -> Bool)?) throws {
        var isOrdered = true
        for place in range.dropFirst() {
            let (before, own) = (moments[place - 1], moments[place])
            isOrdered = isOrdered && (before < own || before == own && precedesOnTie == nil)
        }
        guard !isOrdered else { return }
        let sorted = try range.map { (moment: moments[$0], row: rows[$0], place: $0) }.sorted { left, right in
            if left.moment != right.moment { return left.moment < right.moment }
            guard let precedesOnTie, left.row != right.row else { return left.place < right.place }
            return try precedesOnTie(left.row, right.row)
        }
        for (place, event) in zip(range, sorted) {
            moments[place] = event.moment
            rows[place] = event.row
        }
    }
}
