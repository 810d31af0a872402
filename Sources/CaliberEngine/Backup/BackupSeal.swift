import CaliberCore
import Crypto
import Foundation

/// A line past a backup's last page that says what all bytes before it are, so that any change of any of them shows.
///
/// SQLite counts pages by the file's head and never looks at what comes after them, so a sealed file is a database as any
/// other. A database in use has none: a seal is not taken over by `restore`, and what writes to the file writes over it.
struct BackupSeal {
    private static let head = "caliber-backup sha256:"
    /// The head, 64 hexadecimal digits and a line feed.
    static let byteCount = head.utf8.count + 65

    /// Puts the seal at a file's end.
    static func seal(_ path: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        let line = try line(of: file, byteCount: file.seekToEnd())
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
    }

    /// - Returns: what is wrong with a file that was sealed once; empty for one without a seal.
    static func problems(of path: String) throws -> [Diagnostic] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        let end = try file.seekToEnd()
        // Pages have a multiple of 512 bytes: what is past them is a seal, or what is left of one.
        guard !end.isMultiple(of: 512) else { return [] }
        let sealedByteCount = end - min(end, UInt64(byteCount))
        // What neither begins as a database nor ends as a backup was never one.
        guard try file.isDatabase() || isSealed(path) else { return [] }
        try file.seek(toOffset: sealedByteCount)
        let found = try file.readToEnd() ?? Data()
        guard found != Data(try line(of: file, byteCount: sealedByteCount).utf8) else { return [] }
        return [
            Diagnostic(
                "seal-broken", "\(path) is not, byte for byte, what was backed up: its seal says otherwise.",
                remedy: "Use another backup; this one was damaged, cut or changed since it was made.")
        ]
    }

    /// Whether a file ends as a sealed one does; whether the seal holds is `problems` to say.
    static func isSealed(_ path: String) -> Bool {
        guard let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)) else { return false }
        defer { try? file.close() }
        guard let end = try? file.seekToEnd(), end >= UInt64(byteCount),
            (try? file.seek(toOffset: end - UInt64(byteCount))) != nil, let tail = try? file.readToEnd()
        else { return false }
        return tail.starts(with: Data(head.utf8))
    }

    private static func line(of file: FileHandle, byteCount: UInt64) throws -> String {
        try file.seek(toOffset: 0)
        var hash = SHA256()
        var rest = byteCount
        while rest > 0, let piece = try file.read(upToCount: Int(min(rest, 1 << 20))), !piece.isEmpty {
            hash.update(data: piece)
            rest -= UInt64(piece.count)
        }
        return head + hash.finalize().map { digits($0) }.joined() + "\n"
    }

    private static func digits(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

extension FileHandle {
    /// Source: SQLite, Database File Format, section 1.3.1.
    fileprivate func isDatabase() throws -> Bool {
        try seek(toOffset: 0)
        return try read(upToCount: 16) == Data("SQLite format 3\0".utf8)
    }
}
