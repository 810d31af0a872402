import CSimdJSON
import CaliberColumns
import CaliberCore
import CaliberDictionary

/// One field as the decoding loop reads it: plain bytes, so that a value costs no reference counting.
///
/// Values of the usual forms are read right here. Everything else, and every problem, is left to the field's
/// `FieldDecoder`, which knows all forms; both give the same lane wherever both give one.
struct FieldPlan {
    let slot: Int
    private let kind: FieldDecoder.Kind
    private let isRequired: Bool
    private let hasRules: Bool
    /// Whether another field names the currency, which has to be looked at as well.
    private let hasCurrencySlot: Bool
    private let minorDigits: Int
    private let minimum: Int64
    private let maximum: Int64
    /// Kept alive by the contract's decoder, and its texts with it.
    private let decoder: Unmanaged<FieldDecoder>
    private let texts: Unmanaged<TextTable>
    /// Kept alive by the batch at hand; nil until the first row.
    private var lanes: UnsafeMutablePointer<Int64>?
    private var validity: UnsafeMutablePointer<UInt8>?
    private var times: UsualTime

    init(_ decoder: FieldDecoder) {
        slot = decoder.slot
        kind = decoder.kind
        isRequired = decoder.field.required
        hasRules = decoder.hasTextRules
        hasCurrencySlot = decoder.currencySlot != nil
        minorDigits = decoder.minorDigits
        minimum = decoder.minimum
        maximum = decoder.maximum
        self.decoder = Unmanaged.passUnretained(decoder)
        texts = Unmanaged.passUnretained(decoder.texts)
        (lanes, validity) = (nil, nil)
        times = UsualTime()
    }

    /// Says where values go from here on.
    mutating func write(to column: LaneColumn) {
        lanes = column.lanes
        validity = column.validity
    }

    /// Reads the field's value into its column's lane of a row, for which there is room.
    @inline(__always)
    mutating func decode(
        _ values: UnsafeMutablePointer<caliber_json_value>, row: Int, _ parser: EventParser
    ) throws(IntakeProblem) {
        guard let lanes, let validity else { return }
        let value = values + slot
        guard value.pointee.kind > CALIBER_JSON_NULL.rawValue else {
            guard !isRequired else { throw decoder.takeUnretainedValue().missing }
            lanes[row] = 0
            validity[row] = 0
            return
        }
        validity[row] = 1
        if let lane = try usual(value.pointee) {
            lanes[row] = lane
        } else {
            lanes[row] = try other(values, parser)
        }
    }

    /// Brings near where a text would stand in the field's table.
    @inline(__always)
    func prefetch(_ text: UnsafeBufferPointer<UInt8>) {
        texts._withUnsafeGuaranteedRef { if !$0.isSparse { $0.prefetch(TextTable.hash(text)) } }
    }

    @inline(__always)
    private mutating func usual(_ value: caliber_json_value) throws(IntakeProblem) -> Int64? {
        guard value.kind == CALIBER_JSON_STRING.rawValue else {
            if kind == .integer, value.kind == CALIBER_JSON_INT64.rawValue { return withinBounds(value.bits) }
            return kind == .boolean && value.kind == CALIBER_JSON_BOOLEAN.rawValue ? value.bits : nil
        }
        let text = JSONValue.bytes(value)
        switch kind {
        case .interned:
            guard !texts._withUnsafeGuaranteedRef({ $0.isSparse }) else { return try appended(text) }
            let hash = TextTable.hash(text)
            // A text that is in the table has passed the rules before.
            if let code = texts._withUnsafeGuaranteedRef({ $0.code(of: text, hash) }) { return code }
            if hasRules { try checkRules(text) }
            return texts._withUnsafeGuaranteedRef { $0.insert(text, hash) }
        case .appended: return try appended(text)
        case .money:
            guard !hasCurrencySlot else { return nil }
            return UsualAmount.read(text, minorDigits: minorDigits).flatMap(withinBounds)
        case .timestamp:
            return times.read(text, zone: { decoder._withUnsafeGuaranteedRef { $0.field.timeZone } }).flatMap(
                withinBounds)
        default: return nil
        }
    }

    @inline(__always)
    private func appended(_ text: UnsafeBufferPointer<UInt8>) throws(IntakeProblem) -> Int64 {
        if hasRules { try checkRules(text) }
        return texts._withUnsafeGuaranteedRef { $0.append(text) }
    }

    @inline(__always)
    private func checkRules(_ text: UnsafeBufferPointer<UInt8>) throws(IntakeProblem) {
        let problem = decoder._withUnsafeGuaranteedRef { decoder -> IntakeProblem? in
            do throws(IntakeProblem) {
                try decoder.checkRules(text)
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
    }

    @inline(__always)
    private func withinBounds(_ whole: Int64) -> Int64? {
        whole >= minimum && whole <= maximum ? whole : nil
    }

    @inline(never)
    private func other(
        _ values: UnsafeMutablePointer<caliber_json_value>, _ parser: EventParser
    ) throws(IntakeProblem) -> Int64 {
        try decoder.takeUnretainedValue().lane(values, parser)
    }
}
