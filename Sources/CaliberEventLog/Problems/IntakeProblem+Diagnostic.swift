import CaliberCore

extension IntakeProblem {
    /// What is wrong with the event and what its sender should write, for a person.
    ///
    /// The text quotes the event. It belongs beside the event, in quarantine, and not in a log.
    public var diagnostic: Diagnostic { diagnostic(at: nil) }

    public func diagnostic(at location: SourceLocation?) -> Diagnostic {
        let (message, remedy) = words
        let oddities = OddCharacter.sentence(in: offendingText)
        let advice = [remedy, oddities].compactMap { $0 }.joined(separator: " ")
        return Diagnostic(
            code, message, at: location, remedy: advice.isEmpty ? nil : advice, suggestions: suggestions)
    }

    /// Stable, lower case with hyphens.
    public var code: String {
        switch self {
        case .lineTooLong: "line-too-long"
        case .invalidUTF8: "invalid-utf8"
        case .malformedJSON: "malformed-json"
        case .nestedTooDeeply: "nested-too-deeply"
        case .notAnObject: "not-an-object"
        case .duplicateKey: "duplicate-key"
        case .missingEnvelopeAttribute: "missing-envelope-attribute"
        case .unknownSpecVersion: "unknown-spec-version"
        case .unsupportedContentType: "unsupported-content-type"
        case .malformedEnvelopeTime(_, let reason), .malformedTime(_, _, let reason):
            reason == .zoneMissing ? "time-without-zone" : "malformed-time"
        case .timeInFuture: "time-in-future"
        case .missingField: "missing-field"
        case .wrongType: "wrong-type"
        case .malformedAmount: "malformed-amount"
        case .amountTooPrecise: "amount-too-precise"
        case .amountOutOfRange, .numberOutOfRange: "number-out-of-range"
        case .currencyMismatch: "currency-mismatch"
        case .malformedDuration: "malformed-duration"
        case .notAllowed: "not-allowed"
        case .patternMismatch: "pattern-mismatch"
        case .outOfBounds: "out-of-bounds"
        case .wrongLength: "wrong-length"
        case .undeclaredField: "undeclared-field"
        case .failedCheck: "failed-check"
        case .raggedRow: "ragged-row"
        case .textAfterQuote: "text-after-quote"
        case .unterminatedQuote: "unterminated-quote"
        }
    }

    /// The field, the envelope attribute or the check that the problem is about.
    public var field: String? {
        switch self {
        case .missingEnvelopeAttribute(let name), .duplicateKey(let name), .failedCheck(let name, _, _): name
        case .unknownSpecVersion: "specversion"
        case .unsupportedContentType: "datacontenttype"
        case .malformedEnvelopeTime, .timeInFuture: "time"
        case .missingField(let field), .wrongType(let field, _, _), .malformedAmount(let field, _),
            .amountTooPrecise(let field, _, _), .amountOutOfRange(let field, _), .currencyMismatch(let field, _, _),
            .malformedTime(let field, _, _), .malformedDuration(let field, _), .numberOutOfRange(let field, _),
            .notAllowed(let field, _, _, _), .patternMismatch(let field, _, _), .outOfBounds(let field, _, _, _),
            .wrongLength(let field, _, _, _), .undeclaredField(let field, _):
            field
        default: nil
        }
    }

    /// The event's own text that broke the rule.
    public var offendingText: String? {
        switch self {
        case .unknownSpecVersion(let text), .unsupportedContentType(let text), .malformedEnvelopeTime(let text, _),
            .timeInFuture(let text, _, _), .malformedAmount(_, let text), .amountTooPrecise(_, let text, _),
            .amountOutOfRange(_, let text), .currencyMismatch(_, let text, _), .malformedTime(_, let text, _),
            .malformedDuration(_, let text), .numberOutOfRange(_, let text), .notAllowed(_, let text, _, _),
            .patternMismatch(_, let text, _), .outOfBounds(_, let text, _, _), .wrongLength(_, let text, _, _),
            .textAfterQuote(let text):
            text
        default: nil
        }
    }

    private var suggestions: [String] {
        switch self {
        case .notAllowed(_, _, let nearest, _), .undeclaredField(_, let nearest): nearest
        default: []
        }
    }

    private var words: (message: String, remedy: String?) {
        switch self {
        case .lineTooLong, .invalidUTF8, .malformedJSON, .nestedTooDeeply, .notAnObject, .duplicateKey: lineWords
        case .missingEnvelopeAttribute, .unknownSpecVersion, .unsupportedContentType, .malformedEnvelopeTime,
            .timeInFuture:
            envelopeWords
        case .raggedRow, .textAfterQuote, .unterminatedQuote: rowWords
        case .malformedAmount, .amountTooPrecise, .amountOutOfRange, .currencyMismatch, .malformedTime,
            .malformedDuration, .numberOutOfRange:
            valueWords
        default: ruleWords
        }
    }

    private var lineWords: (String, String?) {
        switch self {
        case .lineTooLong(let limit):
            ("The line is longer than \(limit) bytes.", "Split the event, or check that lines end where they should.")
        case .invalidUTF8(let offset):
            ("The line is not UTF-8 at byte \(offset + 1).", "Send JSON in UTF-8.")
        case .malformedJSON(let reason): ("The line is not JSON: \(reason)", nil)
        case .nestedTooDeeply(let limit):
            ("The line nests more than \(limit) levels.", "Send a flatter event.")
        case .notAnObject(let kind): ("The line is \(kind), not an object.", "Send one CloudEvents object a line.")
        case .duplicateKey(let name):
            ("An object has \"\(name)\" twice, so that it is unclear which one counts.", "Send each name once.")
        default: ("", nil)
        }
    }

    private var envelopeWords: (String, String?) {
        switch self {
        case .missingEnvelopeAttribute(let name):
            ("The event has no \"\(name)\".", "Add it: CloudEvents 1.0 requires a text that is not empty.")
        case .unknownSpecVersion(let text):
            ("The event's specversion is \"\(text)\".", "Send CloudEvents \"1.0\".")
        case .unsupportedContentType(let text):
            ("The event's data is \"\(text)\".", "Send JSON, with datacontenttype \"application/json\".")
        case .malformedEnvelopeTime(let text, let reason): IntakeProblem.timeWords("time", text, reason)
        case .timeInFuture(let text, let ahead, let zone):
            (
                "The event's time \"\(text)\" is \(DurationText.format(microseconds: ahead)) after its receipt.",
                "Check the sender's clock." + IntakeProblem.mixUpSentence(zone)
            )
        default: ("", nil)
        }
    }

    private static func mixUpSentence(_ zone: String?) -> String {
        zone.map { " It is ahead by the offset of \($0): a local time may have been sent as UTC." } ?? ""
    }

    private static func timeWords(_ field: String, _ text: String, _ reason: TimeFault) -> (String, String?) {
        switch reason {
        case .layout: ("\(field): \"\(text)\" is not a time.", "Write 2026-03-01T16:00:00+08:00.")
        case .noSuchDay: ("\(field): \"\(text)\" names a day that does not exist.", nil)
        case .noSuchTime: ("\(field): \"\(text)\" names a time of day that does not exist.", nil)
        case .zoneMissing:
            (
                "\(field): \"\(text)\" does not say which time zone it is in.",
                "Write the offset, as in 2026-03-01T16:00:00+08:00."
            )
        }
    }

    private var valueWords: (String, String?) {
        switch self {
        case .malformedAmount(let field, let text):
            ("\(field): \"\(text)\" is not an amount.", "Write digits and a point, as in 1234.50.")
        case .amountTooPrecise(let field, let text, let currency):
            (
                "\(field): \"\(text)\" has more decimals than \(currency.code) has.",
                "Round it to \(currency.minorDigits) where it is made; rounding here would make money appear or vanish."
            )
        case .amountOutOfRange(let field, let text), .numberOutOfRange(let field, let text):
            ("\(field): \"\(text)\" is too large.", nil)
        case .currencyMismatch(let field, let text, let expected):
            (
                "\(field): the amount is in \"\(text)\", and the contract's is \(expected.code).",
                "Convert it where it is made, or declare a field for that currency."
            )
        case .malformedTime(let field, let text, let reason): IntakeProblem.timeWords(field, text, reason)
        case .malformedDuration(let field, let text):
            ("\(field): \"\(text)\" is not a length of time.", "Write seconds, or a text such as \"4 hours\".")
        default: ("", nil)
        }
    }

    private var ruleWords: (String, String?) {
        switch self {
        case .missingField(let field): ("\(field): the contract requires it, and the event has none.", nil)
        case .wrongType(let field, let expected, let found):
            ("\(field): the contract has \(expected), and the event has \(found).", nil)
        case .notAllowed(let field, let text, let nearest, let count):
            (
                "\(field): \"\(text)\" is not among the \(count) allowed values.",
                nearest.isEmpty ? "Add it to the contract if it is meant." : nil
            )
        case .patternMismatch(let field, let text, let pattern):
            ("\(field): \"\(text)\" does not match \(pattern).", nil)
        case .outOfBounds(let field, let text, let minimum, let maximum):
            (
                "\(field): \"\(text)\" is not "
                    + [minimum.map { "at least \($0)" }, maximum.map { "at most \($0)" }].compactMap { $0 }
                    .joined(separator: " and ") + ".", nil
            )
        case .wrongLength(let field, let text, let count, let lengths):
            (
                "\(field): \"\(text)\" has \(count) characters, and the contract wants "
                    + (lengths.lowerBound == lengths.upperBound
                        ? "\(lengths.lowerBound)." : "\(lengths.lowerBound) to \(lengths.upperBound)."),
                nil
            )
        case .undeclaredField(let field, let nearest):
            (
                "\(field): the contract declares no such field.",
                nearest.isEmpty ? "Declare it, or let the contract keep or drop undeclared fields." : nil
            )
        case .failedCheck(let name, let hint, let zone):
            ("The event breaks the contract's check \"\(name)\".", hint.map { $0 + IntakeProblem.mixUpSentence(zone) })
        default: ("", nil)
        }
    }

    private var rowWords: (String, String?) {
        switch self {
        case .raggedRow(let count, let expected):
            (
                "The row has \(count) fields, and the header has \(expected).",
                count > expected ? "Put quotes around a text that holds the delimiter." : nil
            )
        case .textAfterQuote(let text):
            ("A quoted field is followed by \"\(text)\".", "Double the quotes that belong to the text.")
        case .unterminatedQuote(let limit):
            (
                "A quote that the row opens is not closed within \(limit) bytes or the file.",
                "Close it; the lines after this one were read as rows of their own."
            )
        default: ("", nil)
        }
    }
}
