import CaliberCore
import Foundation

/// Reads members of JSON objects, and gathers what is wrong with them.
struct JSONReading {
    private(set) var problems: [Diagnostic] = []

    mutating func refuse(keysOf object: [String: Any], except known: Set<String>, of what: String) {
        for key in object.keys.sorted() where !known.contains(key) {
            problems.append(
                Diagnostic(
                    "unknown-member", "There is no \"\(key)\" in \(what).",
                    suggestions: NameSuggestion.nearest(to: key, among: known.sorted())))
        }
    }

    mutating func missing(_ key: String, _ expected: String) {
        problems.append(Diagnostic("missing-member", "The request lacks \"\(key)\": \(expected)."))
    }

    mutating func value<Value>(_ key: String, in object: [String: Any], _ expected: String) -> Value? {
        guard let any = object[key], !(any is NSNull) else { return nil }
        // What is no true or false is no number either, whatever Foundation makes of it.
        let isBoolean = (any as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
        if let value = any as? Value, (Value.self == Bool.self) == isBoolean { return value }
        problems.append(Diagnostic("wrong-member", "\"\(key)\" takes \(expected)."))
        return nil
    }

    mutating func text(_ key: String, in object: [String: Any]) -> String? { value(key, in: object, "a text") }

    /// - Parameter length: in characters.
    mutating func text(_ key: String, in object: [String: Any], length: ClosedRange<Int>) -> String? {
        guard let text = text(key, in: object) else { return nil }
        guard !length.contains(text.count) else { return text }
        problems.append(
            Diagnostic(
                "wrong-member",
                "\"\(key)\" takes a text of \(length.lowerBound) to \(length.upperBound) characters."))
        return nil
    }

    mutating func number(_ key: String, in object: [String: Any]) -> Int? { value(key, in: object, "a whole number") }

    mutating func boolean(_ key: String, in object: [String: Any]) -> Bool? {
        value(key, in: object, "true or false")
    }

    /// A list of texts, or one text.
    mutating func texts(_ key: String, in object: [String: Any]) -> [String]? {
        if let one = object[key] as? String { return [one] }
        return value(key, in: object, "a list of texts")
    }
}
