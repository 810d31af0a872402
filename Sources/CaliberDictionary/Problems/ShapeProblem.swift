import CaliberCore

/// What is wrong with a definition's keys and the kinds of their values, before any name is looked up.
package enum ShapeProblem: Hashable, Sendable {
    case unknownKey(key: String, of: String, suggestions: [String], at: SourceLocation)
    case missingKey(key: String, of: String, meaning: String, at: SourceLocation)
    case missingOwner(of: String, at: SourceLocation)
    case wrongKind(what: String, expected: String, found: String, at: SourceLocation)
    case unknownValue(text: String, of: String, choices: [String], suggestions: [String], at: SourceLocation)
    case emptyList(what: String, at: SourceLocation)
    /// A key that is right elsewhere: `pattern` of a money field, `numerator` of a simple metric.
    case keyDoesNotFit(key: String, of: String, reason: String, at: SourceLocation)
    case badDuration(text: String, at: SourceLocation)
    case badCalendarSpan(text: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .unknownKey(let key, let owner, let suggestions, let location):
            Diagnostic(
                "unknown-key", "\(owner.capitalizingFirst) has no key \(quoted(key)).", at: location,
                remedy: suggestions.isEmpty ? "`caliber dictionary schema` lists the keys." : nil,
                suggestions: suggestions)
        case .missingKey(let key, let owner, let meaning, let location):
            Diagnostic(
                "missing-key", "\(owner.capitalizingFirst) needs the key \(quoted(key)).", at: location,
                remedy: meaning)
        case .missingOwner(let owner, let location):
            Diagnostic(
                "missing-owner", "\(owner.capitalizingFirst) has no owner.", at: location,
                remedy: "Say who answers for it: `owner: team:data`.")
        case .wrongKind(let what, let expected, let found, let location):
            Diagnostic("wrong-kind", "\(what.capitalizingFirst) must be \(expected), not \(found).", at: location)
        case .unknownValue(let text, let owner, let choices, let suggestions, let location):
            Diagnostic(
                "unknown-value", "\(owner.capitalizingFirst) can't be \(quoted(text)).", at: location,
                remedy: "It is one of " + choices.joined(separator: ", ") + ".", suggestions: suggestions)
        case .emptyList(let what, let location):
            Diagnostic("empty-list", "\(what.capitalizingFirst) is empty.", at: location)
        case .keyDoesNotFit(let key, let owner, let reason, let location):
            Diagnostic(
                "key-does-not-fit", "\(owner.capitalizingFirst) has no use for \(quoted(key)): \(reason).",
                at: location, remedy: "Remove the key, or change the type.")
        case .badDuration(let text, let location):
            Diagnostic(
                "bad-duration", "\(quoted(text)) is not a length of time.", at: location,
                remedy: "Write a whole number and a unit: `30 min`, `4 hours`, `1 day`.")
        case .badCalendarSpan(let text, let location):
            Diagnostic(
                "bad-calendar-span", "\(quoted(text)) is not a length of time on the calendar.", at: location,
                remedy: "Write a whole number of days, weeks, months, quarters or years: `7 days`, `1 month`.")
        }
    }
}

extension String {
    var capitalizingFirst: String { prefix(1).uppercased() + dropFirst() }
}
