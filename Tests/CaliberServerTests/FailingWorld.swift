import CaliberTesting
import Foundation

/// What the world does to one service: a disk that takes nothing more, a clock that jumps. See `CFailingWorld.h`.
final class FailingWorld {
    private let file: FileHandle
    let path: String

    init(in folder: TemporaryFolder) throws {
        path = folder.path("failing-world")
        try Data(count: 24).write(to: URL(fileURLWithPath: path))
        file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    }

    /// Variables that a service is started with to live in it.
    var settings: [String: String] {
        [
            "CALIBER_FAILING_WORLD": path,
            "LD_PRELOAD": RunningService.packageRoot.appending(path: ".build/release/libCFailingWorld.so").path,
        ]
    }

    func failWrites(with error: Int32) throws { try put(error, at: 0) }
    func failSyncs(with error: Int32) throws { try put(error, at: 4) }
    func moveClock(seconds: Int64) throws { try put(seconds, at: 8) }

    func heal() throws {
        try failWrites(with: 0)
        try failSyncs(with: 0)
    }

    var failedCount: Int64 {
        get throws {
            try file.seek(toOffset: 16)
            let bytes = try file.read(upToCount: 8) ?? Data()
            return bytes.withUnsafeBytes { $0.count == 8 ? $0.loadUnaligned(as: Int64.self) : 0 }
        }
    }

    private func put(_ value: some FixedWidthInteger, at offset: UInt64) throws {
        try file.seek(toOffset: offset)
        try file.write(contentsOf: withUnsafeBytes(of: value) { Data($0) })
    }
}
