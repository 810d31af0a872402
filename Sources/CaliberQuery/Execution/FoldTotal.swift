import CaliberColumns
import CaliberDictionary

/// One fold over all segments, by group of the answer; partials are merged in the order of their segments, so that
/// float sums too are the same whatever ran at once.
enum FoldTotal {
    case counts([Int64])
    case integerSums([Int128], counts: [Int64])
    case floatSums([Double], counts: [Int64])
    case extrema([Int64], found: [Bool], greatest: Bool)
    case collection(ValueGathering)

    init(_ fold: ScanFold) {
        self =
            switch fold.kind {
            case .rows, .values, .trues: .counts([])
            case .integerSum: .integerSums([], counts: [])
            case .floatSum: .floatSums([], counts: [])
            case .extremum(_, let greatest): .extrema([], found: [], greatest: greatest)
            case .collection: .collection(ValueGathering(isText: fold.isText))
            }
    }

    /// Makes room for groups up to `count`.
    mutating func grow(to count: Int) {
        switch self {
        case .counts(var counts):
            self = .counts([])
            counts.grow(to: count, with: 0)
            self = .counts(counts)
        case .integerSums(var sums, var counts):
            self = .counts([])
            sums.grow(to: count, with: 0)
            counts.grow(to: count, with: 0)
            self = .integerSums(sums, counts: counts)
        case .floatSums(var sums, var counts):
            self = .counts([])
            sums.grow(to: count, with: 0)
            counts.grow(to: count, with: 0)
            self = .floatSums(sums, counts: counts)
        case .extrema(var extrema, var found, let greatest):
            self = .counts([])
            extrema.grow(to: count, with: 0)
            found.grow(to: count, with: false)
            self = .extrema(extrema, found: found, greatest: greatest)
        case .collection:
            break
        }
    }

    /// - Parameter numbers: the answer's group for each of the segment's; a negative one leaves that group out.
    mutating func merge(_ partial: PartialFold, _ numbers: [Int32]) {
        switch (self, partial) {
        case (.counts(var counts), .counts(let added)):
            self = .counts([])
            for (index, number) in numbers.enumerated() where number >= 0 { counts[Int(number)] += added[index] }
            self = .counts(counts)
        case (.integerSums(var sums, var counts), .integerSums(let added, let addedCounts)):
            self = .counts([])
            for (index, number) in numbers.enumerated() where number >= 0 {
                sums[Int(number)] += added[index]
                counts[Int(number)] += addedCounts[index]
            }
            self = .integerSums(sums, counts: counts)
        case (.floatSums(var sums, var counts), .floatSums(let added, let addedCounts)):
            self = .counts([])
            for (index, number) in numbers.enumerated() where number >= 0 {
                sums[Int(number)] += added[index]
                counts[Int(number)] += addedCounts[index]
            }
            self = .floatSums(sums, counts: counts)
        case (.extrema(var extrema, var found, let greatest), .extrema(let added, let addedFound)):
            self = .counts([])
            for (index, number) in numbers.enumerated() where number >= 0 && addedFound[index] {
                let group = Int(number)
                if !found[group] || (greatest ? added[index] > extrema[group] : added[index] < extrema[group]) {
                    extrema[group] = added[index]
                }
                found[group] = true
            }
            self = .extrema(extrema, found: found, greatest: greatest)
        case (.collection(let gathering), .collection(let values)):
            gathering.add(values, numbers)
        default:
            preconditionFailure("a fold's partial is of another kind than its total")
        }
    }
}

extension Array {
    fileprivate mutating func grow(to newCount: Int, with value: Element) {
        if newCount > count { append(contentsOf: repeatElement(value, count: newCount - count)) }
    }
}
