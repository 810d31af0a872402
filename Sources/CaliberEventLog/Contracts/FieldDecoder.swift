import CSimdJSON
import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Reads one field's value into its column.
final class FieldDecoder {
    let field: FieldDefinition
    private let slot: Int
    private let currencySlot: Int?
    private let kind: Kind
    private let rules: TextRules?
    private let minimum: Int64
    private let maximum: Int64
    private let hasBounds: Bool
    /// Where values go. Set before the first event of a batch.
    var column = LaneColumn(capacity: 1)
    private var members: [UnsafeBufferPointer<UInt8>] = []
    private var joined: [UInt8] = []

    private enum Kind {
        case boolean, integer, number, timestamp, date, duration
        case money(Currency)
        /// Equal texts share a code.
        case interned
        /// Each text has its own.
        case appended
        case set
    }

    init(_ field: FieldDefinition, slot: Int, currencySlot: Int?, contract: String) throws {
        self.field = field
        self.slot = slot
        self.currencySlot = currencySlot
        kind =
            switch field.type {
            case .boolean: .boolean
            case .integer: .integer
            case .number, .moneyRate: .number
            case .money(let currency): .money(currency)
            case .timestamp: .timestamp
            case .date: .date
            case .duration: .duration
            case .category, .identifier: .interned
            case .text: .appended
            case .set: .set
            }
        rules = try TextRules(field, contract: contract)
        minimum = field.minimum ?? .min
        maximum = field.maximum ?? .max
        hasBounds = field.minimum != nil || field.maximum != nil
    }

    func decode(
        _ values: UnsafeMutablePointer<caliber_json_value>, _ parser: EventParser
    ) throws(IntakeProblem) {
        let value = values + slot
        if value.pointee.kind <= CALIBER_JSON_NULL.rawValue {
            guard !field.required else { throw .missingField(field: field.name) }
            column.appendNull()
            return
        }
        switch kind {
        case .interned, .appended: try appendText(value.pointee)
        case .money(let currency):
            if let currencySlot { try confirm(currency, values[currencySlot]) }
            try appendWhole(amount(value.pointee, currency, parser), value.pointee, parser)
        case .timestamp: try appendWhole(timestamp(value.pointee), value.pointee, parser)
        case .date: try appendWhole(date(value.pointee), value.pointee, parser)
        case .integer: try appendWhole(integer(value.pointee, parser), value.pointee, parser)
        case .duration: try appendWhole(duration(value.pointee, parser), value.pointee, parser)
        case .number: try appendNumber(value.pointee, parser)
        case .boolean:
            guard value.pointee.kind == CALIBER_JSON_BOOLEAN.rawValue else { throw wrongType(value.pointee) }
            column.append(value.pointee.bits)
        case .set: try appendSet(value.pointee, parser)
        }
    }

    // MARK: - Texts

    @inline(__always)
    private func appendText(_ value: caliber_json_value) throws(IntakeProblem) {
        guard value.kind == CALIBER_JSON_STRING.rawValue else { throw wrongType(value) }
        guard let pool = column.pool else { return }
        let text = UnsafeRawBufferPointer(JSONValue.bytes(value))
        guard case .interned = kind else {
            try rules?.check(JSONValue.bytes(value))
            column.append(Int64(pool.append(text)))
            return
        }
        guard let rules else {
            column.append(Int64(pool.intern(text)))
            return
        }
        // A text that is in the pool has passed the rules before.
        if let code = pool.code(of: text) {
            column.append(Int64(code))
            return
        }
        try rules.check(JSONValue.bytes(value))
        column.append(Int64(pool.intern(text)))
    }

    private func appendSet(_ value: caliber_json_value, _ parser: EventParser) throws(IntakeProblem) {
        guard value.kind == CALIBER_JSON_ARRAY.rawValue, let pool = column.pool else { throw wrongType(value) }
        members.removeAll(keepingCapacity: true)
        var cursor: UInt32 = 0
        var member = caliber_json_value()
        while caliber_json_array_next(parser.handle, value.place, &cursor, &member) != 0 {
            let text = JSONValue.bytes(member)
            guard member.kind == CALIBER_JSON_STRING.rawValue else {
                throw .wrongType(
                    field: field.name, expected: "an array of texts",
                    found: JSONValue.kindName(member) + " in the array")
            }
            guard !text.contains(FieldDecoder.memberSeparator) else {
                throw .wrongType(
                    field: field.name, expected: "texts without U+001F", found: "a text with it")
            }
            try rules?.check(text)
            members.append(text)
        }
        members.sort { StringPool.precedes(UnsafeRawBufferPointer($0), UnsafeRawBufferPointer($1)) }
        joined.removeAll(keepingCapacity: true)
        for (index, text) in members.enumerated() where index == 0 || !text.elementsEqual(members[index - 1]) {
            if index > 0 { joined.append(FieldDecoder.memberSeparator) }
            joined.append(contentsOf: text)
        }
        column.append(Int64(joined.withUnsafeBytes { pool.intern($0) }))
    }

    /// Stands between the members of a set.
    static let memberSeparator: UInt8 = 0x1F

    // MARK: - Numbers

    @inline(__always)
    private func appendWhole(
        _ whole: Int64, _ value: caliber_json_value, _ parser: EventParser
    ) throws(IntakeProblem) {
        if hasBounds, whole < minimum || whole > maximum { throw outOfBounds(value, parser) }
        column.append(whole)
    }

    private func amount(
        _ value: caliber_json_value, _ currency: Currency, _ parser: EventParser
    ) throws(IntakeProblem) -> Int64 {
        let text: UnsafeBufferPointer<UInt8>
        switch caliber_json_kind(value.kind) {
        case CALIBER_JSON_STRING: text = JSONValue.bytes(value)
        // The number's own digits are read, never its binary float.
        case CALIBER_JSON_INT64, CALIBER_JSON_UINT64, CALIBER_JSON_DOUBLE: text = parser.numberText(value)
        default: throw wrongType(value)
        }
        do throws(DecimalText.Failure) {
            return try DecimalText.parse(text, scale: currency.minorDigits)
        } catch {
            let shown = shown(text)
            switch error {
            case .malformed: throw .malformedAmount(field: field.name, text: shown)
            case .tooPrecise: throw .amountTooPrecise(field: field.name, text: shown, currency: currency)
            case .outOfRange: throw .amountOutOfRange(field: field.name, text: shown)
            }
        }
    }

    private func confirm(_ currency: Currency, _ value: caliber_json_value) throws(IntakeProblem) {
        guard value.kind > CALIBER_JSON_NULL.rawValue else { return }
        let text = JSONValue.bytes(value)
        let isSame =
            value.kind == CALIBER_JSON_STRING.rawValue && text.count == 3
            && zip(text, currency.code.utf8).allSatisfy { $0 == $1 || $0 == $1 | 0x20 }
        guard isSame else {
            throw .currencyMismatch(
                field: field.name,
                text: value.kind == CALIBER_JSON_STRING.rawValue ? shown(text) : JSONValue.kindName(value),
                expected: currency)
        }
    }

    private func integer(
        _ value: caliber_json_value, _ parser: EventParser
    ) throws(IntakeProblem) -> Int64 {
        switch caliber_json_kind(value.kind) {
        case CALIBER_JSON_INT64: return value.bits
        case CALIBER_JSON_UINT64:
            throw .numberOutOfRange(field: field.name, text: shown(parser.numberText(value)))
        case CALIBER_JSON_DOUBLE:
            // 3.0 and 1e2 are whole numbers, too.
            let text = parser.numberText(value)
            do throws(DecimalText.Failure) {
                return try DecimalText.parse(text, scale: 0)
            } catch {
                guard error == .outOfRange else {
                    throw .wrongType(field: field.name, expected: "a whole number", found: shown(text))
                }
                throw .numberOutOfRange(field: field.name, text: shown(text))
            }
        default: throw wrongType(value)
        }
    }

    private func appendNumber(_ value: caliber_json_value, _ parser: EventParser) throws(IntakeProblem) {
        let number: Double
        switch caliber_json_kind(value.kind) {
        case CALIBER_JSON_INT64: number = Double(value.bits)
        case CALIBER_JSON_UINT64: number = Double(UInt64(bitPattern: value.bits))
        case CALIBER_JSON_DOUBLE: number = Double(bitPattern: UInt64(bitPattern: value.bits))
        default: throw wrongType(value)
        }
        if hasBounds, number < Double(minimum) || number > Double(maximum) { throw outOfBounds(value, parser) }
        column.append(number)
    }

    // MARK: - Times

    private func timestamp(_ value: caliber_json_value) throws(IntakeProblem) -> Int64 {
        guard value.kind == CALIBER_JSON_STRING.rawValue else { throw wrongType(value) }
        do throws(TimestampText.Failure) {
            return try TimestampText.parse(JSONValue.bytes(value), zone: field.timeZone).microseconds
        } catch {
            throw .malformedTime(field: field.name, text: shown(JSONValue.bytes(value)), reason: .init(error))
        }
    }

    private func date(_ value: caliber_json_value) throws(IntakeProblem) -> Int64 {
        guard value.kind == CALIBER_JSON_STRING.rawValue else { throw wrongType(value) }
        do throws(TimestampText.Failure) {
            return Int64(try TimestampText.parseDate(JSONValue.bytes(value)).dayNumber)
        } catch {
            throw .malformedTime(field: field.name, text: shown(JSONValue.bytes(value)), reason: .init(error))
        }
    }

    /// A number of seconds, or a text with a unit.
    private func duration(
        _ value: caliber_json_value, _ parser: EventParser
    ) throws(IntakeProblem) -> Int64 {
        switch caliber_json_kind(value.kind) {
        case CALIBER_JSON_INT64, CALIBER_JSON_UINT64, CALIBER_JSON_DOUBLE:
            let text = parser.numberText(value)
            do throws(DecimalText.Failure) {
                return try DecimalText.parse(text, scale: 6)
            } catch {
                guard error == .outOfRange else { throw .malformedDuration(field: field.name, text: shown(text)) }
                throw .numberOutOfRange(field: field.name, text: shown(text))
            }
        case CALIBER_JSON_STRING:
            guard let length = DurationText.parse(JSONValue.string(value)) else {
                throw .malformedDuration(field: field.name, text: shown(JSONValue.bytes(value)))
            }
            return length
        default: throw wrongType(value)
        }
    }

    // MARK: - Problems

    private func shown(_ text: UnsafeBufferPointer<UInt8>) -> String { TextRules.shown(text) }

    private func wrongType(_ value: caliber_json_value) -> IntakeProblem {
        if value.kind == CALIBER_JSON_BLOCKED.rawValue {
            let outer = field.name.split(separator: ".").dropLast().joined(separator: ".")
            return .wrongType(field: outer, expected: "an object", found: "something else")
        }
        return .wrongType(field: field.name, expected: field.type.wording, found: JSONValue.kindName(value))
    }

    private func outOfBounds(_ value: caliber_json_value, _ parser: EventParser) -> IntakeProblem {
        let text = value.kind == CALIBER_JSON_STRING.rawValue ? JSONValue.bytes(value) : parser.numberText(value)
        return .outOfBounds(
            field: field.name, text: shown(text), minimum: field.minimum.map(field.type.text),
            maximum: field.maximum.map(field.type.text))
    }
}

extension LogicalType {
    /// What a JSON value of the type looks like, as a sentence names it.
    fileprivate var wording: String {
        switch self {
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number, .moneyRate: "a number"
        case .money: "an amount"
        case .timestamp: "a time in a text"
        case .date: "a date in a text"
        case .duration: "a length of time"
        case .category, .identifier, .text: "a text"
        case .set: "an array of texts"
        }
    }

    /// A bound in the type's own unit, as the event would write it.
    fileprivate func text(_ bound: Int64) -> String {
        switch self {
        case .money(let currency): DecimalText.format(bound, scale: currency.minorDigits)
        case .timestamp: Timestamp(microseconds: bound).description
        case .date: CivilDate(dayNumber: Int32(clamping: bound)).description
        case .duration: DurationText.format(microseconds: bound)
        default: String(bound)
        }
    }
}
