import Foundation
import Glibc

/// Files that are there whole or not at all, also after a power cut.
package enum AtomicFile {
    /// Why nothing was written.
    package struct Failure: Error {
        package let reason: String
        package let alreadyExists: Bool
    }

    /// Writes beside the place, syncs, then moves into it and syncs the folder.
    ///
    /// - Parameter replacing: false refuses a place that is taken, whoever took it in the meantime.
    package static func write(_ data: Data, to path: String, replacing: Bool) throws(Failure) {
        let place = URL(fileURLWithPath: path)
        let folder = place.deletingLastPathComponent().path
        let draft = folder + "/.\(place.lastPathComponent).\(UUID().uuidString)"
        let file = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure() }
        defer { unlink(draft) }
        do throws(Failure) {
            try writeAll(data, to: file)
            guard fsync(file) == 0 else { throw failure() }
        } catch {
            close(file)
            throw error
        }
        guard close(file) == 0 else { throw failure() }
        // A link fails where a file stands; a rename takes its place.
        guard (replacing ? rename(draft, path) : link(draft, path)) == 0 else { throw failure() }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure() }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure() }
    }

    private static func writeAll(_ data: Data, to file: Int32) throws(Failure) {
        let bytes = [UInt8](data)
        var start = 0
        while start < bytes.count {
            let written = bytes[start...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw failure() }
            start += written
        }
    }

    private static func failure() -> Failure {
        Failure(reason: String(cString: strerror(errno)), alreadyExists: errno == EEXIST)
    }
}
