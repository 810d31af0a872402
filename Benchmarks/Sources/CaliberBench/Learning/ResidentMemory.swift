import Foundation
import Glibc

/// The most memory this process held beyond what it held when this was made, as the kernel counts resident pages.
struct ExtraMemory {
    private let before: Int

    init() throws {
        // Memory that was freed and kept would be used again, and not be seen; and the peak so far is forgotten.
        if let trim = dlsym(nil, "malloc_trim") {
            _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
        }
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        before = try ExtraMemory.resident("VmRSS")
    }

    func bytes() throws -> Int { max(0, try ExtraMemory.resident("VmHWM") - before) }

    private static func resident(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        guard let kilobytes else { throw LearningRows.Unreadable(description: "/proc/self/status lacks \(name)") }
        return kilobytes * 1024
    }
}

/// What this process has used of all processors, in seconds.
enum ProcessorTime {
    static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
