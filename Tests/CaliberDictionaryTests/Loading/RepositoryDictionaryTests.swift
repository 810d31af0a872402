import CaliberCore
import CaliberDictionary
import Foundation
import Testing

@Suite struct RepositoryDictionaryTests {
    /// Every folder of the repository that holds a `caliber.yaml`, but for build products, and for `deploy`, where a file
    /// of that name configures a service.
    static let folders: [String] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        var folders: [String] = []
        for name in names.sorted() where !name.hasPrefix(".") && name != "deploy" {
            let folder = root.appending(path: name)
            let paths =
                FileManager.default.enumerator(atPath: folder.path)?.allObjects.compactMap { $0 as? String } ?? []
            for path in ["caliber.yaml"] + paths where path.hasSuffix("caliber.yaml") {
                let file = folder.appending(path: path)
                if FileManager.default.fileExists(atPath: file.path) {
                    folders.append(file.deletingLastPathComponent().path)
                }
            }
        }
        return Set(folders).sorted()
    }()

    @Test(.enabled("no dictionary is shipped yet", { !folders.isEmpty }), arguments: folders)
    func `every dictionary that is shipped loads without a fault`(folder: String) {
        do {
            _ = try MetricDictionary.load(from: folder)
        } catch {
            Issue.record("\(error)")
        }
    }
}
