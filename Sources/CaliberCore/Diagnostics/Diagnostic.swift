/// A place in a text that a person can open: a file and, where known, line and column, both from 1.
public struct SourceLocation: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let file: String
    public let line: Int?
    public let column: Int?

    public init(file: String, line: Int? = nil, column: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
    }

    public var description: String {
        [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
    }

    public static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.file, left.line ?? 0, left.column ?? 0) < (right.file, right.line ?? 0, right.column ?? 0)
    }
}

/// What is wrong, where, and what to do about it, for a person; the code is stable and for machines.
///
/// Diagnostics are made in one place for each module, from an enum with typed parameters, and their text is tested.
public struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Sendable { case error, warning }

    public let severity: Severity
    /// Stable, lower case with hyphens: `unknown-column`.
    public let code: String
    /// One sentence: what is wrong, with the offending text.
    public let message: String
    public let location: SourceLocation?
    /// What to write instead, or what to do next; a full sentence.
    public let remedy: String?
    /// The nearest right names, best first.
    public let suggestions: [String]

    public init(
        _ code: String, _ message: String, at location: SourceLocation? = nil, remedy: String? = nil,
        suggestions: [String] = [], severity: Severity = .error
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.remedy = remedy
        self.suggestions = suggestions
        self.severity = severity
    }

    /// `metrics/gmv.yaml:12:5: error[unknown-column]: … Did you mean "paid"? …`
    public var description: String {
        var text = location.map { "\($0): " } ?? ""
        text += "\(severity.rawValue)[\(code)]: \(message)"
        if !suggestions.isEmpty {
            text += " Did you mean " + suggestions.map { "\"\($0)\"" }.joined(separator: " or ") + "?"
        }
        if let remedy { text += " " + remedy }
        return text
    }
}

/// Every problem found in one pass, in the order of their places.
public struct DiagnosticList: Error, Sendable, CustomStringConvertible {
    public let diagnostics: [Diagnostic]

    public init(_ diagnostics: [Diagnostic]) {
        self.diagnostics = diagnostics.sorted { left, right in
            switch (left.location, right.location) {
            case (let first?, let second?) where first != second: first < second
            case (nil, _?): true
            case (_?, nil): false
            default: left.code < right.code
            }
        }
    }

    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
