import CaliberCore

/// What is wrong with a feature set or a label, apart from names and expressions.
package enum FeatureProblem: Hashable, Sendable {
    case badWindow(text: String, at: SourceLocation)
    case unknownPart(kind: String, name: String, set: String, suggestions: [String], at: SourceLocation)
    case keyNotText(table: String, at: SourceLocation)
    case computedText(value: String, at: SourceLocation)
    case entityNotText(column: String, type: String, at: SourceLocation)
    case joinedColumn(name: String, use: String, at: SourceLocation)
    case setColumn(name: String, use: String, at: SourceLocation)
    case notMeasurable(value: String, type: String, statistic: String, at: SourceLocation)
    case notAFeature(type: String, at: SourceLocation)
    case contentMissing(feature: String, at: SourceLocation)
    case contentTwice(feature: String, key: String, at: SourceLocation)
    case keyMissing(key: String, statistic: String, at: SourceLocation)
    case keyUnused(key: String, statistic: String, at: SourceLocation)
    case braceUnfilled(text: String, name: String, known: [String], at: SourceLocation)
    case listUnnamed(key: String, at: SourceLocation)
    case tooMany(count: Int, limit: Int, at: SourceLocation)
    case noTrainingMoment(set: String, at: SourceLocation)
    case windowBeyondBaseline(at: SourceLocation)
    case badNumber(text: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .badWindow(let text, let location):
            Diagnostic(
                "bad-window", "\(quoted(text)) is no window.", at: location,
                remedy: "Write a whole number and m, h or d: 10m, 24h, 30d; or ever.")
        case .unknownPart(let kind, let name, let set, let suggestions, let location):
            Diagnostic(
                "unknown-\(kind)", "There is no \(kind) \(quoted(name)) in \(set).", at: location,
                suggestions: suggestions)
        case .entityNotText(let column, let type, let location):
            Diagnostic(
                "entity-not-text",
                "An entity goes by a category, an identifier or a text; \(quoted(column)) is \(type).",
                at: location)
        case .keyNotText(let table, let location):
            Diagnostic(
                "feature-key", "Rows of table \(quoted(table)) can't be scored: its key is not one text.", at: location,
                remedy: "Feature sets are over tables keyed by one identifier.")
        case .computedText(let value, let location):
            Diagnostic(
                "computed-text", "There is no distinct of \(quoted(value)), a text that is computed.", at: location,
                remedy: "Count the different values of a field or a column as it is.")
        case .joinedColumn(let name, let use, let location):
            Diagnostic(
                "joined-column", "\(use.capitalizingFirst) can't use \(quoted(name)), a column of a joined table.",
                at: location,
                remedy: "What a joined table held at an earlier moment is not kept; use the row's own columns.")
        case .setColumn(let name, let use, let location):
            Diagnostic(
                "set-column", "\(use.capitalizingFirst) can't use \(quoted(name)), a set.", at: location,
                remedy: "Fold a count or a last value of the same field.")
        case .notMeasurable(let value, let type, let statistic, let location):
            Diagnostic(
                "not-measurable", "There is no \(statistic) of \(quoted(value)), which is \(type).", at: location,
                remedy: statistic == "distinct"
                    ? "Distinct takes texts and whole numbers."
                    : "Measure a boolean, a number, an amount or a duration.")
        case .notAFeature(let type, let location):
            Diagnostic(
                "not-a-feature", "A feature is a number; this is \(type).", at: location,
                remedy: "Compare a text with each of its values: `channel = '{channel}'` with `each`.")
        case .contentMissing(let feature, let location):
            Diagnostic(
                "feature-without-content", "Feature \(quoted(feature)) has neither `expr` nor `statistic`.",
                at: location)
        case .contentTwice(let feature, let key, let location):
            Diagnostic(
                "feature-with-both", "Feature \(quoted(feature)) has \(quoted(key)) beside `expr`.", at: location,
                remedy: "An expression has no history; remove one of them.")
        case .keyMissing, .keyUnused, .braceUnfilled, .listUnnamed, .tooMany, .noTrainingMoment, .badNumber,
            .windowBeyondBaseline:
            templateDiagnostic
        }
    }

    private var templateDiagnostic: Diagnostic {
        switch self {
        case .keyMissing(let key, let statistic, let location):
            Diagnostic("missing-key", "The statistic \(statistic) needs the key \(quoted(key)).", at: location)
        case .keyUnused(let key, let statistic, let location):
            Diagnostic(
                "key-does-not-fit", "The statistic \(statistic) has no use for \(quoted(key)).", at: location,
                remedy: "Remove the key.")
        case .braceUnfilled(let text, let name, let known, let location):
            Diagnostic(
                "unfilled-brace", "Nothing fills {\(name)} in \(quoted(text)).", at: location,
                remedy: known.isEmpty ? nil : "There is " + known.map { "{\($0)}" }.joined(separator: ", ") + ".")
        case .listUnnamed(let key, let location):
            Diagnostic(
                "list-not-in-name", "\(quoted(key)) has several entries, but the name does not tell them apart.",
                at: location, remedy: "Write {\(key)} into the name.")
        case .tooMany(let count, let limit, let location):
            Diagnostic("too-many-features", "\(count) features are more than \(limit).", at: location)
        case .noTrainingMoment(let set, let location):
            Diagnostic(
                "no-training-moment", "No moment of \(quoted(set)) has `trains: true`.", at: location,
                remedy: "Say from which moment's rows a model learns.")
        case .windowBeyondBaseline(let location):
            Diagnostic(
                "window-beyond-baseline", "The window is not shorter than the baseline that it is held against.",
                at: location)
        case .badNumber(let text, let location):
            Diagnostic("bad-number", "\(quoted(text)) is not a number.", at: location)
        default: preconditionFailure("no problem of a template: \(self)")
        }
    }
}
