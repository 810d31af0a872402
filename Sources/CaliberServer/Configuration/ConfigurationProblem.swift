import CaliberCore

/// What is wrong with the service's configuration.
enum ConfigurationProblem {
    case unreadable(path: String, reason: String)
    case noMapping(found: String, at: SourceLocation)
    case unknownKey(key: String, nearest: [String], at: SourceLocation)
    case wrongValue(key: String, expected: String, found: String, at: SourceLocation?)
    case badAddress(text: String, at: SourceLocation?)
    case noKeys
    case bothKeysAndNone(at: SourceLocation?)
    case openToAll(listen: String, at: SourceLocation?)
    case missingPath(key: String, path: String, at: SourceLocation?)

    var diagnostic: Diagnostic {
        switch self {
        case .unreadable(let path, let reason):
            Diagnostic(
                "config-unreadable", "\(path) can't be read: \(reason).", remedy: "Name the file with --config FILE.")
        case .noMapping(let found, let location):
            Diagnostic(
                "config-shape", "A configuration is a mapping of keys to values; this is \(found).", at: location)
        case .unknownKey(let key, let nearest, let location):
            Diagnostic(
                "config-unknown-key", "No setting is called \"\(key)\".", at: location,
                remedy: nearest.isEmpty ? "docs/operations.md lists them." : nil, suggestions: nearest)
        case .wrongValue(let key, let expected, let found, let location):
            Diagnostic("config-value", "\(key) is \(found); it takes \(expected).", at: location)
        case .badAddress(let text, let location):
            Diagnostic(
                "config-address", "\"\(text)\" is no address to listen on.", at: location,
                remedy: "Write host:port, such as 127.0.0.1:8080 or [::1]:8080.")
        case .noKeys:
            Diagnostic(
                "config-no-keys", "The configuration names no file of API keys, so nobody could be let in.",
                remedy: "Set keys: FILE and make one with `caliber keys create`, or without_keys: true on loopback.")
        case .bothKeysAndNone(let location):
            Diagnostic(
                "config-keys-conflict", "keys and without_keys: true exclude each other.", at: location,
                remedy: "Remove one of them.")
        case .openToAll(let listen, let location):
            Diagnostic(
                "config-open-to-all", "without_keys would serve everyone who reaches \(listen).", at: location,
                remedy: "Listen on 127.0.0.1 or ::1, or use keys.")
        case .missingPath(let key, let path, let location):
            Diagnostic("config-missing-path", "\(key): there is no \(path).", at: location)
        }
    }
}
