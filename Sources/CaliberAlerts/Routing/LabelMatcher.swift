import CaliberCore
import Foundation

/// A condition on one label of an alert: `channel = douyin`, `watch =~ "stuck.*"`, `severity in (warning, critical)`.
///
/// A label that an alert does not have is an empty text. Expressions match the whole value.
public struct LabelMatcher: Sendable, Equatable, CustomStringConvertible {
    public enum Condition: Sendable, Equatable {
        case equals(String)
        case differs(String)
        case isOneOf([String])
        case isNoneOf([String])
        case fits(pattern: String)
        case fitsNot(pattern: String)
    }

    public let label: String
    public let condition: Condition
    private let expression: NSRegularExpression?

    /// - Throws: `AlertProblem.malformedPattern` when the condition's expression is none.
    public init(_ label: String, _ condition: Condition) throws(AlertProblem) {
        self.label = label
        self.condition = condition
        switch condition {
        case .fits(let pattern), .fitsNot(let pattern):
            guard let expression = try? NSRegularExpression(pattern: "\\A(?:\(pattern))\\z") else {
                throw .malformedPattern(pattern: pattern, matcher: LabelMatcher.text(label, condition))
            }
            self.expression = expression
        default: expression = nil
        }
    }

    public func matches(_ labels: [String: String]) -> Bool {
        let value = labels[label] ?? ""
        switch condition {
        case .equals(let other): return value == other
        case .differs(let other): return value != other
        case .isOneOf(let others): return others.contains(value)
        case .isNoneOf(let others): return !others.contains(value)
        case .fits: return fits(value)
        case .fitsNot: return !fits(value)
        }
    }

    private func fits(_ value: String) -> Bool {
        let whole = NSRange(value.startIndex..., in: value)
        return expression?.firstMatch(in: value, range: whole) != nil
    }

    public static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
        left.label == right.label && left.condition == right.condition
    }

    /// What `LabelMatcher(parsing:)` reads back.
    public var description: String { LabelMatcher.text(label, condition) }

    private static func text(_ label: String, _ condition: Condition) -> String {
        switch condition {
        case .equals(let value): "\(label) = \(quoted(value))"
        case .differs(let value): "\(label) != \(quoted(value))"
        case .fits(let pattern): "\(label) =~ \(quoted(pattern))"
        case .fitsNot(let pattern): "\(label) !~ \(quoted(pattern))"
        case .isOneOf(let values): "\(label) in (\(values.map(quoted).joined(separator: ", ")))"
        case .isNoneOf(let values): "\(label) not in (\(values.map(quoted).joined(separator: ", ")))"
        }
    }

    private static func quoted(_ value: String) -> String {
        let isBare = !value.isEmpty && value.unicodeScalars.allSatisfy(MatcherText.isBare)
        guard !isBare else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

extension LabelMatcher {
    /// Reads `LABEL = VALUE`, `!=`, `=~`, `!~`, `LABEL in (A, B)`, `LABEL not in (A, B)`; values bare or in double quotes.
    ///
    /// - Throws: `AlertProblem.malformedMatcher` or `.malformedPattern`.
    public init(parsing text: String) throws(AlertProblem) {
        var reader = MatcherText(text)
        guard let label = reader.word(), let sign = reader.sign() else { throw .malformedMatcher(text: text) }
        let condition: Condition?
        switch sign {
        case "=": condition = reader.value().map { .equals($0) }
        case "!=": condition = reader.value().map { .differs($0) }
        case "=~": condition = reader.value().map { .fits(pattern: $0) }
        case "!~": condition = reader.value().map { .fitsNot(pattern: $0) }
        case "in": condition = reader.list().map { .isOneOf($0) }
        default: condition = reader.list().map { .isNoneOf($0) }
        }
        guard let condition, reader.isAtEnd else { throw .malformedMatcher(text: text) }
        try self.init(label, condition)
    }
}

/// A cursor over a matcher's text.
private struct MatcherText {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) {
        rest = Substring(text).unicodeScalars
    }

    /// What a value may hold without quotes.
    static func isBare(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "_-.:/+*".unicodeScalars.contains(scalar)
    }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return rest.isEmpty
        }
    }

    mutating func word() -> String? {
        skipSpace()
        let word = rest.prefix { MatcherText.isBare($0) }
        rest = rest.dropFirst(word.count)
        return word.isEmpty ? nil : String(Substring(word))
    }

    mutating func sign() -> String? {
        skipSpace()
        for sign in ["=~", "!~", "!=", "="] where take(sign) { return sign }
        switch word() {
        case "in": return "in"
        case "not": return word() == "in" ? "not in" : nil
        default: return nil
        }
    }

    mutating func value() -> String? {
        skipSpace()
        guard take("\"") else { return word() }
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                // A pattern's own escapes need no second backslash.
                if escaped != "\"" && escaped != "\\" { value.append("\\") }
                value.append(escaped)
            default: value.append(scalar)
            }
        }
        return nil
    }

    mutating func list() -> [String]? {
        skipSpace()
        guard take("(") else { return nil }
        var values: [String] = []
        repeat {
            guard let value = value() else { return nil }
            values.append(value)
            skipSpace()
        } while take(",")
        return take(")") ? values : nil
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest = rest.dropFirst(text.unicodeScalars.count)
        return true
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" }
    }
}
