import CaliberColumns
import CaliberDictionary
import CaliberTables

/// Contributions as bytes and back, for one scan.
///
/// Strings stay codes: those of a column's table-wide strings mean the same in every process. A scan that groups by or
/// collects other strings has no codec.
struct PartialCodec {
    private let program: ScanProgram
    /// For each dimension of strings its column.
    private let dimensionColumns: [String?]
    /// For each fold that collects strings its column.
    private let foldColumns: [String?]

    /// Raised when what follows changes.
    static let format = 2

    init?(_ program: ScanProgram) {
        var dimensionColumns: [String?] = []
        for dimension in program.dimensions {
            guard let column = PartialCodec.column(dimension.expression, program) else { return nil }
            dimensionColumns.append(column.name)
        }
        var foldColumns: [String?] = []
        for fold in program.folds {
            guard fold.kind.collectsValues, let expression = fold.expression else {
                foldColumns.append(nil)
                continue
            }
            guard let column = PartialCodec.column(expression, program) else { return nil }
            foldColumns.append(column.name)
        }
        self.program = program
        self.dimensionColumns = dimensionColumns
        self.foldColumns = foldColumns
    }

    /// The column of an expression that gives strings; `name` is nil where it gives none, the whole nil where they are
    /// no column's.
    private static func column(_ expression: Int, _ program: ScanProgram) -> (name: String?, Void)? {
        let scanned = program.expressions[expression]
        guard scanned.type.storage == .code else { return (nil, ()) }
        guard case .column(let reference, _) = scanned, reference.path.isEmpty else { return nil }
        return (reference.name, ())
    }

    /// nil when its strings are not table-wide.
    func encode(_ partial: SegmentPartial) -> [UInt8]? {
        guard partial.pools.allSatisfy({ $0?.isInterned ?? true }) else { return nil }
        var words = WordWriter()
        words.append(Int64(PartialCodec.format))
        words.append(Int64(partial.groupCount))
        words.append(Int64(partial.rowsScanned))
        words.append((partial.isPruned ? 1 : 0) | (partial.isDense ? 2 : 0) | (partial.latestMoment == nil ? 0 : 4))
        words.append(Int64(partial.slotCapacity))
        words.append(partial.latestMoment ?? 0)
        words.append(partial.keys)
        for counts in partial.rowCounts { words.append(counts) }
        for fold in partial.folds {
            switch fold {
            case .counts(let counts): words.append(counts)
            case .integerSums(let sums, let counts):
                words.append(sums.map { Int64(truncatingIfNeeded: $0) })
                words.append(sums.map { Int64(truncatingIfNeeded: $0 >> 64) })
                words.append(counts)
            case .floatSums(let sums, let counts):
                words.append(sums.map { Int64(bitPattern: $0.bitPattern) })
                words.append(counts)
            case .extrema(let extrema, let found):
                words.append(extrema)
                words.append(found.map { $0 ? 1 : 0 })
            case .values(let values):
                guard values.pool?.isInterned ?? true else { return nil }
                words.append(values.starts.map { Int64($0) })
                words.append(values.low)
                words.append(Int64(bitPattern: values.step))
                words.append(values.form.rawValue)
                switch values.distances {
                case .narrow(let distances): words.append(narrow: distances)
                case .wide(let distances): words.append(distances.map { Int64(bitPattern: $0) })
                }
            }
        }
        return words.bytes
    }

    /// - Parameter pool: gives the table-wide strings of a column.
    /// - Returns: nil when the bytes are not what `encode` wrote for this scan.
    func decode(_ bytes: [UInt8], pool: (String) throws -> StringPool?) rethrows -> SegmentPartial? {
        var words = WordReader(bytes)
        guard words.word() == Int64(PartialCodec.format), let groupCount = words.word(), groupCount >= 0,
            let rowsScanned = words.word(), let flags = words.word(), let slotCapacity = words.word(),
            let latest = words.word(), let keys = words.array(),
            keys.count == Int(groupCount) * (dimensionColumns.count + 1)
        else { return nil }
        let count = Int(groupCount)
        var rowCounts: [[Int64]] = []
        for _ in 0...program.masks.count {
            guard let counts = words.array(), counts.count == count else { return nil }
            rowCounts.append(counts)
        }
        var folds: [PartialFold] = []
        for (fold, column) in zip(program.folds, foldColumns) {
            let strings = try column.flatMap { try pool($0) }
            guard let decoded = fold.decode(&words, count: count, strings: strings) else { return nil }
            folds.append(decoded)
        }
        guard words.isAtEnd else { return nil }
        let pools = try dimensionColumns.map { try $0.flatMap { try pool($0) } }
        return SegmentPartial(
            groupCount: count, keys: keys, pools: pools, rowCounts: rowCounts, folds: folds,
            rowsScanned: Int(rowsScanned), isPruned: flags & 1 != 0, isDense: flags & 2 != 0,
            slotCapacity: Int(slotCapacity), latestMoment: flags & 4 != 0 ? latest : nil)
    }
}

extension ScanFold.Kind {
    fileprivate var collectsValues: Bool {
        switch self {
        case .distinct, .sorted: true
        case .rows, .values, .trues, .integerSum, .floatSum, .extremum: false
        }
    }
}

extension ScanFold {
    fileprivate func decode(_ words: inout WordReader, count: Int, strings: StringPool?) -> PartialFold? {
        switch kind {
        case .rows, .values, .trues:
            return words.array(count).map { .counts($0) }
        case .integerSum:
            guard let low = words.array(count), let high = words.array(count), let counts = words.array(count) else {
                return nil
            }
            let sums = zip(low, high).map { Int128($1) << 64 | Int128(UInt64(bitPattern: $0)) }
            return .integerSums(sums, counts: counts)
        case .floatSum:
            guard let bits = words.array(count), let counts = words.array(count) else { return nil }
            return .floatSums(bits.map { Double(bitPattern: UInt64(bitPattern: $0)) }, counts: counts)
        case .extremum:
            guard let extrema = words.array(count), let found = words.array(count) else { return nil }
            return .extrema(extrema, found: found.map { $0 != 0 })
        case .distinct, .sorted:
            guard let starts = words.array(count + 1), let low = words.word(), let step = words.word(), step > 0,
                let form = words.word().flatMap(GroupedValues.Form.init), let distances = words.distances(),
                starts.first == 0, starts.last == Int64(distances.count),
                zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), isText == (strings != nil)
            else { return nil }
            return .values(
                GroupedValues(
                    starts: starts.map { UInt32(truncatingIfNeeded: $0) }, distances: distances, form: form, low: low,
                    step: UInt64(bitPattern: step), greatest: distances.greatest, pool: strings))
        }
    }
}

/// Numbers of eight bytes one after the other, lowest byte first; arrays begin with their count.
private struct WordWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ word: Int64) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ words: [Int64]) {
        append(Int64(words.count))
        for word in words { append(word) }
    }

    /// The count is negative, which tells that numbers have four bytes; an odd last one is padded.
    mutating func append(narrow numbers: [UInt32]) {
        append(-1 - Int64(numbers.count))
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        if numbers.count % 2 != 0 { bytes.append(contentsOf: [0, 0, 0, 0]) }
    }
}

private struct WordReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func word() -> Int64? {
        guard bytes.count - position >= 8 else { return nil }
        defer { position += 8 }
        return bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Int64.self)) }
    }

    mutating func array() -> [Int64]? {
        guard let count = word(), count >= 0, count <= (bytes.count - position) / 8 else { return nil }
        defer { position += Int(count) * 8 }
        return bytes.withUnsafeBytes { bytes in
            (0..<Int(count)).map {
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + $0 * 8, as: Int64.self))
            }
        }
    }

    mutating func array(_ count: Int) -> [Int64]? {
        guard let words = array(), words.count == count else { return nil }
        return words
    }

    mutating func distances() -> GroupedValues.Distances? {
        let start = position
        guard let mark = word() else { return nil }
        guard mark < 0 else {
            position = start
            return array().map { .wide($0.map { UInt64(bitPattern: $0) }) }
        }
        let count = -1 - mark
        guard count <= (bytes.count - position) / 4 else { return nil }
        let length = (Int(count) * 4 + 7) / 8 * 8
        guard length <= bytes.count - position else { return nil }
        defer { position += length }
        return .narrow(
            bytes.withUnsafeBytes { bytes in
                (0..<Int(count)).map {
                    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + $0 * 4, as: UInt32.self))
                }
            })
    }
}
