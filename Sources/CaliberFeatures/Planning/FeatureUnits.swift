import CaliberCore
import CaliberDictionary

/// The units that feature values are in: amounts in major units, durations in hours.
enum FeatureUnits {
    static let millionth = 1e-6
    private static let hoursPerMicrosecond = 1 / 3_600_000_000.0

    /// What an expression's value is multiplied by.
    static func unit(ofExpression type: LogicalType) -> Double {
        switch type {
        case .money(let currency), .moneyRate(let currency): majorUnits(of: currency)
        case .duration: hoursPerMicrosecond
        default: 1
        }
    }

    /// What a measured whole number is multiplied by. Floats are measured in millionths, so that sums over a window are
    /// exact whatever leaves it first.
    static func unit(ofMeasurement type: LogicalType) -> Double {
        unit(ofExpression: type) * (type.storage == .float ? millionth : 1)
    }

    static func hours(_ microseconds: Int64) -> Double { Double(microseconds) * hoursPerMicrosecond }

    private static func majorUnits(of currency: Currency) -> Double {
        var unit = 1.0
        for _ in 0..<currency.minorDigits { unit /= 10 }
        return unit
    }
}
