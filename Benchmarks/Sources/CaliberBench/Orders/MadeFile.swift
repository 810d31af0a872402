import Foundation

/// What is known of a file that was made for a run and is kept for the next: what it was made from, and what that took.
/// Written beside the file and after it, so that a file that was cut off is never taken for a whole one.
struct MadeFile: Codable {
    /// Of the programs and the inputs that made it; another one means that it is made anew.
    let origin: String
    let seconds: Double
    let peakBytes: Int
    let databaseBytes: Int

    /// Finds the file as it was made from `origin`, or makes it.
    static func prepare(_ path: String, origin: String, _ make: () throws -> MadeFile) throws -> MadeFile {
        let note = URL(filePath: path + ".made")
        if let made = try? JSONDecoder().decode(MadeFile.self, from: Data(contentsOf: note)), made.origin == origin,
            FileManager.default.fileExists(atPath: path)
        {
            return made
        }
        try? FileManager.default.removeItem(at: note)
        let made = try make()
        try JSONEncoder().encode(made).write(to: note, options: .atomic)
        return made
    }

    /// A short name for the contents of some files, of folders all files in them.
    ///
    /// Source: FNV-1a, Fowler, Noll, Vo.
    static func origin(of paths: [String]) throws -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for path in try paths.flatMap(filesBelow) {
            for byte in try Data(contentsOf: URL(filePath: path)) { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }

    private static func filesBelow(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        return try FileManager.default.subpathsOfDirectory(atPath: path).sorted().map { "\(path)/\($0)" }
            .filter { !$0.hasSuffix(".lock") && FileManager.default.contents(atPath: $0) != nil }
    }
}
