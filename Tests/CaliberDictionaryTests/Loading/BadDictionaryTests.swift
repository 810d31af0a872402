import CaliberCore
import CaliberDictionary
import CaliberTesting
import Foundation
import Testing

/// Small dictionaries with faults, each with what a person reads about it.
///
/// A case in `Cases/` is a text of files, each after a line `## path`. The shop's settings, contracts and tables stand
/// beside them unless the case has a file of that path.
@Suite struct BadDictionaryTests {
    private static let casesFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Cases")

    static let cases: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: casesFolder.path)) ?? [])
        .filter { $0.hasSuffix(".case") }.map { String($0.dropLast(5)) }.sorted()

    @Test(arguments: cases)
    func `every fault is told in one run, with its place and what to do`(name: String) throws {
        let text = try String(contentsOf: Self.casesFolder.appending(path: name + ".case"), encoding: .utf8)
        let files = Self.files(of: text)
        DictionaryGolden.expect(Self.told(files), matches: "\(name).txt")
    }

    @Test func `there are cases`() {
        #expect(Self.cases.count > 10)
    }

    /// A code without a golden text could change or break unseen.
    @Test func `every code of the dictionary's problems is in a golden text`() throws {
        let root = Self.casesFolder.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let problems = root.appending(path: "Sources/CaliberDictionary/Problems")
        var codes: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: problems.path) {
            let source = try String(contentsOf: problems.appending(path: name), encoding: .utf8)
            for match in source.matches(of: /Diagnostic\(\s*"([a-z0-9-]+)"/) { codes.insert(String(match.1)) }
        }
        #expect(codes.count > 50)
        let golden = root.appending(path: "Tests/CaliberDictionaryTests/Golden")
        var told = ""
        for name in try FileManager.default.contentsOfDirectory(atPath: golden.path) where name.hasSuffix(".txt") {
            told += try String(contentsOf: golden.appending(path: name), encoding: .utf8)
        }
        let missing = codes.filter { !told.contains("[\($0)]") }.sorted()
        #expect(missing == [])
    }

    private static func files(of text: String) -> [DictionaryFile] {
        var files: [DictionaryFile] = []
        for part in ("\n" + text).components(separatedBy: "\n## ").dropFirst() {
            let lineEnd = part.firstIndex(of: "\n") ?? part.endIndex
            let content = part[lineEnd...].dropFirst()
            files.append(DictionaryFile(path: String(part[..<lineEnd]), text: String(content) + "\n"))
        }
        let given = Set(files.map(\.path))
        let base = [ShopDictionary.settings, ShopDictionary.contracts, ShopDictionary.tables]
        let absent = Set(given.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) })
        return files.filter { !$0.path.hasPrefix("!") }
            + base.filter { !given.contains($0.path) && !absent.contains($0.path) }
    }

    private static func told(_ files: [DictionaryFile]) -> String {
        do {
            let loaded = try MetricDictionary.load(files: files)
            let unreachable = loaded.dictionary.unreachableVersions.map(\.diagnostic)
            return (["loaded"] + (loaded.warnings + unreachable).map(\.description)).map { $0 + "\n" }.joined()
        } catch {
            return error.diagnostics.map { $0.description + "\n" }.joined()
        }
    }
}
