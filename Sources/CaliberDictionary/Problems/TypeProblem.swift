import CaliberCore

/// What is wrong with a field's or a column's type and what is said about its values.
package enum TypeProblem: Hashable, Sendable {
    case badPattern(pattern: String, reason: String, at: SourceLocation)
    case badBound(text: String, type: String, at: SourceLocation)
    case boundsCrossed(minimum: String, maximum: String, at: SourceLocation)
    case currencyFieldType(field: String, type: String, at: SourceLocation)
    case fieldWithinField(field: String, parent: String, at: SourceLocation)
    case badCheckName(name: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .badPattern(let pattern, let reason, let location):
            Diagnostic(
                "bad-pattern", "\(quoted(pattern)) is no regular expression: \(reason).", at: location,
                remedy: "Put it into single quotation marks, where YAML leaves backslashes alone.")
        case .badBound(let text, let type, let location):
            Diagnostic(
                "bad-bound", "\(quoted(text)) is no value of type \(type).", at: location,
                remedy: "Write money in major units (0.01), times in RFC 3339, durations as `4 hours`.")
        case .boundsCrossed(let minimum, let maximum, let location):
            Diagnostic(
                "bounds-crossed", "The minimum \(minimum) is above the maximum \(maximum).", at: location,
                remedy: "No value would pass; exchange them.")
        case .currencyFieldType(let field, let type, let location):
            Diagnostic(
                "currency-field-type", "The currency field \(quoted(field)) is \(type), which names no currency.",
                at: location, remedy: "Declare it as category.")
        case .fieldWithinField(let field, let parent, let location):
            Diagnostic(
                "field-within-field", "\(quoted(field)) steps into \(quoted(parent)), which is a field itself.",
                at: location, remedy: "A value can't be an object and something else; remove one of the two.")
        case .badCheckName(let name, let location):
            Diagnostic(
                "bad-name", "\(quoted(name)) is no name for a check.", at: location,
                remedy: "It becomes a quarantine code: lower-case words joined by hyphens, amount-positive.")
        }
    }
}
