import CaliberColumns
import CaliberTables

/// Parts whose equal values are equal numbers, laid on one line: a value's position is the same whichever part it is in.
struct ComparableParts: Sendable {
    let parts: [GatheredPart]
    let line: ValueLine
    /// Numbers mean the same the next time.
    let areStable: Bool

    init(_ parts: [GatheredPart]) { self.init(parts, areStable: true) }

    /// Values that are codes: those of one table's strings as they are, others by strings they share.
    init(text parts: [GatheredPart]) {
        let first = parts.first?.values.pool
        if let first, first.isInterned, parts.allSatisfy({ $0.values.pool?.lineage == first.lineage }) {
            self.init(parts, areStable: true)
        } else {
            self.init(ComparableParts.sharingStrings(parts), areStable: false)
        }
    }

    private init(_ parts: [GatheredPart], areStable: Bool) {
        self.parts = parts
        self.areStable = areStable
        line = ValueLine(parts.map(\.values))
    }

    private static func sharingStrings(_ parts: [GatheredPart]) -> [GatheredPart] {
        let pool = StringPool()
        var known: [ObjectIdentifier: [UInt32]] = [:]
        return parts.map { part in
            guard let own = part.values.pool else { return part }
            var table = known[ObjectIdentifier(own)] ?? [UInt32](repeating: .max, count: own.count)
            let codes = (0..<part.values.count).map { index -> UInt32 in
                let code = Int(part.values.lane(at: index))
                if table[code] == .max { table[code] = pool.intern(own[UInt32(code)]) }
                return table[code]
            }
            known[ObjectIdentifier(own)] = table
            let values = GroupedValues(
                starts: part.values.starts, distances: .narrow(codes), form: .asFound, low: 0, step: 1,
                greatest: UInt64(codes.max() ?? 0), pool: pool)
            return GatheredPart(number: part.number, values: values, numbers: part.numbers)
        }
    }
}

/// Positions 0, 1, 2 … for `lowest` and on in steps of `unit`, which all values of all parts fall on.
struct ValueLine: Equatable, Sendable {
    let lowest: Int64
    let unit: UInt64
    /// The last position; nil when values are too far apart for a position to be counted.
    let last: UInt64?

    init(_ parts: [GroupedValues]) {
        let lowest = parts.map(\.low).min() ?? 0
        var unit: UInt64 = 0
        for part in parts {
            unit = CommonStep.greatestCommonDivisor(unit, UInt64(bitPattern: part.low &- lowest))
            if part.greatest > 0 { unit = CommonStep.greatestCommonDivisor(unit, part.step) }
        }
        let step = max(unit, 1)
        var last: UInt64? = 0
        for part in parts {
            let (reach, isTooFar) = part.greatest.multipliedReportingOverflow(by: part.step / step)
            let (end, overflow) = reach.addingReportingOverflow(UInt64(bitPattern: part.low &- lowest) / step)
            last = isTooFar || overflow ? nil : last.map { max($0, end) }
        }
        self.lowest = lowest
        self.unit = step
        self.last = last
    }

    func offset(of part: GroupedValues) -> UInt64 { UInt64(bitPattern: part.low &- lowest) / unit }

    /// Positions from one of the part's distances to the next.
    func factor(of part: GroupedValues) -> UInt64 { part.step / unit }

    /// Words of a bitmap of all positions; nil when there are too many of them.
    var wordCount: Int? { last.flatMap { $0 < ValueLine.mostPositions ? Int($0 / 64) + 1 : nil } }

    /// A bitmap takes 16 MiB at most.
    private static let mostPositions: UInt64 = 1 << 27
}
