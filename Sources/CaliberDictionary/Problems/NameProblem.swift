import CaliberCore

/// What is wrong with a name: how it is written, that it stands twice, or that nothing has it.
package enum NameProblem: Hashable, Sendable {
    /// What a reference names.
    package enum Target: String, Sendable {
        case contract, field, table, column, metric, join
    }

    case badName(name: String, of: String, suggestion: String?, at: SourceLocation)
    case reservedName(name: String, of: String, at: SourceLocation)
    case badContractName(name: String, of: String, at: SourceLocation)
    case badID(id: String, at: SourceLocation)
    case duplicateName(name: String, of: String, first: SourceLocation, at: SourceLocation)
    case duplicateID(id: String, first: SourceLocation, firstName: String, at: SourceLocation)
    case unknown(Target, name: String, within: String?, suggestions: [String], at: SourceLocation)
    case unknownVersion(metric: String, version: Int64, known: [Int], at: SourceLocation)
    case cycle(what: String, path: [String], at: SourceLocation)
    case unknownCurrency(code: String, suggestions: [String], at: SourceLocation)
    case unknownTimeZone(name: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .badName(let name, let owner, let suggestion, let location):
            Diagnostic(
                "bad-name", "\(quoted(name)) is no name for \(owner).", at: location,
                remedy: "Names are lower-case letters, digits and single underscores, beginning with a letter.",
                suggestions: suggestion.map { [$0] } ?? [])
        case .reservedName(let name, let owner, let location):
            Diagnostic(
                "reserved-name", "\(quoted(name)) is reserved and can't name \(owner).", at: location,
                remedy: "Choose another; metric_time, the grains and the words of expressions are taken.")
        case .badContractName(let name, let owner, let location):
            Diagnostic(
                "bad-name", "\(quoted(name)) is no name for \(owner).", at: location,
                remedy: "Such names are one or more names joined by dots: payment.callback.")
        case .badID(let id, let location):
            Diagnostic(
                "bad-id", "\(quoted(id)) is no metric id.", at: location,
                remedy: "Ids are letters, digits and hyphens, beginning with a letter, and hold a digit: M-0012.")
        case .duplicateName(let name, let owner, let first, let location):
            Diagnostic(
                "duplicate-name", "\(quoted(name)) already names \(owner), at \(first).", at: location,
                remedy: "Rename or remove one of them.")
        case .duplicateID(let id, let first, let firstName, let location):
            Diagnostic(
                "duplicate-id", "The id \(quoted(id)) already belongs to metric \(quoted(firstName)), at \(first).",
                at: location, remedy: "Ids are never reused; give this metric a new one.")
        case .unknown(let target, let name, let within, let suggestions, let location):
            Diagnostic(
                "unknown-\(target.rawValue)",
                "There is no \(target.rawValue) \(quoted(name))\(within.map { " in \($0)" } ?? "").", at: location,
                suggestions: suggestions)
        case .unknownVersion(let metric, let version, let known, let location):
            Diagnostic(
                "unknown-metric-version", "Metric \(quoted(metric)) has no version \(version).", at: location,
                remedy: "Known versions: " + known.map(String.init).joined(separator: ", ") + ".")
        case .cycle(let what, let path, let location):
            Diagnostic(
                "cycle", "\(what.capitalizingFirst) depend on themselves: \(path.joined(separator: " → ")).",
                at: location, remedy: "Break the circle at one of them.")
        case .unknownCurrency(let code, let suggestions, let location):
            Diagnostic(
                "unknown-currency", "\(quoted(code)) is no ISO 4217 currency.", at: location,
                remedy: "Write its three letters: CNY.", suggestions: suggestions)
        case .unknownTimeZone(let name, let location):
            Diagnostic(
                "unknown-time-zone", "\(quoted(name)) is no time zone known here.", at: location,
                remedy: "Write an IANA name (Asia/Shanghai), UTC, or an offset (\"+08:00\").")
        }
    }
}
