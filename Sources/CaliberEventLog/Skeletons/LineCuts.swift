import CSimdJSON

/// Where the values of a block's lines stand, for those lines that have a skeleton. Keeps its memory from block to block.
///
/// Goes with its block, and serves one thread at a time.
final class LineCuts: @unchecked Sendable {
    // Safe to share: belongs to one block's memory, which each stage lets go of when it hands it on.
    private var entries = UnsafeMutablePointer<Entry>.allocate(capacity: 1)
    private var entryCapacity = 1
    private var holes = UnsafeMutablePointer<caliber_hole>.allocate(capacity: 4096)
    private var holeCapacity = 4096
    private var holeCount = 0

    private struct Entry {
        /// -1 for a line that has none.
        var skeleton: Int32
        var firstHole: Int32
    }

    deinit {
        entries.deallocate()
        holes.deallocate()
    }

    /// Forgets all, and makes room for a block's lines.
    func begin(_ lineCount: Int) {
        holeCount = 0
        if lineCount > entryCapacity {
            entries.deallocate()
            entries = .allocate(capacity: lineCount)
            entryCapacity = lineCount
        }
        entries.update(repeating: Entry(skeleton: -1, firstHole: 0), count: lineCount)
    }

    /// Room for one line's holes.
    @inline(__always)
    func room() -> UnsafeMutablePointer<caliber_hole> {
        if holeCount + Int(CALIBER_SKELETON_HOLE_LIMIT) > holeCapacity { grow() }
        return holes + holeCount
    }

    /// Takes in the holes that were put into the room.
    @inline(__always)
    func keep(_ line: Int, skeleton: Int32, holeCount count: Int) {
        entries[line] = Entry(skeleton: skeleton, firstHole: Int32(truncatingIfNeeded: holeCount))
        holeCount += count
    }

    /// Gives the other's cuts and memory to this one, and this one's to the other.
    func exchange(with other: LineCuts) {
        // One by one, since exclusive access to them for the length of a call would have to be checked for every line.
        let own = (entries, entryCapacity, holes, holeCapacity, holeCount)
        (entries, entryCapacity) = (other.entries, other.entryCapacity)
        (holes, holeCapacity, holeCount) = (other.holes, other.holeCapacity, other.holeCount)
        (other.entries, other.entryCapacity) = (own.0, own.1)
        (other.holes, other.holeCapacity, other.holeCount) = (own.2, own.3, own.4)
    }

    /// Says that a line is not what it was any more.
    func forget(_ line: Int) { entries[line].skeleton = -1 }

    /// The number of a line's skeleton; -1 when it has none.
    @inline(__always)
    func skeleton(_ line: Int) -> Int { Int(entries[line].skeleton) }

    /// The holes of a line that has a skeleton.
    @inline(__always)
    func holes(_ line: Int) -> UnsafePointer<caliber_hole> { UnsafePointer(holes + Int(entries[line].firstHole)) }

    @inline(never)
    private func grow() {
        holeCapacity *= 2
        let new = UnsafeMutablePointer<caliber_hole>.allocate(capacity: holeCapacity)
        new.update(from: holes, count: holeCount)
        holes.deallocate()
        holes = new
    }
}
