extension ScoreExplanation {
    /// As JSON on one line, keys in order: what a coder would write, at a fraction of its cost. An order in review has one
    /// at each moment of scoring.
    public var json: String {
        var bytes: [UInt8] = []
        appendJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same as bytes, for a buffer that is used again and again.
    package func appendJSON(to bytes: inout [UInt8]) {
        var writer = ExplanationWriter(&bytes)
        writer.write(self)
        writer.takeBytes(into: &bytes)
    }
}

/// Writes explanations as JSON: members in the order of their names, those without a value left out.
private struct ExplanationWriter {
    private var bytes: [UInt8] = []
    private var isFirst = true

    /// Goes on in a buffer, which is left empty until the writer gives it back: neither copies the other's bytes.
    init(_ buffer: inout [UInt8]) {
        swap(&bytes, &buffer)
        bytes.reserveCapacity(4096)
    }

    mutating func takeBytes(into buffer: inout [UInt8]) { swap(&bytes, &buffer) }

    mutating func write(_ explanation: ScoreExplanation) {
        object { writer in
            writer.member("basePoints", explanation.basePoints)
            writer.member("health", explanation.health.hundredths)
            writer.member("limitPoints", explanation.limitPoints)
            writer.member("needsReview", explanation.needsReview)
            writer.member("otherPoints", explanation.otherPoints)
            writer.member("probability", explanation.probability)
            writer.member("rawLogOdds", explanation.rawLogOdds)
            writer.member("reasons", explanation.reasons) { $0.write($1) }
            writer.member("supports", explanation.supports) { $0.write($1) }
            if let wayBack = explanation.wayBack {
                writer.key("wayBack")
                writer.write(wayBack)
            }
        }
    }

    private mutating func write(_ reason: ScoreExplanation.Reason) {
        object { writer in
            if let advice = reason.advice {
                writer.key("advice")
                writer.object {
                    $0.member("chinese", advice.chinese)
                    $0.member("english", advice.english)
                }
            }
            writer.member("columns", reason.columns) { $0.write($1) }
            writer.member("description", reason.description)
            writer.member("id", reason.id)
            writer.member("points", reason.points)
        }
    }

    private mutating func write(_ column: ScoreExplanation.Column) {
        object { writer in
            writer.member("baseline", column.baseline)
            writer.member("id", column.id)
            writer.member("level", column.level)
            writer.member("logOdds", column.logOdds)
            writer.member("unit", column.unit)
            writer.member("value", column.value)
        }
    }

    private mutating func write(_ wayBack: WayBack) {
        object { writer in
            writer.member("alternatives", wayBack.alternatives) { $0.write($1) }
            writer.member("changes", wayBack.changes) { $0.write($1) }
            writer.member("healthAfter", wayBack.healthAfter.hundredths)
            writer.member("kind", wayBack.kind.rawValue)
        }
    }

    private mutating func write(_ change: WayBack.Change) {
        object { writer in
            writer.member("deviations", change.deviations)
            writer.member("from", change.from)
            writer.member("fromLevel", change.fromLevel)
            writer.member("healthAfter", change.healthAfter.hundredths)
            writer.member("id", change.id)
            writer.member("isBeyondTraining", change.isBeyondTraining)
            writer.member("to", change.to)
            writer.member("toLevel", change.toLevel)
            writer.member("unit", change.unit)
        }
    }

    // MARK: - JSON

    private mutating func object(_ body: (inout ExplanationWriter) -> Void) {
        append("{")
        isFirst = true
        body(&self)
        append("}")
        isFirst = false
    }

    private mutating func key(_ name: StaticString) {
        if !isFirst { append(",") }
        isFirst = false
        append("\"")
        append(name)
        append("\":")
    }

    private mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        append(digits: String(value))
    }

    private mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        if value { append("true") } else { append("false") }
    }

    private mutating func member(_ name: StaticString, _ value: Double?) {
        guard let value, value.isFinite else { return }
        key(name)
        append(digits: value.description)
        if bytes.suffix(2).elementsEqual(".0".utf8) { bytes.removeLast(2) }
    }

    private mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        append("\"")
        var text = value
        text.withUTF8 { utf8 in
            if utf8.contains(where: ExplanationWriter.needsEscape) {
                for byte in utf8 { append(escaping: byte) }
            } else {
                bytes.append(contentsOf: utf8)
            }
        }
        append("\"")
    }

    private mutating func member<Element>(
        _ name: StaticString, _ values: [Element], _ write: (inout ExplanationWriter, Element) -> Void
    ) {
        key(name)
        append("[")
        for (index, value) in values.enumerated() {
            if index > 0 { append(",") }
            write(&self, value)
        }
        append("]")
        isFirst = false
    }

    @inline(__always)
    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(digits: String) { bytes.append(contentsOf: digits.utf8) }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case 0..<0x20:
            if byte < 0x10 { append("\\u000") } else { append("\\u00") }
            append(digits: String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }
}
