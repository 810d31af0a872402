import CaliberTesting
import Foundation
import Testing

/// The floors of the house: data goes up, imports go down. The same order as in docs/architecture.md.
private let floorOfModule: [String: Int] = [
    "CaliberCore": 0, "CaliberStore": 1, "CaliberDictionary": 1, "CaliberColumns": 2, "CaliberEventLog": 3,
    "CaliberTables": 4, "CaliberQuery": 5, "CaliberEngine": 6, "CaliberServer": 7, "CaliberSimulator": 1,
    "CaliberCommand": 8, "CaliberRegression": 1, "CaliberSinks": 1, "CaliberAlerts": 2, "CaliberFeatures": 5,
    "CaliberChecks": 5, "CaliberScoring": 5, "CaliberIdentity": 3,
    "CaliberAttribution": 5,
]

@Suite struct ImportArrowTests {
    @Test func `every module stands on a floor`() throws {
        let modules = try SourceTree.modules().filter { $0.hasPrefix("Caliber") }
        #expect(Set(modules) == Set(floorOfModule.keys), "a module joins or leaves docs/architecture.md and this list")
    }

    @Test func `a module imports only modules of lower floors`() throws {
        for file in try SourceTree.swiftFiles() {
            let own = try #require(floorOfModule[file.module], "\(file.path) stands in an unknown module")
            for imported in file.imports where imported.hasPrefix("Caliber") {
                let other = try #require(floorOfModule[imported], "\(file.path) imports the unknown \(imported)")
                #expect(other < own, "\(file.path) imports \(imported), which does not stand below \(file.module)")
            }
        }
    }

    @Test func `only the store and the floors that keep rows in it know the database library`() throws {
        let allowed: Set = [
            "CaliberStore", "CaliberAlerts", "CaliberIdentity", "CaliberEventLog", "CaliberTables", "CaliberFeatures",
            "CaliberEngine",
        ]
        for file in try SourceTree.swiftFiles() where file.imports.contains("GRDB") {
            #expect(allowed.contains(file.module), "\(file.path) imports GRDB")
        }
    }

    @Test func `the path of an event never meets Foundation's JSON`() throws {
        let eventPath: Set = ["CaliberColumns", "CaliberEventLog", "CaliberTables"]
        for file in try SourceTree.swiftFiles() where eventPath.contains(file.module) {
            let usesFoundationJSON = ["JSONDecoder", "JSONSerialization", "JSONEncoder"].contains(
                where: file.text.contains)
            #expect(!usesFoundationJSON, "\(file.path) uses Foundation's JSON")
        }
    }
}

@Suite struct SourceShapeTests {
    static let lineLimit = 500

    @Test func `files tell one story each`() throws {
        for file in try SourceTree.swiftFiles() {
            let lineCount = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lineCount <= SourceShapeTests.lineLimit, "\(file.path) has \(lineCount) lines")
        }
    }

    @Test func `nothing is named after the fact that it is there`() throws {
        for file in try SourceTree.swiftFiles() {
            let name = file.path.split(separator: "/").last ?? ""
            for vague in ["Manager", "Helper", "Utils", "Utilities", "Misc"] {
                #expect(!name.contains(vague), "\(file.path): say what it does")
            }
        }
    }

    @Test func `unsafe conformances say why they are safe`() throws {
        for file in try SourceTree.swiftFiles() {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() where line.contains("@unchecked Sendable") {
                let around = lines[max(0, index - 6)..<min(lines.count, index + 6)]
                #expect(
                    around.contains { $0.contains("//") && $0.lowercased().contains("safe") },
                    "\(file.path):\(index + 1)")
            }
        }
    }
}

/// The project's own Swift sources, read from the checkout.
private enum SourceTree {
    struct File {
        let path: String
        let module: String
        let text: String
        var imports: [String] {
            text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 1, index + 1 < words.count else {
                    return nil
                }
                return String(words[index + 1])
            }
        }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    static func modules() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.path)
    }

    static func swiftFiles() throws -> [File] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        #expect(paths.count > 20, "the sources were not found under \(root.path)")
        return try paths.sorted().map { path in
            File(
                path: path, module: String(path.prefix { $0 != "/" }),
                text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
        }
    }
}
