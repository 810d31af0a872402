import CaliberDictionary

/// What a set of paths adds up to under some models: enough to answer any of them.
///
/// Everything kept is a sum of whole numbers. So it is a function of the set of paths, whatever their order; a path can be
/// taken back as it was added; and what a new path costs does not depend on how many there are.
package struct AttributionTotals: Sendable {
    package let channelCount: Int
    package let models: [AttributionModel]
    private let credit: PathCredit
    /// By model of single paths and channel, in parts.
    private var conversionParts: [[Int128]]
    private var valueParts: [[Int128]]
    private let pathwise: [AttributionModel]
    /// By order.
    private var chains: [TransitionCounts]

    /// Conversions that had a touch, and what they are worth.
    package private(set) var conversions: Int64 = 0
    package private(set) var value: Int128 = 0
    /// Conversions without any touch.
    package private(set) var untouchedConversions: Int64 = 0
    package private(set) var untouchedValue: Int128 = 0
    /// Paths that led nowhere.
    package private(set) var misses: Int64 = 0
    /// Of all values, without their signs.
    private var magnitude: Int128 = 0

    /// - Parameter isDirect: by channel.
    package init(models: [AttributionModel], weights: CreditWeights, isDirect: [Bool]) {
        channelCount = isDirect.count
        self.models = models
        credit = PathCredit(weights: weights, isDirect: isDirect)
        pathwise = models.filter(\.isPathwise)
        conversionParts = pathwise.map { _ in [Int128](repeating: 0, count: isDirect.count) }
        valueParts = conversionParts
        chains = models.compactMap { model in
            guard case .markov(let order) = model else { return nil }
            return TransitionCounts(order: order, channelCount: isDirect.count)
        }
    }

    /// - Parameters:
    ///   - conversions: how often the path led to a conversion; below zero takes back.
    ///   - misses: how often it led nowhere.
    ///   - value: of all of its conversions together, in whole units.
    ///   - scratch: room for as many values as the path has touches.
    package mutating func add(
        _ path: TouchPath, conversions: Int64, misses: Int64 = 0, value: Int64,
        scratch: UnsafeMutablePointer<UInt64>
    ) {
        let isTakenBack = conversions < 0 || (conversions == 0 && misses < 0)
        magnitude &+= isTakenBack ? -Int128(value.magnitude) : Int128(value.magnitude)
        guard path.count > 0 else {
            untouchedConversions &+= conversions
            untouchedValue &+= Int128(value)
            return
        }
        self.conversions &+= conversions
        self.value &+= Int128(value)
        self.misses &+= misses
        for index in chains.indices {
            chains[index].add(path.channels, conversions: conversions, misses: misses, value: value)
        }
        guard conversions != 0 || value != 0 else { return }
        for index in pathwise.indices {
            credit.credit(path, by: pathwise[index], into: scratch)
            for place in 0..<path.count where scratch[place] != 0 {
                let channel = Int(path.channels[place])
                conversionParts[index][channel] &+= Int128(conversions) &* Int128(scratch[place])
                valueParts[index][channel] &+= Int128(value) &* Int128(scratch[place])
            }
        }
    }

    /// - Throws: `AttributionModelProblem.totalOutOfRange`, `chainUnsolved`.
    package func credit(by model: AttributionModel) throws(AttributionModelProblem) -> ChannelCredit {
        guard magnitude <= Int128(Int64.max) else { throw .totalOutOfRange }
        if let index = pathwise.firstIndex(of: model) {
            return ChannelCredit(
                conversionParts: conversionParts[index], valueParts: valueParts[index], effects: nil)
        }
        guard case .markov(let order) = model, let counts = chains.first(where: { $0.order == order }) else {
            preconditionFailure("\(model.name) is not among the models that were added up")
        }
        let effects = try RemovalEffects(counts)
        return ChannelCredit(
            conversionParts: effects.conversionShares.map { Int128(conversions) &* Int128($0) },
            valueParts: effects.valueShares.map { value &* Int128($0) }, effects: effects)
    }
}

/// What each channel gets by one model. The parts of all channels add up to the conversions that had a touch.
package struct ChannelCredit: Sendable {
    /// By channel, in `CreditParts` of a conversion, and of a unit of value.
    package let conversionParts: [Int128]
    package let valueParts: [Int128]
    /// Of a Markov chain.
    package let effects: RemovalEffects?

    /// Conversions by channel, with their fractions.
    package var conversions: [Double] { conversionParts.map(CreditParts.number) }

    /// Hundredths of conversions by channel; they add up to the conversions.
    package var conversionHundredths: [Int128] { CreditParts.rounded(conversionParts, digits: 2) }

    /// Value by channel in whole units; they add up to the value.
    package var values: [Int128] { CreditParts.rounded(valueParts) }
}
