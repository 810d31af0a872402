import CaliberCore

/// Why one event could not be accepted; `code` and `field` group what quarantine lists.
public enum IntakeProblem: Error, Hashable, Sendable {
    // The line.
    case lineTooLong(byteLimit: Int)
    case invalidUTF8(byteOffset: Int)
    case malformedJSON(reason: String)
    case nestedTooDeeply(levelLimit: Int)
    case notAnObject(kind: String)
    case duplicateKey(name: String)
    // The envelope.
    case missingEnvelopeAttribute(name: String)
    case unknownSpecVersion(text: String)
    case unsupportedContentType(text: String)
    case malformedEnvelopeTime(text: String, reason: TimeFault)
    case timeInFuture(text: String, aheadMicroseconds: Int64, mixedUpZone: String?)
    // The data.
    case missingField(field: String)
    case wrongType(field: String, expected: String, found: String)
    case malformedAmount(field: String, text: String)
    case amountTooPrecise(field: String, text: String, currency: Currency)
    case amountOutOfRange(field: String, text: String)
    case currencyMismatch(field: String, text: String, expected: Currency)
    case malformedTime(field: String, text: String, reason: TimeFault)
    case malformedDuration(field: String, text: String)
    case numberOutOfRange(field: String, text: String)
    case notAllowed(field: String, text: String, nearest: [String], allowedCount: Int)
    case patternMismatch(field: String, text: String, pattern: String)
    case outOfBounds(field: String, text: String, minimum: String?, maximum: String?)
    case wrongLength(field: String, text: String, count: Int, lengths: ClosedRange<Int>)
    case undeclaredField(field: String, nearest: [String])
    case failedCheck(name: String, hint: String?, mixedUpZone: String?)
    // The row of a foreign file.
    case raggedRow(count: Int, expected: Int)
    case textAfterQuote(text: String)
    case unterminatedQuote(byteLimit: Int)

    public enum TimeFault: Hashable, Sendable {
        case layout, noSuchDay, noSuchTime, zoneMissing

        init(_ failure: TimestampText.Failure) {
            self =
                switch failure {
                case .malformed: .layout
                case .noSuchDay: .noSuchDay
                case .noSuchTime: .noSuchTime
                case .zoneMissing: .zoneMissing
                }
        }
    }
}
