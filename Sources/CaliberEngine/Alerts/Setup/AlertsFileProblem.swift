import CaliberCore
import CaliberDictionary

/// What is wrong with an alerts file, beyond the shape of its values.
enum AlertsFileProblem {
    case unreadable(path: String, reason: String)
    case kind(endpoint: String, found: [String], at: SourceLocation)
    case secretSource(at: SourceLocation)
    case secretFile(path: String, reason: String, at: SourceLocation)
    case secretVariable(name: String, at: SourceLocation)
    case zone(name: String, at: SourceLocation)
    case passwordWithoutUser(missing: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .unreadable(let path, let reason):
            Diagnostic(
                "alerts-unreadable", "\(path) can't be read: \(reason).", remedy: "Name the alerts file with --alerts.")
        case .kind(let endpoint, let found, let location):
            Diagnostic(
                "alerts-endpoint-kind",
                found.isEmpty
                    ? "Endpoint \(QuotedText.json(endpoint)) does not say what it is."
                    : "Endpoint \(QuotedText.json(endpoint)) is \(found.joined(separator: " and ")) at once.",
                at: location,
                remedy: "Give it one of " + AlertKeys.kinds.joined(separator: ", ") + ".")
        case .secretSource(let location):
            Diagnostic(
                "alerts-secret-source", "A secret is kept in a file or in a variable, one of the two.", at: location,
                remedy: "Write {file: PATH} or {env: NAME}.")
        case .secretFile(let path, let reason, let location):
            Diagnostic(
                "alerts-secret-file", "The secret can't be read from \(path): \(reason).", at: location,
                remedy: "Paths are taken from the alerts file's folder.")
        case .secretVariable(let name, let location):
            Diagnostic(
                "alerts-secret-variable", "The environment has no \(name), which should hold a secret.", at: location,
                remedy: "Set it where Caliber is started.")
        case .zone(let name, let location):
            Diagnostic(
                "alerts-zone", "There is no time zone \(QuotedText.json(name)).", at: location,
                remedy: "Write it as in Asia/Shanghai.")
        case .passwordWithoutUser(let missing, let location):
            Diagnostic(
                "alerts-login", "A login needs a user and a password; the \(missing) is missing.", at: location)
        }
    }
}
