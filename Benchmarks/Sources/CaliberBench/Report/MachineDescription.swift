import Foundation

/// What a run ran on, and against what.
struct MachineDescription {
    let processor: String
    let coreCount: Int
    let memoryBytes: UInt64
    /// `DuckDB 2.0.0, SQLite 3.40.1`, as the peers' Python sees them.
    let peers: String

    static func current(_ contenders: Contenders) throws -> MachineDescription {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        let versions = try contenders.peer("versions", [])
        return MachineDescription(
            processor: model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor",
            coreCount: ProcessInfo.processInfo.activeProcessorCount,
            memoryBytes: ProcessInfo.processInfo.physicalMemory,
            peers: String(decoding: versions.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
