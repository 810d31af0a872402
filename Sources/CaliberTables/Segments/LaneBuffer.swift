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
    private let isMapped: Bool

    static let bytesPerRow = 9
    /// Larger buffers are mapped: pages that no row has reached cost nothing, and memory goes back when they go.
    private static let smallestMappedCapacity = 8192

    /// All rows null, or all valid zeros.
    init(capacity: Int, startsValid: Bool) {
        self.capacity = max(capacity, 1)
        isMapped = self.capacity >= LaneBuffer.smallestMappedCapacity
        if isMapped {
            let start = LaneMemory.take(rows: self.capacity)
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
        if isMapped {
            LaneMemory.giveBack(UnsafeMutableRawPointer(lanes), rows: capacity)
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

    /// What a column of so many rows takes: buffers are given room ahead of their rows, which costs nothing yet.
    static func byteCount(rows: Int, capacity: Int) -> Int { min(capacity, (rows + 4095) & ~4095) * bytesPerRow }
}

/// Zeroed memory for lanes, straight from the system: a few blocks of full segments are kept for the next to come.
private enum LaneMemory {
    private static let keptRowCount = 65_536
    private static let keptBlockLimit = 64
    // The addresses of blocks that nobody holds.
    private static let kept = Mutex<[UInt]>([])

    static func take(rows: Int) -> UnsafeMutableRawPointer {
        let byteCount = rows * LaneBuffer.bytesPerRow
        if rows == keptRowCount, let address = kept.withLock({ $0.popLast() }),
            let block = UnsafeMutableRawPointer(bitPattern: address)
        {
            memset(block, 0, byteCount)
            return block
        }
        let block = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let block, block != MAP_FAILED else {
            preconditionFailure("no memory for \(rows) rows of a column")
        }
        return block
    }

    static func giveBack(_ block: UnsafeMutableRawPointer, rows: Int) {
        let isKept =
            rows == keptRowCount
            && kept.withLock { blocks in
                guard blocks.count < keptBlockLimit else { return false }
                blocks.append(UInt(bitPattern: block))
                return true
            }
        if !isKept { munmap(block, rows * LaneBuffer.bytesPerRow) }
    }
}
