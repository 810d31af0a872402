import CaliberCore

/// What a field, a column or an expression means, apart from how it is stored.
///
/// In memory every type but `boolean` is an eight-byte lane: an `Int64`, the bit pattern of a `Double`, or a code into a
/// string pool (`StorageKind`).
public enum LogicalType: Hashable, Sendable {
    case boolean
    /// A whole number without a unit: counts, scores, grams.
    case integer
    /// A binary float: rates, weights. Never money.
    case number
    /// Whole minor units of one currency.
    case money(Currency)
    /// A quotient of money: fractional minor units of one currency, the type of an average order value.
    case moneyRate(Currency)
    /// UTC microseconds.
    case timestamp
    /// Days since 1970-01-01.
    case date
    /// Microseconds.
    case duration
    /// Text with few distinct values, kept as codes: channel, status, province.
    case category
    /// Text with many distinct values, kept as codes: buyer, SKU, device.
    case identifier
    /// Free text, kept as it is: tracking number, comment.
    case text
    /// A set of categories, kept as the code of its sorted members.
    case set

    public enum StorageKind: Sendable { case mask, integer, float, code }

    public var storage: StorageKind {
        switch self {
        case .boolean: .mask
        case .integer, .money, .timestamp, .date, .duration: .integer
        case .number, .moneyRate: .float
        case .category, .identifier, .text, .set: .code
        }
    }

    public var isString: Bool { self == .category || self == .identifier || self == .text }

    /// As a person writes it in the dictionary: `money(CNY)`.
    public var name: String {
        switch self {
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .money(let currency): "money(\(currency.code))"
        case .moneyRate(let currency): "money rate(\(currency.code))"
        case .timestamp: "timestamp"
        case .date: "date"
        case .duration: "duration"
        case .category: "category"
        case .identifier: "identifier"
        case .text: "text"
        case .set: "set"
        }
    }
}
