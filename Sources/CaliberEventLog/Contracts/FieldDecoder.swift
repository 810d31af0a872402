import CSimdJSON
import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Reads one field's value, in every form it may have, and says what is wrong with it.
final class FieldDecoder {
    let field: FieldDefinition
    let slot: Int
    let currencySlot: Int?
    let kind: Kind
    let minimum: Int64
    let maximum: Int64
    private let currency: Currency
    private let rules: TextRules?
    private let hasBounds: Bool
    /// Where texts go on their way into the batch.
    let texts = TextTable()
    private var members: [UnsafeBufferPointer<UInt8>] = []
    private var joined: [UInt8] = []

    enum Kind: UInt8 {
        case boolean, integer, number, timestamp, date, duration, money
        /// Equal texts share a code, unless nearly all are different.
        case interned
        /// Each text has its own.
        case appended
        case set
    }

    init(_ field: FieldDefinition, slot: Int, currencySlot: Int?, contract: String) throws {
        self.field = field
        self.slot = slot
        self.currencySlot = currencySlot
        kind = Kind(field.type)
        if case .money(let ownCurrency) = field.type { currency = ownCurrency } else { currency = .cny }
        rules = try TextRules(field, contract: contract)
        minimum = field.minimum ?? .min
        maximum = field.maximum ?? .max
        hasBounds = field.minimum != nil || field.maximum != nil
    }

    var minorDigits: Int { currency.minorDigits }
    var hasTextRules: Bool { rules != nil }
    var missing: IntakeProblem { .missingField(field: field.name) }

    func checkRules(_ text: UnsafeBufferPointer<UInt8>) throws(IntakeProblem) { try rules?.check(text) }

    /// The lane of a value that is there: not absent and not null.
    func lane(
        _ values: UnsafeMutablePointer<caliber_json_value>, _ parser: EventParser
    ) throws(IntakeProblem) -> Int64 {
        let value = values[slot]
        switch kind {
        case .interned, .appended: return try text(value)
        case .money:
            if let currencySlot { try confirm(currency, values[currencySlot]) }
            return try withinBounds(amount(value, currency, parser), value, parser)
        case .timestamp: return try withinBounds(timestamp(value), value, parser)
        case .date: return try withinBounds(date(value), value, parser)
        case .integer: return try withinBounds(integer(value, parser), value, parser)
        case .duration: return try withinBounds(duration(value, parser), value, parser)
        case .number: return Int64(bitPattern: try number(value, parser).bitPattern)
        case .boolean:
            guard value.kind == CALIBER_JSON_BOOLEAN.rawValue else { throw wrongType(value) }
            return value.bits
        case .set: return try set(value, parser)
        }
    }

    // MARK: - Texts

    private func text(_ value: caliber_json_value) throws(IntakeProblem) -> Int64 {
        guard value.kind == CALIBER_JSON_STRING.rawValue else { throw wrongType(value) }
        let bytes = JSONValue.bytes(value)
        try rules?.check(bytes)
        return kind == .interned && !texts.isSparse ? texts.intern(bytes) : texts.append(bytes)
    }

    private func set(_ value: caliber_json_value, _ parser: EventParser) throws(IntakeProblem) -> Int64 {
        guard value.kind == CALIBER_JSON_ARRAY.rawValue else { throw wrongType(value) }
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
        return joined.withUnsafeBufferPointer { texts.intern($0) }
    }

    /// Stands between the members of a set.
    static let memberSeparator: UInt8 = 0x1F

    // MARK: - Numbers

    private func withinBounds(
        _ whole: Int64, _ value: caliber_json_value, _ parser: EventParser
    ) throws(IntakeProblem) -> Int64 {
        if whole < minimum || whole > maximum { throw outOfBounds(value, parser) }
        return whole
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

    private func number(_ value: caliber_json_value, _ parser: EventParser) throws(IntakeProblem) -> Double {
        let number: Double
        switch caliber_json_kind(value.kind) {
        case CALIBER_JSON_INT64: number = Double(value.bits)
        case CALIBER_JSON_UINT64: number = Double(UInt64(bitPattern: value.bits))
        case CALIBER_JSON_DOUBLE: number = Double(bitPattern: UInt64(bitPattern: value.bits))
        default: throw wrongType(value)
        }
        if hasBounds, number < Double(minimum) || number > Double(maximum) { throw outOfBounds(value, parser) }
        return number
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

extension FieldDecoder.Kind {
    init(_ type: LogicalType) {
        self =
            switch type {
            case .boolean: .boolean
            case .integer: .integer
            case .number, .moneyRate: .number
            case .money: .money
            case .timestamp: .timestamp
            case .date: .date
            case .duration: .duration
            case .category, .identifier: .interned
            case .text: .appended
            case .set: .set
            }
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
