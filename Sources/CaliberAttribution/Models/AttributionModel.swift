import CaliberCore

/// A rule by which the credit for conversions is shared out among channels.
public enum AttributionModel: Hashable, Sendable {
    case last
    case first
    /// The last touch by which the buyer did not come by themselves; the last one where there is no other.
    case lastNonDirect
    /// Every touch the same.
    case linear
    /// Half the credit for a touch that was a half-life earlier.
    case timeDecay
    /// Fixed parts for the first and the last touch, the rest shared by those between.
    case position
    /// By how many conversions would be lost without the channel, in a Markov chain of touches.
    case markov(order: Int)
    /// Each channel's mean contribution over all orders in which the channels could have joined.
    case shapley

    /// All that can be asked for, in the order in which they are shown.
    public static let all: [AttributionModel] = [
        .last, .first, .lastNonDirect, .linear, .timeDecay, .position, .markov(order: 1), .markov(order: 2),
        .markov(order: 3), .shapley,
    ]

    public var name: String {
        switch self {
        case .last: "last"
        case .first: "first"
        case .lastNonDirect: "last_non_direct"
        case .linear: "linear"
        case .timeDecay: "time_decay"
        case .position: "position"
        case .markov(let order): order == 1 ? "markov" : "markov_\(order)"
        case .shapley: "shapley"
        }
    }

    /// - Throws: `AttributionModelProblem.unknownModel`.
    public init(name: String) throws(AttributionModelProblem) {
        guard let model = AttributionModel.all.first(where: { $0.name == name }) else {
            throw .unknownModel(
                name: name, nearest: NameSuggestion.nearest(to: name, among: AttributionModel.all.map(\.name)))
        }
        self = model
    }

    /// Whether a path's credit depends on that path alone.
    public var isPathwise: Bool {
        if case .markov = self { return false }
        return true
    }
}

/// Why credit can't be shared out.
public enum AttributionModelProblem: Error, Hashable, Sendable {
    case unknownModel(name: String, nearest: [String])
    /// The values of all conversions, without their signs, are more than 64 bits hold.
    case totalOutOfRange
    /// A chain that goes round in circles for longer than anybody would wait.
    case chainUnsolved(order: Int, sweeps: Int)

    public var diagnostic: Diagnostic {
        switch self {
        case .unknownModel(let name, let nearest):
            Diagnostic(
                "unknown-model", "There is no attribution model \(QuotedText.json(name)).",
                remedy: "There are " + AttributionModel.all.map(\.name).joined(separator: ", ") + ".",
                suggestions: nearest)
        case .totalOutOfRange:
            Diagnostic(
                "total-out-of-range", "The conversions' values add up to more than 64 bits hold.",
                remedy: "Take a shorter time.")
        case .chainUnsolved(let order, let sweeps):
            Diagnostic(
                "chain-unsolved", "The chain of order \(order) was not solved within \(sweeps) sweeps.",
                remedy: "Take a lower order, or a path rule that joins repeated touches.")
        }
    }
}
