extension Calibration: Codable {
    private enum Key: String, CodingKey { case kind, intercept, slope, knots }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .identity: try container.encode("identity", forKey: .kind)
        case .platt(let intercept, let slope):
            try container.encode("platt", forKey: .kind)
            try container.encode(intercept, forKey: .intercept)
            try container.encode(slope, forKey: .slope)
        case .isotonic(let knots):
            try container.encode("isotonic", forKey: .kind)
            try container.encode(knots, forKey: .knots)
        }
    }

    /// Refuses maps that do not rise.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .kind) {
        case "identity": self = .identity
        case "platt":
            let slope = try container.decode(Double.self, forKey: .slope)
            guard slope > 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .slope, in: container, debugDescription: "a calibration's slope is positive, not \(slope)")
            }
            self = .platt(intercept: try container.decode(Double.self, forKey: .intercept), slope: slope)
        case "isotonic":
            let knots = try container.decode([Knot].self, forKey: .knots)
            let rises = zip(knots, knots.dropFirst()).allSatisfy {
                $0.logOdds < $1.logOdds && $0.calibrated < $1.calibrated
            }
            guard !knots.isEmpty, rises else {
                throw DecodingError.dataCorruptedError(
                    forKey: .knots, in: container, debugDescription: "the knots of a calibration rise strictly")
            }
            self = .isotonic(knots: knots)
        case let kind:
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container,
                debugDescription: "a calibration is identity, platt or isotonic, not \(kind)")
        }
    }
}
