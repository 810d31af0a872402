import CaliberCore
import CaliberDictionary

/// Why a model can't be trained, or a row scored.
enum LearningProblem {
    case unknownFeatureSet(name: String?, known: [String])
    case unknownLabel(name: String?, known: [String])
    case tablesDiffer(features: String, label: String)
    case groupNotText(column: String, table: String)
    case lookAhead(feature: String, key: String, moment: Timestamp, claimed: Double, known: Double)
    case rowGone(key: String)
    case nothingToLearn(rowCount: Int, badCount: Int, account: TrainingSet.Account)

    var diagnostic: Diagnostic {
        switch self {
        case .unknownFeatureSet(let name, let known):
            Diagnostic(
                "unknown-feature-set", LearningProblem.missing("feature set", name),
                remedy: known.isEmpty
                    ? "Declare one under feature_sets; docs/dictionary.md shows how."
                    : "There is " + known.joined(separator: ", ") + ".",
                suggestions: name.map { NameSuggestion.nearest(to: $0, among: known) } ?? [])
        case .unknownLabel(let name, let known):
            Diagnostic(
                "unknown-label", LearningProblem.missing("label", name),
                remedy: known.isEmpty
                    ? "Declare one under labels; docs/dictionary.md shows how."
                    : "There is " + known.joined(separator: ", ") + ".",
                suggestions: name.map { NameSuggestion.nearest(to: $0, among: known) } ?? [])
        case .tablesDiffer(let features, let label):
            Diagnostic(
                "tables-differ",
                "Feature set \"\(features)\" and label \"\(label)\" are over different tables.",
                remedy: "Choose a label of the same table.")
        case .nothingToLearn(let rowCount, let badCount, let account):
            Diagnostic(
                "nothing-to-learn",
                "Of \(rowCount) rows to learn from \(badCount) went bad; a model needs both kinds.",
                remedy: account.immature > 0
                    ? "\(account.immature) rows are not mature yet: take in later events, or shorten matures_after."
                    : "Take in more events, or look at the label.")
        case .lookAhead(let feature, let key, let moment, let claimed, let known):
            Diagnostic(
                "look-ahead",
                "Feature \"\(feature)\" of row \"\(key)\" is \(claimed) to learn from, and \(known) by what was known at "
                    + "\(moment).",
                remedy:
                    "It has seen what came later; nothing was trained. Please report it with the feature's definition.")
        case .rowGone(let key):
            Diagnostic(
                "row-gone", "Row \"\(key)\" is to be learned from, and has no training moment in the log read again.",
                remedy: "The log was changed meanwhile: run the training again.")
        case .groupNotText(let column, let table):
            Diagnostic(
                "group-not-text", "Table \"\(table)\" has no text column \"\(column)\" to tell figures by.",
                remedy: "Name a stored category of the table: channel.")
        }
    }

    private static func missing(_ kind: String, _ name: String?) -> String {
        name.map { "There is no \(kind) \"\($0)\" in the dictionary." } ?? "Which \(kind) is meant?"
    }
}
