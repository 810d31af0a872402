import CSimdJSON
import CaliberCore
import Foundation

/// What CloudEvents 1.0 asks of an envelope, as far as intake relies on it.
enum EnvelopeRules {
    static func check(_ envelope: UnsafeMutablePointer<caliber_json_value>) throws(IntakeProblem) {
        try requireText(.specversion, envelope)
        try requireText(.id, envelope)
        try requireText(.source, envelope)
        try requireText(.type, envelope)
        let version = JSONValue.bytes(envelope[EnvelopeSlot.specversion.rawValue])
        guard version.count == 3, version[0] == UInt8(ascii: "1"), version[1] == UInt8(ascii: "."),
            version[2] == UInt8(ascii: "0")
        else { throw .unknownSpecVersion(text: TextRules.shown(version)) }
        let source = JSONValue.bytes(envelope[EnvelopeSlot.source.rawValue])
        // The zero byte divides source from id in the event's key.
        guard memchr(source.baseAddress!, 0, source.count) == nil else {
            throw .wrongType(field: "source", expected: "a text without U+0000", found: "a text with it")
        }
        try checkContentType(envelope[EnvelopeSlot.datacontenttype.rawValue])
    }

    @inline(__always)
    private static func requireText(
        _ slot: EnvelopeSlot, _ envelope: UnsafeMutablePointer<caliber_json_value>
    ) throws(IntakeProblem) {
        let value = envelope[slot.rawValue]
        if value.kind == CALIBER_JSON_STRING.rawValue, value.length > 0 { return }
        guard value.kind > CALIBER_JSON_NULL.rawValue, value.kind != CALIBER_JSON_STRING.rawValue else {
            throw .missingEnvelopeAttribute(name: slot.name)
        }
        throw .wrongType(field: slot.name, expected: "a text", found: JSONValue.kindName(value))
    }

    private static func checkContentType(_ value: caliber_json_value) throws(IntakeProblem) {
        guard value.kind > CALIBER_JSON_NULL.rawValue else { return }
        guard value.kind == CALIBER_JSON_STRING.rawValue else {
            throw .wrongType(field: "datacontenttype", expected: "a text", found: JSONValue.kindName(value))
        }
        let bytes = JSONValue.bytes(value)
        if bytes.elementsEqual("application/json".utf8) { return }
        let essence = JSONValue.string(value).prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        guard essence == "application/json" || essence == "text/json" || essence.hasSuffix("+json") else {
            throw .unsupportedContentType(text: TextRules.shown(bytes))
        }
    }

    /// The event's time, which names its offset and is not past the receipt by more than clocks differ.
    static func time(
        _ value: caliber_json_value, receivedAt: Timestamp, zone: BusinessZone
    ) throws(IntakeProblem) -> Timestamp {
        guard value.kind == CALIBER_JSON_STRING.rawValue else {
            throw .wrongType(field: "time", expected: "a time in a text", found: JSONValue.kindName(value))
        }
        let text = JSONValue.bytes(value)
        let time: Timestamp
        do throws(TimestampText.Failure) {
            time = try TimestampText.parse(text, zone: nil)
        } catch {
            throw .malformedEnvelopeTime(text: TextRules.shown(text), reason: .init(error))
        }
        let (ahead, overflow) = time.microseconds.subtractingReportingOverflow(receivedAt.microseconds)
        guard !overflow, ahead > EventLogLimits.futureMicroseconds else { return time }
        throw .timeInFuture(
            text: TextRules.shown(text), aheadMicroseconds: ahead,
            mixedUpZone: mixedUpZone(time, receivedAt: receivedAt, zone: zone))
    }

    /// The business zone's name when a time is ahead of its receipt by about that zone's offset: then a local time may
    /// have been sent as UTC.
    static func mixedUpZone(_ time: Timestamp, receivedAt: Timestamp, zone: BusinessZone) -> String? {
        let offset = Int64(zone.offsetSeconds(at: receivedAt)) * Timestamp.microsecondsPerSecond
        let (ahead, overflow) = time.microseconds.subtractingReportingOverflow(receivedAt.microseconds)
        guard !overflow, offset > 0,
            abs(ahead - offset) <= EventLogLimits.zoneMixUpToleranceMicroseconds
        else { return nil }
        return zone.identifier
    }
}
