import CaliberColumns
import CaliberCore
import CaliberDictionary

/// The groups of an answer, numbered in the order they are first met: one set for all scans, so that metrics of several
/// tables meet on equal group values, null included.
struct GroupRegistry {
    let dimensionCount: Int
    /// For each group one lane a dimension, then a lane whose bit d says that dimension d is null.
    private(set) var keys: [Int64] = []
    private(set) var count = 0
    /// What the lanes of string dimensions are codes of.
    let pools: [StringPool?]
    /// By dimension, the periods that segments' days are put together to; nil where values are taken as they are.
    private let calendarGrains: [CalendarGrain?]
    /// From codes of the segments' pools to codes here.
    private var translations: [Translation: [UInt32]] = [:]
    /// Group number + 1; 0 where empty.
    private var slots = [UInt32](repeating: 0, count: 1024)

    private struct Translation: Hashable {
        let dimension: Int
        let lineage: UInt64
    }

    private static let untranslated = UInt32.max

    init(_ dimensions: [PlannedDimension]) {
        dimensionCount = dimensions.count
        pools = dimensions.map { $0.type.storage == .code ? StringPool() : nil }
        calendarGrains = dimensions.map(\.calendarGrain)
    }

    private var width: Int { dimensionCount + 1 }

    /// The numbers of a segment's groups, new ones where they were not known.
    mutating func numbers(of partial: SegmentPartial) -> [Int32] {
        var keys = partial.keys
        for dimension in 0..<dimensionCount {
            if let own = partial.pools[dimension] { translate(&keys, dimension, own) }
            if let grain = calendarGrains[dimension] { cut(&keys, dimension, grain) }
        }
        return (0..<partial.groupCount).map { group in
            Int32(number(ofKeyAt: group * width, in: keys))
        }
    }

    /// The numbers of another registry's groups, new ones where they were not known.
    mutating func numbers(of other: GroupRegistry) -> [Int32] {
        var keys = other.keys
        for dimension in 0..<dimensionCount {
            if let own = other.pools[dimension] { translate(&keys, dimension, own) }
        }
        return (0..<other.count).map { group in
            Int32(number(ofKeyAt: group * width, in: keys))
        }
    }

    /// The number of a group given by its lanes and null bits.
    mutating func number(of key: [Int64]) -> Int { number(ofKeyAt: 0, in: key) }

    func isNull(_ group: Int, _ dimension: Int) -> Bool {
        keys[group * width + dimensionCount] >> Int64(dimension) & 1 != 0
    }

    func lane(_ group: Int, _ dimension: Int) -> Int64 { keys[group * width + dimension] }

    func key(_ group: Int) -> ArraySlice<Int64> { keys[group * width..<(group + 1) * width] }

    private mutating func number(ofKeyAt start: Int, in source: [Int64]) -> Int {
        if count * 2 >= slots.count { grow() }
        var slot = hash(source, start) & (slots.count - 1)
        while slots[slot] != 0 {
            let group = Int(slots[slot]) - 1
            if isEqual(group, source, start) { return group }
            slot = (slot + 1) & (slots.count - 1)
        }
        keys.append(contentsOf: source[start..<start + width])
        count += 1
        slots[slot] = UInt32(count)
        return count - 1
    }

    private func isEqual(_ group: Int, _ source: [Int64], _ start: Int) -> Bool {
        for lane in 0..<width where keys[group * width + lane] != source[start + lane] { return false }
        return true
    }

    private func hash(_ source: [Int64], _ start: Int) -> Int {
        var state: UInt64 = 0
        for lane in start..<start + width {
            state = (state ^ UInt64(bitPattern: source[lane])) &* 0x9E37_79B9_7F4A_7C15
            state ^= state >> 29
        }
        return Int(truncatingIfNeeded: state >> 1)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        for group in 0..<count {
            var slot = hash(keys, group * width) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(group + 1)
        }
    }

    /// Puts the first day of its period in the place of each day, null for days in none: groups of one segment may then
    /// be one group here.
    private func cut(_ keys: inout [Int64], _ dimension: Int, _ grain: CalendarGrain) {
        var known: (first: Int64, past: Int64, key: Int64?) = (1, 0, nil)
        for start in stride(from: 0, to: keys.count, by: width)
        where keys[start + dimensionCount] >> Int64(dimension) & 1 == 0 {
            let day = keys[start + dimension]
            if day < known.first || day >= known.past {
                let (first, past, period) = grain.stretch(holding: CivilDate(dayNumber: Int32(clamping: day)))
                known = (Int64(first.dayNumber), Int64(past.dayNumber), (period?.first.dayNumber).map(Int64.init))
            }
            keys[start + dimension] = known.key ?? 0
            if known.key == nil { keys[start + dimensionCount] |= 1 << Int64(dimension) }
        }
    }

    private mutating func translate(_ keys: inout [Int64], _ dimension: Int, _ own: StringPool) {
        guard let pool = pools[dimension] else { return }
        let translation = Translation(dimension: dimension, lineage: own.lineage)
        var codes = translations.removeValue(forKey: translation) ?? []
        if codes.count < own.count {
            codes += [UInt32](repeating: GroupRegistry.untranslated, count: own.count - codes.count)
        }
        for start in stride(from: 0, to: keys.count, by: width)
        where keys[start + dimensionCount] >> Int64(dimension) & 1 == 0 {
            let code = Int(keys[start + dimension])
            if codes[code] == GroupRegistry.untranslated {
                codes[code] = pool.intern(own[UInt32(truncatingIfNeeded: code)])
            }
            keys[start + dimension] = Int64(codes[code])
        }
        translations[translation] = codes
    }
}
