import Glibc

/// Memory that is looked at in no order, a word here and a word there.
///
/// Where it is large it asks for large pages, of which the processor remembers enough to find each look-up's place without
/// another look-up; the system may decline.
package enum ScatteredMemory {
    private static let largePageByteCount = 2 << 20
    private static let smallAlignment = 64

    /// - Returns: memory that says nothing yet; `deallocate` frees it.
    package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= largePageByteCount else {
            return .allocate(byteCount: max(byteCount, 1), alignment: smallAlignment)
        }
        let start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: largePageByteCount)
        madvise(start, byteCount / largePageByteCount * largePageByteCount, MADV_HUGEPAGE)
        return start
    }
}
