import CKernels
import CaliberColumns

/// The values of one segment by group: what distinct counts and percentiles of any union of segments are taken from.
///
/// A value is kept as its distance from `low` in units of `step`, in 32 bits where all fit.
package struct GroupedValues: Sendable {
    enum Distances: Sendable {
        case narrow([UInt32])
        case wide([UInt64])

        var count: Int {
            switch self {
            case .narrow(let distances): distances.count
            case .wide(let distances): distances.count
            }
        }

        var greatest: UInt64 {
            switch self {
            case .narrow(let distances): UInt64(distances.max() ?? 0)
            case .wide(let distances): distances.max() ?? 0
            }
        }

        fileprivate var byteCount: Int {
            switch self {
            case .narrow(let distances): distances.count * 4
            case .wide(let distances): distances.count * 8
            }
        }
    }

    /// What is known of the values within each group.
    enum Form: Int64, Sendable {
        /// In the order of their rows; one may be there more than once.
        case asFound = 0
        /// Each there once.
        case unique = 1
        case ascending = 2
    }

    /// Where each group's values begin, with the end of the last.
    let starts: [UInt32]
    let distances: Distances
    let form: Form
    let low: Int64
    let step: UInt64
    /// No distance is greater.
    let greatest: UInt64
    /// What the values are codes of.
    let pool: StringPool?

    var groupCount: Int { starts.count - 1 }
    var count: Int { Int(starts[groupCount]) }

    func range(of group: Int) -> Range<Int> { Int(starts[group])..<Int(starts[group + 1]) }

    func lane(at index: Int) -> Int64 {
        switch distances {
        case .narrow(let distances): low &+ Int64(bitPattern: UInt64(distances[index]) &* step)
        case .wide(let distances): low &+ Int64(bitPattern: distances[index] &* step)
        }
    }

    /// What it takes in memory, the strings apart.
    var byteCount: Int { starts.count * 4 + distances.byteCount }

    static func none(groupCount: Int) -> GroupedValues {
        GroupedValues(
            starts: [UInt32](repeating: 0, count: groupCount + 1), distances: .narrow([]), form: .unique, low: 0,
            step: 1, greatest: 0, pool: nil)
    }
}

/// Values collected from the rows of one segment, on their way to their groups.
struct CollectedValues {
    enum Purpose {
        /// Which values there are: equal ones of a group may be kept once.
        case distinct
        /// All values, ascending.
        case ordered
    }

    let low: Int64
    let step: UInt64
    let greatest: UInt64
    let pool: StringPool?
    let purpose: Purpose

    /// - Parameters:
    ///   - rows: their values are distances, none above `greatest`.
    ///   - slots: the slot of each group.
    func grouped<Value: KeptWidth>(
        _ rows: CollectedRows<Value>, bySlot slots: [Int], _ distances: ([Value]) -> GroupedValues.Distances
    ) -> GroupedValues {
        var (values, starts) = rows.grouped(bySlot: slots)
        var form = GroupedValues.Form.asFound
        var kept: [Value]?
        switch purpose {
        case .distinct:
            if isWorthCuttingDown(rows.count) {
                form = .unique
                CollectedValues.keepNew(&values, &starts, greatest: greatest)
            }
        case .ordered:
            form = .ascending
            kept = CollectedValues.sorted(values, starts, bits: UInt64.bitWidth - greatest.leadingZeroBitCount)
        }
        let count = Int(starts[slots.count])
        let result = kept ?? Array(UnsafeBufferPointer(start: values.pointer, count: count))
        return GroupedValues(
            starts: starts, distances: distances(result), form: form, low: low, step: step, greatest: greatest,
            pool: pool)
    }

    /// Where values could be so many different ones that few are the same, finding them costs more than it saves.
    private func isWorthCuttingDown(_ count: Int) -> Bool { greatest / 4 < UInt64(count) }

    /// Keeps the first of equal values of each group.
    private static func keepNew<Value: KeptWidth>(
        _ values: inout ScratchBuffer<Value>, _ starts: inout [UInt32], greatest: UInt64
    ) {
        let bitmap = ScratchBuffer<UInt64>(count: Int(greatest / 64) + 1, repeating: 0)
        var end = 0
        for group in 0..<starts.count - 1 {
            let (first, last) = (Int(starts[group]), Int(starts[group + 1]))
            let target = values.pointer + end
            let kept = Value.keepNew(UnsafePointer(values.pointer + first), last - first, bitmap.pointer, target)
            Value.clearMarks(UnsafePointer(target), kept, 0, 1, bitmap.pointer)
            starts[group] = UInt32(end)
            end += kept
        }
        starts[starts.count - 1] = UInt32(end)
    }

    private static func sorted<Value: KeptWidth>(
        _ values: ScratchBuffer<Value>, _ starts: [UInt32], bits: Int
    ) -> [Value] {
        let count = Int(starts[starts.count - 1])
        let spare = ScratchBuffer<Value>(uninitializedCount: count)
        return [Value](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            initializedCount = count
            guard let target = buffer.baseAddress else { return }
            for group in 0..<starts.count - 1 {
                let (first, length) = (Int(starts[group]), Int(starts[group + 1] - starts[group]))
                if length == 0 { continue }
                let own = values.pointer + first
                if length < fewValues {
                    var few = UnsafeMutableBufferPointer(start: own, count: length)
                    few.sort()
                    (target + first).update(from: own, count: length)
                } else {
                    let sorted = Value.sort(own, spare.pointer + first, length, UInt32(max(bits, 1)))
                    (target + first).update(from: sorted, count: length)
                }
            }
        }
    }

    /// Fewer than these are sorted by comparing.
    private static let fewValues = 64
}
