import CaliberCore
import CaliberDictionary
import Foundation

/// Gathers settings from the file and the environment, and everything that is wrong with them.
struct ConfigurationReading {
    /// A setting as somebody wrote it.
    struct Value {
        let text: String
        /// nil when the environment says it.
        let location: SourceLocation?
    }

    private(set) var values: [String: Value] = [:]
    private(set) var problems: [Diagnostic] = []
    private let folder: URL?

    /// - Parameters:
    ///   - path: the file; nil for none.
    ///   - environment: variables by name.
    init(path: String?, environment: [String: String]) {
        folder = path.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        if let path { readFile(path) }
        for setting in ServiceSetting.all {
            if let text = environment[setting.variable], !text.isEmpty {
                values[setting.key] = Value(text: text, location: nil)
            }
        }
    }

    private mutating func readFile(_ path: String) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            return report(.unreadable(path: path, reason: error.localizedDescription))
        }
        do throws(DiagnosticList) {
            guard let root = try YAMLValue.read(text, file: path), !root.isNull else { return }
            guard root.entries != nil else {
                return report(.noMapping(found: root.list == nil ? "a single value" : "a list", at: root.location))
            }
            read(root, prefix: "")
        } catch {
            problems += error.diagnostics
        }
    }

    private mutating func read(_ mapping: YAMLValue, prefix: String) {
        for entry in mapping.entries ?? [] {
            let key = prefix + entry.key
            if ServiceSetting.all.contains(where: { $0.key == key }) {
                if let text = entry.value.text {
                    values[key] = Value(text: text, location: entry.value.location)
                } else if !entry.value.isNull {
                    report(
                        .wrongValue(key: key, expected: "one value", found: "several", at: entry.value.location))
                }
            } else if ServiceSetting.all.contains(where: { $0.key.hasPrefix(key + ".") }), entry.value.entries != nil {
                read(entry.value, prefix: key + ".")
            } else {
                let names = ServiceSetting.all.map(\.key)
                report(
                    .unknownKey(
                        key: key, nearest: NameSuggestion.nearest(to: key, among: names), at: entry.keyLocation))
            }
        }
    }

    mutating func report(_ problem: ConfigurationProblem) { problems.append(problem.diagnostic) }

    func location(_ key: String) -> SourceLocation? { values[key]?.location }

    // MARK: - Values

    private func setting(_ key: String) -> ServiceSetting {
        guard let setting = ServiceSetting.all.first(where: { $0.key == key }) else {
            preconditionFailure("no setting is declared as \(key)")
        }
        return setting
    }

    func text(_ key: String) -> String? { values[key]?.text ?? setting(key).usual }

    /// A path, taken from the folder of the file that names it.
    func path(_ key: String) -> String? {
        guard let text = text(key) else { return nil }
        guard let folder, !text.hasPrefix("/"), values[key] == nil || values[key]?.location != nil else { return text }
        return folder.appending(path: text).path
    }

    mutating func number(_ key: String) -> Int {
        guard case .number(let range) = setting(key).kind, let usual = setting(key).usual.flatMap({ Int($0) }) else {
            preconditionFailure("\(key) is no number")
        }
        guard let text = text(key) else { return usual }
        if let number = Int(text), range.contains(number) { return number }
        report(
            .wrongValue(
                key: key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
                found: "\"\(text)\"", at: location(key)))
        return usual
    }

    mutating func boolean(_ key: String) -> Bool {
        switch text(key) {
        case "true": return true
        case "false", nil: return false
        case .some(let text):
            report(.wrongValue(key: key, expected: "true or false", found: "\"\(text)\"", at: location(key)))
            return false
        }
    }

    mutating func choice(_ key: String) -> String {
        guard case .choice(let choices) = setting(key).kind, let usual = setting(key).usual else {
            preconditionFailure("\(key) is no choice")
        }
        guard let text = text(key), !choices.contains(text) else { return self.text(key) ?? usual }
        report(
            .wrongValue(
                key: key, expected: "one of " + choices.joined(separator: ", "), found: "\"\(text)\"",
                at: location(key)))
        return usual
    }
}
