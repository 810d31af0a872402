import CaliberCore

/// Why a dictionary's files can't be read.
package enum FileProblem: Hashable, Sendable {
    case folderMissing(path: String)
    case settingsMissing(folder: String)
    case unreadable(path: String, reason: String)
    case notUTF8(at: SourceLocation)
    case fileTooLarge(bytes: Int, limit: Int, at: SourceLocation)
    case tooManyFiles(limit: Int, folder: String)
    case tooDeep(limit: Int, at: SourceLocation)
    case tooManyNodes(limit: Int, at: SourceLocation)
    case tooManyAliases(limit: Int, at: SourceLocation)
    case yamlSyntax(problem: String, at: SourceLocation)
    case keyIsNoText(at: SourceLocation)
    case duplicateKey(key: String, first: SourceLocation, at: SourceLocation)
    case tooManyProblems(limit: Int)
    case tooManyDefinitions(kind: String, limit: Int, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .folderMissing(let path):
            Diagnostic(
                "dictionary-missing", "There is no dictionary folder at \(path).",
                remedy: "Write one with `caliber init`, or name the folder that holds caliber.yaml with --dictionary.")
        case .settingsMissing(let folder):
            Diagnostic(
                "settings-missing", "There is no caliber.yaml in \(folder).",
                remedy: "Write one with the keys name, time_zone and currency.")
        case .unreadable(let path, let reason):
            Diagnostic(
                "file-unreadable", "The file can't be read: \(reason).", at: SourceLocation(file: path),
                remedy: "Check that it is a file and may be read.")
        case .notUTF8(let location):
            Diagnostic("file-not-utf8", "The file is not UTF-8 text.", at: location, remedy: "Save it as UTF-8.")
        case .fileTooLarge(let bytes, let limit, let location):
            Diagnostic(
                "file-too-large", "The file has \(bytes) bytes, the limit is \(limit).", at: location,
                remedy: "Split it; definitions may stand in any number of files.")
        case .tooManyFiles(let limit, let folder):
            Diagnostic(
                "too-many-files", "\(folder) holds more than \(limit) YAML files.",
                remedy: "Is this the dictionary's folder? Otherwise put more definitions into one file.")
        case .tooDeep(let limit, let location):
            Diagnostic(
                "yaml-too-deep", "Mappings and lists stand more than \(limit) levels deep within each other.",
                at: location, remedy: "No definition needs that; check the brackets and the indentation.")
        case .tooManyNodes(let limit, let location):
            Diagnostic(
                "yaml-too-large", "The file holds more than \(limit) values.", at: location,
                remedy: "Split it; definitions may stand in any number of files.")
        case .tooManyAliases(let limit, let location):
            Diagnostic(
                "yaml-too-many-aliases", "The file uses more than \(limit) YAML aliases.", at: location,
                remedy: "Write the values out; aliases of aliases grow without bound.")
        case .yamlSyntax(let problem, let location):
            Diagnostic(
                "yaml-syntax", "This is not YAML: \(problem).", at: location,
                remedy: "Check the indentation, and put texts with \": \", \"#\" or brackets into quotation marks.")
        case .keyIsNoText(let location):
            Diagnostic("yaml-key", "A key must be a text, not a list or a mapping.", at: location)
        case .duplicateKey(let key, let first, let location):
            Diagnostic(
                "duplicate-key",
                "The key \(quoted(key)) stands twice in this mapping, first in line \(first.line ?? 0).",
                at: location, remedy: "Remove or rename one of them.")
        case .tooManyProblems(let limit):
            Diagnostic(
                "too-many-problems", "There are more than \(limit) problems; the first of them are told.",
                remedy: "Correct these first.")
        case .tooManyDefinitions(let kind, let limit, let location):
            Diagnostic(
                "too-many-definitions", "There are more than \(limit) \(kind).", at: location,
                remedy: "Split the dictionary.")
        }
    }
}
