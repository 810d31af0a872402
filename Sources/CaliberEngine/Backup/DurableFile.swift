import Foundation

/// The steps by which a file becomes durable and gets its name at once.
enum DurableFile {
    /// Has the disk keep the file.
    static func sync(_ path: String) throws { try sync(path, flags: O_RDONLY | O_CLOEXEC) }

    /// Has the disk keep the names of the folder that a file is in.
    static func syncFolder(of path: String) throws {
        try sync(folder(of: path), flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    /// As the path itself says it, relative if that is.
    static func folder(of path: String) -> String {
        guard let end = path.lastIndex(of: "/") else { return "." }
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    private static func sync(_ path: String, flags: Int32) throws {
        let descriptor = Glibc.open(path, flags)
        guard descriptor >= 0 else { throw failure(path, "it can't be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, "the disk does not keep it") }
    }

    /// Puts a file in the place of whatever has the name.
    static func rename(_ path: String, to target: String) throws {
        guard Glibc.rename(path, target) == 0 else { throw failure(target, "it can't be put in its place") }
    }

    /// Gives a file its name unless another has it.
    static func renameAside(_ path: String, to target: String) throws {
        if link(path, target) == 0 {
            unlink(path)
        } else if errno == EEXIST {
            throw BackupProblem.exists(path: target)
        } else {
            // A file system without second names.
            guard access(target, F_OK) != 0 else { throw BackupProblem.exists(path: target) }
            try rename(path, to: target)
        }
    }

    static func byteCount(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// What others may do with a file.
    static func copyMode(of path: String, to copy: String) {
        var status = stat()
        if stat(path, &status) == 0 { chmod(copy, status.st_mode & 0o777) }
    }

    /// Bytes that are free to ordinary users where a file is, or is to be.
    static func freeByteCount(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(folder(of: path), &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    }

    private static func failure(_ path: String, _ what: String) -> BackupProblem {
        .failed(path: path, what: what, reason: String(cString: strerror(errno)))
    }
}
