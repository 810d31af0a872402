import CaliberCore

/// The text of one expression, and where in a file it stands. Offsets count Unicode scalars.
struct ExpressionSource {
    let scalars: [Unicode.Scalar]
    private let start: SourceLocation

    /// The longest excerpt in a message, in scalars.
    private static let excerptLimit = 60

    init(_ text: String, at start: SourceLocation) {
        scalars = Array(text.unicodeScalars)
        self.start = start
    }

    /// The place in the file of one scalar of the text.
    func location(of offset: Int) -> SourceLocation {
        var lineOffset = 0
        var column = 0
        for scalar in scalars.prefix(offset) {
            if scalar == "\n" {
                lineOffset += 1
                column = 0
            } else {
                column += 1
            }
        }
        let isSingleLine = start.line == nil && !scalars.contains("\n")
        return SourceLocation(
            file: start.file, line: isSingleLine ? nil : (start.line ?? 1) + lineOffset,
            column: (start.column ?? 1) + column)
    }

    /// A part of the text as it stands.
    func text(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(scalars[range]))
    }

    /// A part of the text on one line, cut to a length that fits a message.
    func excerpt(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        for scalar in scalars[range] {
            if scalar.properties.isWhitespace {
                if text.last != " " { text.append(" ") }
            } else {
                text.append(scalar)
            }
            if text.count == ExpressionSource.excerptLimit { return String(text) + "…" }
        }
        return String(text)
    }
}

/// A problem and the offset of the scalar where it begins.
struct LocatedProblem: Error {
    let problem: ExpressionProblem
    let offset: Int
}
