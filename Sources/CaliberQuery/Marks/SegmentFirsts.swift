import CKernels
import CaliberColumns
import CaliberTables

/// The first rows of values in one segment, and which values they are the first of.
struct SegmentFirsts: Sendable {
    /// A bit for each row of the segment, lowest first.
    private(set) var marks: [UInt64]
    /// For each mark, in the order of the rows, the code of its value.
    private(set) var codes: [UInt32]

    /// - Parameters:
    ///   - codes: of all rows of the segment.
    ///   - marks: a byte a row, 0 or 1.
    init(_ codes: SegmentCodes, _ marks: UnsafePointer<UInt8>) {
        let count = codes.count
        self.marks = SegmentFirsts.bits(of: marks, count: count)
        // One place more than there are: there a code may be written that is not kept.
        self.codes = [UInt32](unsafeUninitializedCapacity: kernels_count(marks, count) + 1) { buffer, initialized in
            initialized = buffer.baseAddress.map { kernels_compress_32(codes.codes, marks, count, $0) } ?? 0
        }
    }

    /// - Parameters:
    ///   - found: rows that were marked once, each with its value; some have lost the mark.
    ///   - marks: a byte a row, 0 or 1.
    init(_ found: FoundValues, _ marks: UnsafePointer<UInt8>, rowCount: Int) {
        self.marks = SegmentFirsts.bits(of: marks, count: rowCount)
        var codes: [UInt32] = []
        codes.reserveCapacity(kernels_count(marks, rowCount))
        var last = -1
        var isInOrder = true
        for (row, code) in zip(found.rows, found.codes) where marks[Int(row)] != 0 {
            codes.append(code)
            isInOrder = isInOrder && Int(row) > last
            last = Int(row)
        }
        if !isInOrder {
            codes = zip(found.rows, found.codes).filter { marks[Int($0.0)] != 0 }.sorted { $0.0 < $1.0 }.map(\.1)
        }
        self.codes = codes
    }

    /// Of a segment that nothing is known of yet.
    init() { (marks, codes) = ([], []) }

    var byteCount: Int { marks.count * 8 + codes.count * 4 }

    func isMarked(_ row: Int) -> Bool { marks[row >> 6] >> UInt64(row & 63) & 1 != 0 }

    /// Takes the mark from values that another segment has the first row of now.
    mutating func dropValues(notOf slot: UInt16, _ owners: ValueOwners) {
        let owned = owners.slots
        var kept: [UInt32] = []
        kept.reserveCapacity(codes.count)
        var next = 0
        for word in marks.indices {
            var rest = marks[word]
            while rest != 0 {
                let bit = rest & (0 &- rest)
                if owned[Int(codes[next])] == slot { kept.append(codes[next]) } else { marks[word] &= ~bit }
                next += 1
                rest &= rest - 1
            }
        }
        codes = kept
    }

    private static func bits(of marks: UnsafePointer<UInt8>, count: Int) -> [UInt64] {
        let wordCount = (count + 63) / 64
        return [UInt64](unsafeUninitializedCapacity: wordCount) { buffer, initialized in
            if let words = buffer.baseAddress { kernels_pack_bits(marks, count, words) }
            initialized = wordCount
        }
    }
}

extension [UInt64] {
    /// A byte a row for rows that are a bit each.
    func expandBits(count: Int, into bytes: UnsafeMutablePointer<UInt8>) {
        withUnsafeBufferPointer { words in
            if let words = words.baseAddress { kernels_expand_bits(words, 0, count, bytes) }
        }
    }
}

extension EncodedColumn {
    /// A column of 0 and 1, from a bit a row.
    static func marks(_ bits: [UInt64], rowCount: Int) -> EncodedColumn {
        let byteCount = (rowCount + 7) / 8 * 8
        let bytes = ScratchBuffer<UInt8>(count: byteCount, repeating: 0)
        bits.expandBits(count: rowCount, into: bytes.pointer)
        return .marks(UnsafeRawBufferPointer(start: bytes.pointer, count: byteCount), rowCount: rowCount)
    }

    /// - Parameter bytes: 0 or 1 for each row, and zeros up to a multiple of eight.
    static func marks(_ bytes: UnsafeRawBufferPointer, rowCount: Int) -> EncodedColumn {
        if let column = EncodedColumn(
            rowCount: rowCount, width: .one, base: 0, scale: 1, bounds: 0...1, nullCount: 0, body: bytes, pool: nil)
        {
            return column
        }
        preconditionFailure("\(bytes.count) bytes are no column of \(rowCount) marks")
    }
}
