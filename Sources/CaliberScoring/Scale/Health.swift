/// An order's health: 0.00 to 100.00 points, kept as whole hundredths, so that what is shown and what is done agree.
public struct Health: Hashable, Comparable, Sendable {
    /// 0...10 000.
    public let hundredths: Int

    /// Values past an end are that end.
    public init(hundredths: Int) {
        self.hundredths = min(max(hundredths, Health.worst), Health.best)
    }

    static let worst = 0
    static let best = 10_000

    /// 60.00: where a review begins to pay.
    public static let reviewLine = Health(hundredths: 6_000)

    /// Below 60.00.
    public var needsReview: Bool { self < .reviewLine }

    /// In points, for plots and means.
    public var points: Double { Double(hundredths) / 100 }

    public static func < (left: Health, right: Health) -> Bool { left.hundredths < right.hundredths }
}

extension Health: CustomStringConvertible {
    /// Always with two decimals: `58.30`.
    public var description: String { HealthPoints.text(hundredths: hundredths) }
}

extension Health: Codable {
    /// Whole hundredths.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let hundredths = try container.decode(Int.self)
        guard (Health.worst...Health.best).contains(hundredths) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "health is 0 to 10000 hundredths, not \(hundredths)")
        }
        self.init(hundredths: hundredths)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hundredths)
    }
}

/// Parts of a health score as text.
public enum HealthPoints {
    /// `-3.07`; `signed` writes the plus too.
    public static func text(hundredths: Int, signed: Bool = false) -> String {
        let magnitude = hundredths.magnitude
        let sign = hundredths < 0 ? "-" : signed && hundredths > 0 ? "+" : ""
        let cents = magnitude % 100
        return "\(sign)\(magnitude / 100).\(cents < 10 ? "0" : "")\(cents)"
    }
}
