import CaliberCore

/// What is wrong with an identity, apart from names.
package enum IdentityProblem: Hashable, Sendable {
    case noAccount(identity: String, at: SourceLocation)
    case noIdentifiers(identity: String, at: SourceLocation)
    case noCarriers(identifier: String, at: SourceLocation)
    case carrierUnclear(at: SourceLocation)
    case carrierNotText(what: String, type: String, at: SourceLocation)
    case carrierTwice(what: String, first: SourceLocation, at: SourceLocation)
    case badLimit(text: String, at: SourceLocation)
    case badWindow(text: String, at: SourceLocation)
    case badWeight(text: String, at: SourceLocation)
    case keyForWeakOnly(key: String, at: SourceLocation)
    case weakAccount(identifier: String, at: SourceLocation)
    case badBlockedPattern(pattern: String, reason: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .noAccount(let identity, let location):
            Diagnostic(
                "no-account", "Identity \(quoted(identity)) has no identifier that is an account.", at: location,
                remedy: "Say `role: account` of the user's id at its platform: people are made of accounts.")
        case .noIdentifiers(let identity, let location):
            Diagnostic("no-identifiers", "Identity \(quoted(identity)) has no identifiers.", at: location)
        case .noCarriers(let identifier, let location):
            Diagnostic(
                "no-carriers", "Nothing carries the identifier \(quoted(identifier)).", at: location,
                remedy: "Name its fields: from: [{event: order.created, field: phone}].")
        case .carrierUnclear(let location):
            Diagnostic(
                "carrier-unclear", "An identifier comes from a field of an event or from a column of a table.",
                at: location, remedy: "Write {event: …, field: …} or {table: …, column: …}.")
        case .carrierNotText(let what, let type, let location):
            Diagnostic(
                "carrier-not-text", "\(what.capitalizingFirst) is \(type), and can't identify anybody.", at: location,
                remedy: "Identifiers are categories, identifiers or texts.")
        case .carrierTwice(let what, let first, let location):
            Diagnostic(
                "carrier-twice", "\(what.capitalizingFirst) already carries an identifier, at \(first).", at: location)
        case .badLimit(let text, let location):
            Diagnostic(
                "bad-limit", "\(quoted(text)) is no limit.", at: location,
                remedy: "Write a whole number from 1 to 10000, or unlimited.")
        case .badWindow(let text, let location):
            Diagnostic(
                "bad-window", "\(quoted(text)) is no window.", at: location,
                remedy: "Write ever, week, year, or a whole number and m, h or d: 30d.")
        case .badWeight(let text, let location):
            Diagnostic(
                "bad-weight", "\(quoted(text)) is no weight.", at: location,
                remedy: "Write a number from 0.001 to 100 with at most three decimals: 0.5.")
        case .keyForWeakOnly(let key, let location):
            Diagnostic(
                "key-for-weak-only", "A strong identifier has no use for \(quoted(key)).", at: location,
                remedy: "Remove the key, or say `strength: weak`.")
        case .weakAccount(let identifier, let location):
            Diagnostic(
                "weak-account", "\(quoted(identifier)) is an account or a link and can't be weak.", at: location,
                remedy: "Say `strength: strong`, or `role: value`.")
        case .badBlockedPattern(let pattern, let reason, let location):
            Diagnostic(
                "bad-blocked-pattern", "\(quoted(pattern)) is no pattern of blocked values: \(reason).", at: location,
                remedy: "Put it into single quotation marks, where YAML leaves backslashes alone.")
        }
    }
}
