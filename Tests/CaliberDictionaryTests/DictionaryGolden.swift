import CaliberTesting
import Testing

/// Golden texts of all the suites here stand together, in `Golden/` beside this file.
enum DictionaryGolden {
    private static let home = #filePath

    static func expect(_ text: String, matches name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        GoldenFile.expect(text, matches: name, testFile: home, sourceLocation: sourceLocation)
    }
}
