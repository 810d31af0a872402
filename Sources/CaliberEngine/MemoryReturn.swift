import Foundation
import Glibc

/// Has memory that is no longer used go back to the system.
///
/// Left to itself glibc's allocator keeps blocks of up to 32 MiB for each thread that ever freed one that large: what
/// intake decodes, sorts and writes chunk by chunk would stay with the process several times over.
enum MemoryReturn {
    /// Larger blocks come from the system and return to it.
    private static let sharedBlockByteLimit: Int32 = 1 << 20
    /// Unused memory that the allocator may keep at the end of its heap.
    private static let unusedByteLimit: Int32 = 8 << 20

    /// Settings of `mallopt`, by their numbers in malloc.h, which Swift's Glibc module leaves out.
    private enum Setting: Int32 {
        case trimThreshold = -1
        case mmapThreshold = -3
        case arenaMax = -8
    }

    private static let isArranged: Bool = {
        // Other C libraries have no such function, and no such habit.
        guard let symbol = dlsym(nil, "mallopt") else { return false }
        // The C function's type, as its manual page gives it.
        let mallopt = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        let threads = Int32(clamping: max(ProcessInfo.processInfo.activeProcessorCount, 1))
        return mallopt(Setting.mmapThreshold.rawValue, sharedBlockByteLimit) != 0
            && mallopt(Setting.trimThreshold.rawValue, unusedByteLimit) != 0
            && mallopt(Setting.arenaMax.rawValue, threads) != 0
    }()

    /// To be called before threads are started; once is enough.
    static func arrange() { _ = isArranged }
}
