import CSimdJSON
import CaliberCore

/// Parses one line after the other and hands out what was asked for, without copying.
///
/// Serves one thread at a time.
final class EventParser {
    let handle: OpaquePointer
    private let envelopeShape: JSONShape
    /// The envelope's values of the current line.
    let envelope = UnsafeMutablePointer<caliber_json_value>.allocate(capacity: EnvelopeSlot.count)

    init() {
        guard
            let handle = caliber_json_parser_create(EventLogLimits.lineByteCount + 1, EventLogLimits.nestingDepth)
        else { fatalError("no memory for a JSON parser of \(EventLogLimits.lineByteCount) bytes") }
        self.handle = handle
        envelopeShape = JSONShape()
        for slot in EnvelopeSlot.allCases {
            envelopeShape.add(slot.name, slot: slot.rawValue, splits: false, defers: slot == .data)
        }
        envelope.initialize(repeating: caliber_json_value(), count: EnvelopeSlot.count)
    }

    deinit {
        caliber_json_parser_destroy(handle)
        envelope.deallocate()
    }

    /// Parses a line that has `CALIBER_JSON_PADDING` readable bytes after it, and reads its envelope.
    func parse(_ line: UnsafeBufferPointer<UInt8>) throws(IntakeProblem) {
        let code = caliber_json_parse(handle, line.baseAddress, line.count)
        guard code == CALIBER_JSON_OK else { throw EventParser.problem(code, line) }
        var root = caliber_json_value()
        caliber_json_root(handle, &root)
        guard root.kind == CALIBER_JSON_OBJECT.rawValue else { throw .notAnObject(kind: JSONValue.kindName(root)) }
        try read(envelopeShape, at: root.place, into: envelope, count: EnvelopeSlot.count)
    }

    func read(
        _ shape: JSONShape, at place: UInt32, into values: UnsafeMutablePointer<caliber_json_value>, count: Int
    ) throws(IntakeProblem) {
        let code = caliber_json_read(handle, shape.handle, place, values, UInt32(count))
        guard code == CALIBER_JSON_OK else {
            var length = 0
            let name = caliber_json_duplicate_name(handle, &length)
            throw .duplicateKey(name: JSONValue.string(name, length))
        }
    }

    /// The text of an attribute that is one.
    @inline(__always)
    func text(_ slot: EnvelopeSlot) -> UnsafeBufferPointer<UInt8> { JSONValue.bytes(envelope[slot.rawValue]) }

    /// The same for a person; nil when the attribute is no text.
    func shown(_ slot: EnvelopeSlot) -> String? {
        guard envelope[slot.rawValue].kind == CALIBER_JSON_STRING.rawValue else { return nil }
        return TextRules.shown(text(slot))
    }

    /// The exact text of a number.
    func numberText(_ value: caliber_json_value) -> UnsafeBufferPointer<UInt8> {
        // A value of a line that was not parsed has its text with it.
        if value.text != nil { return JSONValue.bytes(value) }
        var length = 0
        guard let text = caliber_json_number_text(handle, value.place, &length) else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        return UnsafeBufferPointer(start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count: length)
    }

    /// The members that the last shape read does not name.
    var undeclared: UnsafeBufferPointer<caliber_json_member> {
        var count = 0
        let first = caliber_json_undeclared(handle, &count)
        return UnsafeBufferPointer(start: first, count: count)
    }

    private static func problem(_ code: Int32, _ line: UnsafeBufferPointer<UInt8>) -> IntakeProblem {
        if caliber_json_error_is_utf8(code) != 0 {
            return .invalidUTF8(byteOffset: UTF8Validity.firstInvalidOffset(line) ?? 0)
        }
        if caliber_json_error_is_depth(code) != 0 { return .nestedTooDeeply(levelLimit: EventLogLimits.nestingDepth) }
        return .malformedJSON(reason: String(cString: caliber_json_error_message(code)))
    }
}

/// The CloudEvents attributes that intake reads; others are left in the line.
enum EnvelopeSlot: Int, CaseIterable {
    case specversion, id, source, type, time, recordedtime, datacontenttype, data

    static let count = 8

    var name: String { "\(self)" }
}

/// The names wanted of an object; remembers the order in which the last event had them.
final class JSONShape {
    let handle: OpaquePointer

    init() {
        guard let handle = caliber_json_shape_create() else { fatalError("no memory for a shape") }
        self.handle = handle
    }

    deinit { caliber_json_shape_destroy(handle) }

    func add(_ path: String, slot: Int, splits: Bool = true, defers: Bool = false) {
        var path = path
        let isAdded = path.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { name in
                caliber_json_shape_add(
                    handle, name.baseAddress, name.count, UInt32(slot), splits ? 1 : 0, defers ? 1 : 0)
            }
        }
        guard isAdded != 0 else { fatalError("no memory for a shape") }
    }
}

/// Reading the C door's values.
enum JSONValue {
    @inline(__always)
    static func bytes(_ value: caliber_json_value) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
            start: UnsafeRawPointer(value.text)?.assumingMemoryBound(to: UInt8.self), count: Int(value.length))
    }

    static func string(_ value: caliber_json_value) -> String { String(decoding: bytes(value), as: UTF8.self) }

    static func string(_ text: UnsafePointer<CChar>?, _ length: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    }

    /// As a sentence names it: "a text".
    static func kindName(_ value: caliber_json_value) -> String {
        switch caliber_json_kind(value.kind) {
        case CALIBER_JSON_NULL: "null"
        case CALIBER_JSON_BOOLEAN: value.bits == 0 ? "false" : "true"
        case CALIBER_JSON_INT64, CALIBER_JSON_UINT64, CALIBER_JSON_DOUBLE: "a number"
        case CALIBER_JSON_STRING: "a text"
        case CALIBER_JSON_OBJECT: "an object"
        case CALIBER_JSON_ARRAY: "an array"
        default: "something else than an object around it"
        }
    }
}

enum UTF8Validity {
    /// Where a text stops being UTF-8; nil when it is throughout.
    static func firstInvalidOffset(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .error: return offset
            case .emptyInput: return nil
            }
        }
    }
}
