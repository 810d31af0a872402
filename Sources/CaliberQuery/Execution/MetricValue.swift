import CaliberDictionary

/// A metric's value for one group, exact while it can be.
enum MetricValue: Equatable, Sendable {
    case null
    case integer(Int128)
    case number(Double)

    var double: Double? {
        switch self {
        case .null: nil
        case .integer(let value): Double(total: value)
        case .number(let value): value
        }
    }

    /// The value as its type is kept: floats of integer types are rounded, half away from zero; what is no finite
    /// number is null.
    func conforming(to type: LogicalType) -> MetricValue {
        switch (self, type.storage) {
        case (.integer(let value), .float): return .number(Double(total: value))
        case (.number(let value), .float): return value.isFinite ? self : .null
        case (.number(let value), _):
            return Int128(exactly: value.rounded(.toNearestOrAwayFromZero)).map(MetricValue.integer) ?? .null
        default: return self
        }
    }

    /// Divides; a zero or missing divisor gives null.
    static func ratio(_ numerator: MetricValue, _ denominator: MetricValue) -> MetricValue {
        guard let top = numerator.double, let bottom = denominator.double, bottom != 0 else { return .null }
        return .number(top / bottom)
    }

    /// Nulls after all values, whichever way values are sorted.
    static func precedes(_ left: MetricValue, _ right: MetricValue, descending: Bool) -> Bool? {
        switch (left, right) {
        case (.null, .null): return nil
        case (.null, _): return false
        case (_, .null): return true
        case (.integer(let first), .integer(let second)):
            return first == second ? nil : (first < second) != descending
        default:
            guard let first = left.double, let second = right.double, first != second else { return nil }
            return (first < second) != descending
        }
    }
}

extension Double {
    /// The nearest double. Most totals fit one word, whose conversion is one instruction.
    @inline(__always)
    init(total: Int128) {
        let word = Int64(truncatingIfNeeded: total)
        self = Int128(word) == total ? Double(word) : Double(total)
    }
}
