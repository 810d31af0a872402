import CaliberCore

/// Why a model can't be read, kept or used.
public enum ModelProblem: Error, Hashable, Sendable {
    case duplicateColumn(id: String)
    case impossibleBounds(id: String)
    case schemaMismatch(model: String, SchemaMismatch)
    case unreadable(path: String, reason: String)
    case malformed(path: String, reason: String)
    /// The value at a JSON path is not what stands there in a model file.
    case invalid(path: String, at: String, reason: String)
    case newerFormat(path: String, format: Int, newestKnown: Int)
    case changedContent(path: String, written: String, actual: String)
    case notFinite(at: String)
    case invalidName(String)
    case versionExists(name: String, version: String)
    case unwritable(path: String, reason: String)
    case unknownModel(name: String, folder: String, nearest: [String])
    case unknownVersion(name: String, version: String, nearest: [String])
    case noChampion(name: String, versions: [String])
    case nothingToRollBack(name: String)
    case alreadyAlias(name: String, version: String, alias: String)

    public var diagnostic: Diagnostic {
        switch self {
        case .duplicateColumn(let id):
            Diagnostic(
                "duplicate-feature-column", "The feature schema has two columns \(QuotedText.json(id)).",
                remedy: "Rename one of them.")
        case .impossibleBounds(let id):
            Diagnostic(
                "impossible-bounds", "No value lies within the bounds and the step of \(QuotedText.json(id)).",
                remedy: "Write a minimum that is not above the maximum, and a step above 0.")
        case .schemaMismatch(let model, let mismatch):
            Diagnostic(
                "schema-mismatch",
                "Model \(model) was trained on other features than the dictionary declares: \(mismatch.summary).",
                remedy: "Train it anew with `caliber model train`, or take back the dictionary's change.")
        case .unreadable(let path, let reason):
            Diagnostic("model-unreadable", "\(path) can't be read: \(reason).")
        case .malformed(let path, let reason):
            Diagnostic(
                "model-malformed", "\(path) is not JSON: \(reason).",
                remedy: "Take the file as it was written, from its repository or a copy.")
        case .invalid(let path, let place, let reason):
            Diagnostic(
                "model-invalid", "\(path), \(place): \(reason).",
                remedy: "Model files are not written by hand: take the file as it was, or train a new version.")
        case .newerFormat(let path, let format, let newestKnown):
            Diagnostic(
                "model-newer",
                "\(path) has format \(format); this Caliber knows formats up to \(newestKnown).",
                remedy: "Use the version of Caliber that wrote it.")
        case .changedContent(let path, let written, let actual):
            Diagnostic(
                "model-changed",
                "\(path) was changed after it was written: its content hash says \(written.prefix(12)), "
                    + "its content is \(actual.prefix(12)).",
                remedy: "A model version is never edited: take the file as it was, or train a new version.")
        case .notFinite(let place):
            Diagnostic(
                "model-not-finite", "The model has a figure that is not a finite number at \(place).",
                remedy: "Look at the notes of the fit: a penalty above 0 keeps weights finite.")
        case .invalidName(let name):
            Diagnostic(
                "invalid-model-name",
                "\(QuotedText.json(name)) can't name a model or a version.",
                remedy: "Use up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first; "
                    + "\"aliases\" is taken.")
        case .versionExists(let name, let version):
            Diagnostic(
                "model-version-exists",
                "Model \(name) has a version \(version) already, and versions are never edited.",
                remedy: "Give the new one another version.")
        case .unwritable(let path, let reason):
            Diagnostic("model-unwritable", "\(path) can't be written: \(reason).")
        case .unknownModel(let name, let folder, let nearest):
            Diagnostic(
                "unknown-model", "There is no model \(QuotedText.json(name)) in \(folder).",
                remedy: "`caliber model list` shows what is there.", suggestions: nearest)
        case .unknownVersion(let name, let version, let nearest):
            Diagnostic(
                "unknown-model-version", "Model \(name) has no version or alias \(QuotedText.json(version)).",
                remedy: "`caliber model list` shows what is there.", suggestions: nearest)
        case .noChampion(let name, let versions):
            Diagnostic(
                "no-champion",
                "Model \(name) has no champion, and \(versions.count) versions to choose from: "
                    + "\(versions.joined(separator: ", ")).",
                remedy: "Name one as \(name)@\(versions.last ?? "1"), or promote it with `caliber model promote`.")
        case .nothingToRollBack(let name):
            Diagnostic(
                "nothing-to-roll-back", "Model \(name) had no champion before the present one.",
                remedy: "Promote a version instead.")
        case .alreadyAlias(let name, let version, let alias):
            Diagnostic(
                "already-promoted", "\(name) version \(version) is the \(alias) already.", severity: .warning)
        }
    }
}
