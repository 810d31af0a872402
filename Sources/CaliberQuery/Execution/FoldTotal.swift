import CaliberColumns
import CaliberDictionary

/// One fold over all segments, by group; partials are merged in the order of their segments, so that float sums too are
/// the same whatever ran at once.
enum FoldTotal {
    case counts([Int64])
    case integerSums([Int128], counts: [Int64])
    case floatSums([Double], counts: [Int64])
    case extrema([Int64], found: [Bool], greatest: Bool)
    case values(ValueGathering)

    init(_ fold: ScanFold) {
        self =
            switch fold.kind {
            case .rows, .values, .trues: .counts([])
            case .integerSum: .integerSums([], counts: [])
            case .floatSum: .floatSums([], counts: [])
            case .extremum(_, let greatest): .extrema([], found: [], greatest: greatest)
            case .distinct, .sorted: .values(ValueGathering(isText: fold.isText))
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
        case .values:
            break
        }
    }

    /// - Parameters:
    ///   - numbers: the answer's group for each of the segment's; negative leaves that group out.
    ///   - part: by which collected values can be taken back; only then it has to be a number of its own.
    mutating func merge(_ partial: PartialFold, _ numbers: [Int32], part: Int = 0) {
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
        case (.values(let gathering), .values(let values)):
            gathering.add(values, numbers, part: part)
        default:
            preconditionFailure("a fold's partial is of another kind than its total")
        }
    }
}

extension FoldTotal {
    /// What was merged can be taken back, to the bit.
    var isReversible: Bool {
        switch self {
        case .counts, .integerSums, .values: true
        case .floatSums, .extrema: false
        }
    }

    /// What is kept beside the totals themselves.
    var keptByteCount: Int {
        if case .values(let gathering) = self { gathering.byteCount } else { 0 }
    }

    /// Undoes a merge.
    mutating func takeBack(_ partial: PartialFold, _ numbers: [Int32], part: Int) {
        switch (self, partial) {
        case (.counts(var counts), .counts(let added)):
            self = .counts([])
            for (index, number) in numbers.enumerated() { counts[Int(number)] -= added[index] }
            self = .counts(counts)
        case (.integerSums(var sums, var counts), .integerSums(let added, let addedCounts)):
            self = .counts([])
            for (index, number) in numbers.enumerated() {
                sums[Int(number)] -= added[index]
                counts[Int(number)] -= addedCounts[index]
            }
            self = .integerSums(sums, counts: counts)
        case (.values(let gathering), .values):
            gathering.remove(part: part)
        default:
            preconditionFailure("a fold that can't be taken back was asked to")
        }
    }
}

extension Array {
    fileprivate mutating func grow(to newCount: Int, with value: Element) {
        if newCount > count { append(contentsOf: repeatElement(value, count: newCount - count)) }
    }
}
