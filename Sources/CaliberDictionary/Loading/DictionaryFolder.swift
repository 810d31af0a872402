import CaliberCore
import Foundation

/// The files of a dictionary's folder.
struct DictionaryFolder {
    let path: String

    /// - Returns: nil when there is no such folder, or too much in it; what can't be read is reported and left out.
    func read(_ log: ProblemLog) -> [DictionaryFile]? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            log.report(.file(.folderMissing(path: path)))
            return nil
        }
        guard let names = FileManager.default.enumerator(atPath: path) else {
            log.report(.file(.unreadable(path: path, reason: "it can't be listed")))
            return nil
        }
        var files: [DictionaryFile] = []
        for case let name as String in names where isDefinition(name) {
            guard files.count < DictionaryLimits.files else {
                log.report(.file(.tooManyFiles(limit: DictionaryLimits.files, folder: path)))
                return nil
            }
            if let file = read(name, log) { files.append(file) }
        }
        return files
    }

    private func isDefinition(_ name: String) -> Bool {
        guard !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { return false }
        return name == DictionarySections.lockPath || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    }

    private func read(_ name: String, _ log: ProblemLog) -> DictionaryFile? {
        let file = path + "/" + name
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            if attributes[.type] as? FileAttributeType == .typeDirectory { return nil }
            let size = attributes[.size] as? Int ?? 0
            guard size <= DictionaryLimits.bytesPerFile else {
                log.report(
                    .file(
                        .fileTooLarge(
                            bytes: size, limit: DictionaryLimits.bytesPerFile, at: SourceLocation(file: file))))
                return nil
            }
            let data = try Data(contentsOf: URL(fileURLWithPath: file))
            guard let text = String(validating: data, as: UTF8.self) else {
                log.report(.file(.notUTF8(at: SourceLocation(file: file))))
                return nil
            }
            return DictionaryFile(path: name, text: text)
        } catch {
            log.report(.file(.unreadable(path: file, reason: DictionaryFolder.reason(of: error))))
            return nil
        }
    }

    private static func reason(of error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "it leads nowhere"
        case .fileReadNoPermission: "permission is denied"
        default: "the system says error \((error as NSError).code)"
        }
    }
}
