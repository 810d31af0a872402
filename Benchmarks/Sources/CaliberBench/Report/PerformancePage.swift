import Foundation

/// The page on performance, of which the run writes what stands between two comments.
struct PerformancePage {
    let path: String

    static let start = "<!-- written by make bench -->"
    static let end = "<!-- end of what make bench wrote -->"

    struct MarkersMissing: Error, CustomStringConvertible {
        let path: String

        var description: String {
            "\(path) lacks the comments \(PerformancePage.start) and \(PerformancePage.end): the table was not written."
        }
    }

    /// - Throws: `MarkersMissing`; the page is then as it was.
    func write(_ table: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let start = text.range(of: PerformancePage.start),
            let end = text.range(of: PerformancePage.end, range: start.upperBound..<text.endIndex)
        else { throw MarkersMissing(path: path) }
        let page = text[..<start.upperBound] + "\n" + table + "\n" + text[end.lowerBound...]
        try Data(page.utf8).write(to: URL(filePath: path), options: .atomic)
    }
}
