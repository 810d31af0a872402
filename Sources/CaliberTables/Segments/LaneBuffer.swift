import Glibc
import Synchronization

/// Lanes of one column of one segment in memory: eight bytes a row and a validity byte beside.
///
/// A snapshot shares it with the segment; the segment then copies it before its next write. Rows past the segment's
/// last are always as they were at the start: null, or valid zeros.
final class LaneBuffer: @unchecked Sendable {
    // Safe to share: a segment writes only while it holds the sole reference (`MutableSegment.writable`).
    let lanes: UnsafeMutablePointer<Int64>
    let validity: UnsafeMutablePointer<UInt8>
    let capacity: Int
    private let isBlock: Bool

    static let bytesPerRow = 9

    /// All rows null, or all valid zeros.
    init(capacity: Int, startsValid: Bool) {
        self.capacity = max(capacity, 1)
        isBlock = self.capacity == LaneBlocks.rowCount
        if isBlock {
            let start = LaneBlocks.take()
            lanes = start.bindMemory(to: Int64.self, capacity: self.capacity)
            validity = (start + self.capacity * 8).bindMemory(to: UInt8.self, capacity: self.capacity)
        } else {
            lanes = .allocate(capacity: self.capacity)
            validity = .allocate(capacity: self.capacity)
            lanes.update(repeating: 0, count: self.capacity)
            validity.update(repeating: 0, count: self.capacity)
        }
        if startsValid { validity.update(repeating: 1, count: self.capacity) }
    }

    deinit {
        if isBlock {
            LaneBlocks.giveBack(UnsafeMutableRawPointer(lanes))
        } else {
            lanes.deallocate()
            validity.deallocate()
        }
    }

    /// A copy of the first rows with room for `capacity` of them.
    func copy(rowCount: Int, capacity: Int, startsValid: Bool) -> LaneBuffer {
        let copy = LaneBuffer(capacity: max(rowCount, capacity), startsValid: startsValid)
        copy.lanes.update(from: lanes, count: rowCount)
        copy.validity.update(from: validity, count: rowCount)
        return copy
    }

    var byteCount: Int { capacity * LaneBuffer.bytesPerRow }
}

/// Zeroed memory for the lanes of full segments. It comes from the system in large pieces, page by page as rows reach
/// it; blocks that come back serve again, since the first touch of a page costs more than writing it.
enum LaneBlocks {
    static let rowCount = RowPlace.rowLimit
    private static let byteCount = rowCount * LaneBuffer.bytesPerRow
    private static let pieceByteCount = 16 << 20
    /// Blocks beyond these give their pages back to the system.
    private static let warmBlockLimit = 64

    private struct Free {
        /// The addresses of blocks that hold what they last held.
        var used: [UInt] = []
        /// The addresses of blocks that are zero.
        var zeroed: [UInt] = []
    }

    private static let free = Mutex(Free())

    static func take() -> UnsafeMutableRawPointer {
        let (address, isZeroed) = free.withLock { free -> (UInt?, Bool) in
            if let used = free.used.popLast() { return (used, false) }
            if free.zeroed.isEmpty { free.zeroed = newBlocks() }
            return (free.zeroed.popLast(), true)
        }
        guard let address, let block = UnsafeMutableRawPointer(bitPattern: address) else {
            preconditionFailure("no memory for \(rowCount) rows of a column")
        }
        if !isZeroed { memset(block, 0, byteCount) }
        return block
    }

    static func giveBack(_ block: UnsafeMutableRawPointer) {
        let address = UInt(bitPattern: block)
        let isWarm = free.withLock { free in
            guard free.used.count < warmBlockLimit else { return false }
            free.used.append(address)
            return true
        }
        if isWarm { return }
        // Afterwards its pages read as zeros.
        madvise(block, byteCount, MADV_DONTNEED)
        free.withLock { $0.zeroed.append(address) }
    }

    private static func newBlocks() -> [UInt] {
        guard let piece = mmap(nil, pieceByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            piece != MAP_FAILED
        else { return [] }
        let start = UInt(bitPattern: piece)
        return stride(from: 0, through: pieceByteCount - byteCount, by: byteCount).reversed().map { start + UInt($0) }
    }
}
