/// Spans of time in which something is wrong: drawn once from the seed, looked up by the hour.
struct FaultPeriods {
    struct Period {
        let kind: FaultKind
        /// The channel, payment method, carrier or SKU that it befalls; nil for all.
        let target: Int?
        /// Hours of the window.
        let hours: Range<Int>
        /// What was counted of an oversold SKU when the period began.
        var onHand = 0
    }

    let periods: [Period]
    /// By the hour of the window.
    private var badChannel: [Int8]
    private var failingMethod: [Int8]
    private var slowCarriers: [UInt16]
    private var testsCards: [Bool]
    /// The SKU that there is a run on, or -1.
    private var soughtSKU: [Int32]
    /// By SKU: its period's place, or -1.
    private var oversoldPeriod: [Int16]

    /// Parcels of the last orders leave this long after them.
    private static let hoursAfterwards = 40 * 24
    private static let hoursOfRun = 48

    init(_ settings: SimulationSettings, catalog: Catalog) {
        var periods: [Period] = []
        let hourCount = settings.dayCount * 24
        // A run on a SKU takes about two pieces of a hundred orders.
        let piecesOfRun = settings.orderCount * FaultPeriods.hoursOfRun / hourCount / 50
        func draw(_ kind: FaultKind, perFortnight: Double, hours: Int, target: (inout DrawStream) -> Int?) {
            let count = perFortnight <= 0 ? 0 : Int((perFortnight * Double(settings.dayCount) / 14).rounded(.up))
            for number in 0..<min(count, 10_000) {
                var draws = DrawStream(
                    seed: settings.seed ^ DrawStream.mix(UInt64(kind.index)), .period, number: number)
                // Spread over the window, each somewhere in its own part of it.
                let part = hourCount * number / count..<hourCount * (number + 1) / count
                let start = part.lowerBound + draws.below(max(1, part.count))
                periods.append(
                    Period(
                        kind: kind, target: target(&draws), hours: start..<start + hours,
                        onHand: kind == .oversold ? max(2, piecesOfRun * draws.between(40...80) / 100) : 0))
            }
        }
        let faults = settings.faults
        let channelWeights = Weights(settings.channels.map(\.weight))
        let carrierWeights = Weights(Vocabulary.carriers.map(\.weight))
        let methodWeights = Weights(Vocabulary.paymentMethods.map(\.weight))
        draw(.channelGoneBad, perFortnight: faults.channelsGoneBad, hours: 48) { $0.draw(channelWeights) }
        draw(.paymentFailures, perFortnight: faults.paymentFailureBursts, hours: 10) { $0.draw(methodWeights) }
        draw(.slowCarrier, perFortnight: faults.slowCarriers, hours: 72) { $0.draw(carrierWeights) }
        draw(.oversold, perFortnight: faults.oversoldSKUs, hours: FaultPeriods.hoursOfRun) { catalog.drawSKU(&$0) }
        draw(.cardTesting, perFortnight: faults.cardTestingBursts, hours: 5) { _ in nil }
        self.periods = periods

        let lastHour = hourCount + FaultPeriods.hoursAfterwards
        badChannel = Array(repeating: -1, count: lastHour)
        failingMethod = badChannel
        slowCarriers = Array(repeating: 0, count: lastHour)
        testsCards = Array(repeating: false, count: lastHour)
        soughtSKU = Array(repeating: -1, count: lastHour)
        oversoldPeriod = Array(repeating: -1, count: catalog.productOfSKU.count)
        for (place, period) in periods.enumerated() { enter(period, place) }
    }

    private mutating func enter(_ period: Period, _ place: Int) {
        for hour in period.hours.clamped(to: 0..<badChannel.count) {
            switch period.kind {
            case .channelGoneBad: badChannel[hour] = Int8(clamping: period.target ?? -1)
            case .paymentFailures: failingMethod[hour] = Int8(clamping: period.target ?? -1)
            case .slowCarrier: slowCarriers[hour] |= 1 << UInt16(period.target ?? 15)
            case .cardTesting: testsCards[hour] = true
            case .oversold: soughtSKU[hour] = Int32(clamping: period.target ?? -1)
            default: break
            }
        }
        // A SKU runs out once: what was counted at its first period would not tell what is left at the second.
        if period.kind == .oversold, let sku = period.target, oversoldPeriod[sku] < 0 {
            oversoldPeriod[sku] = Int16(clamping: place)
        }
    }

    func isBad(channel: Int, hour: Int) -> Bool { badChannel[hour] == channel }
    func isFailing(method: Int, hour: Int) -> Bool { failingMethod[hour] == method }
    func isSlow(carrier: Int, hour: Int) -> Bool {
        slowCarriers.indices.contains(hour) && slowCarriers[hour] & 1 << UInt16(carrier) != 0
    }
    func testsCards(hour: Int) -> Bool { testsCards[hour] }

    func sought(hour: Int) -> Int? { soughtSKU[hour] < 0 ? nil : Int(soughtSKU[hour]) }

    /// The period in which a SKU is sold beyond its stock.
    func shortage(sku: Int, hour: Int) -> Int? {
        let place = Int(oversoldPeriod[sku])
        return place >= 0 && periods[place].hours.contains(hour) ? place : nil
    }

    /// Whether it is told: of two periods of one SKU only the first counts.
    func isInForce(_ place: Int) -> Bool {
        guard periods[place].kind == .oversold, let sku = periods[place].target else { return true }
        return Int(oversoldPeriod[sku]) == place
    }
}

extension FaultPeriods {
    /// Those in force, for the truth.
    func told(startMilliseconds: Int64, channels: [SalesChannel]) -> [FaultPeriod] {
        periods.enumerated().filter { isInForce($0.offset) }.map { _, period in
            FaultPeriod(
                kind: period.kind, target: name(ofTarget: period, channels),
                fromMilliseconds: startMilliseconds
                    + Int64(period.hours.lowerBound) * TradingCalendar.millisecondsPerHour,
                toMilliseconds: startMilliseconds
                    + Int64(period.hours.upperBound) * TradingCalendar.millisecondsPerHour)
        }
    }

    private func name(ofTarget period: Period, _ channels: [SalesChannel]) -> String? {
        guard let target = period.target else { return nil }
        switch period.kind {
        case .channelGoneBad: return channels[target].name
        case .paymentFailures: return String(decoding: Vocabulary.paymentMethods[target].name, as: UTF8.self)
        case .slowCarrier: return String(decoding: Vocabulary.carriers[target].code, as: UTF8.self)
        default:
            let digits = String(target)
            return "S" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        }
    }
}

extension FaultKind {
    fileprivate var index: Int { FaultKind.allCases.firstIndex(of: self) ?? 0 }
}
