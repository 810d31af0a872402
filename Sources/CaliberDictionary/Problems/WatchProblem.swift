import CaliberCore

/// What is wrong with a watch, apart from names and expressions.
package enum WatchProblem: Hashable, Sendable {
    case keyNotText(table: String, at: SourceLocation)
    case badDuration(text: String, at: SourceLocation)
    case derivedColumn(name: String, at: SourceLocation)
    case groupNotText(column: String, type: String, at: SourceLocation)
    case notOfTheStreak(name: String, known: [String], at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .keyNotText(let table, let location):
            Diagnostic(
                "watch-key", "Rows of table \(quoted(table)) can't be watched: its key is not one text.", at: location,
                remedy: "Watches are over tables keyed by one identifier.")
        case .badDuration(let text, let location):
            Diagnostic(
                "bad-duration", "\(quoted(text)) is no length of time.", at: location,
                remedy: "Write a whole number and m, h or d: 10m, 4h, 2d.")
        case .derivedColumn(let name, let location):
            Diagnostic(
                "derived-column", "A watch can't show \(quoted(name)), a derived column.", at: location,
                remedy: "Show the stored columns that it is made of; `when` may use it.")
        case .groupNotText(let column, let type, let location):
            Diagnostic(
                "streak-group", "A streak goes by a category, an identifier or a text; \(quoted(column)) is \(type).",
                at: location)
        case .notOfTheStreak(let name, let known, let location):
            Diagnostic(
                "not-of-the-streak", "\(quoted(name)) differs from row to row of a streak.", at: location,
                remedy: "In braces there may be " + known.joined(separator: " and ") + ".")
        }
    }
}
