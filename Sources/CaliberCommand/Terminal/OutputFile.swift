import CaliberCore
import Foundation

enum OutputFile {
    /// Opens what is there rather than putting a new file in its place: it may be a pipe or a device.
    ///
    /// - Parameter path: nil for standard output.
    static func open(_ path: String?) throws -> FileHandle {
        guard let path else { return .standardOutput }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else {
            throw Diagnostic("output-file", "\(path) can't be written.", remedy: "Check that its folder exists.")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
