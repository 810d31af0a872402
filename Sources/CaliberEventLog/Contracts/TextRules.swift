import CaliberColumns
import CaliberCore
import CaliberDictionary
import Foundation

/// What a contract asks of a field's text.
final class TextRules {
    private let field: FieldDefinition
    private let allowed: StringPool?
    private let pattern: NSRegularExpression?
    /// Answers for the pattern where it can; nil when it never can.
    private let automaton: PatternAutomaton?

    /// - Returns: nil when the field has no such rules.
    /// - Throws: `InputProblem.badPattern`.
    init?(_ field: FieldDefinition, contract: String) throws {
        guard field.type.storage == .code, field.allowed != nil || field.pattern != nil || field.lengths != nil
        else { return nil }
        self.field = field
        if let texts = field.allowed {
            let pool = StringPool()
            for text in texts { _ = pool.intern(text) }
            allowed = pool
        } else {
            allowed = nil
        }
        if let text = field.pattern {
            guard let expression = try? NSRegularExpression(pattern: "\\A(?:\(text))\\z") else {
                throw InputProblem.badPattern(contract: contract, field: field.name, pattern: text)
            }
            pattern = expression
            automaton = PatternAutomaton(text)
        } else {
            pattern = nil
            automaton = nil
        }
    }

    func check(_ text: UnsafeBufferPointer<UInt8>) throws(IntakeProblem) {
        if let allowed, allowed.code(of: UnsafeRawBufferPointer(text)) == nil {
            let shown = TextRules.shown(text)
            let values = field.allowed ?? []
            throw .notAllowed(
                field: field.name, text: shown, nearest: NameSuggestion.nearest(to: shown, among: values, limit: 1),
                allowedCount: values.count)
        }
        if let lengths = field.lengths {
            let count = text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
            guard lengths.contains(count) else {
                throw .wrongLength(field: field.name, text: TextRules.shown(text), count: count, lengths: lengths)
            }
        }
        if let pattern, !(automaton?.matches(text) ?? TextRules.matches(pattern, text)) {
            throw .patternMismatch(
                field: field.name, text: TextRules.shown(text), pattern: field.pattern ?? "")
        }
    }

    private static func matches(_ pattern: NSRegularExpression, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let string = String(decoding: text, as: UTF8.self)
        let whole = NSRange(location: 0, length: string.utf16.count)
        return pattern.firstMatch(in: string, range: whole) != nil
    }

    /// Text for a person, cut to the limit that quarantine keeps.
    static func shown(_ text: UnsafeBufferPointer<UInt8>) -> String {
        let limit = EventLogLimits.offendingTextScalarCount
        let bytes = UnsafeBufferPointer(rebasing: text.prefix(limit * 4 + 4))
        return String(decoding: bytes, as: UTF8.self).prefixScalars(limit)
    }
}
