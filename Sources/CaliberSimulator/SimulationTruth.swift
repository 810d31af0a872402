import CaliberCore

/// What a simulated stream holds, known from how it was made: an engine that reads it must come to the same account.
///
/// "Accepted" here is every event that arrives whole: a malformed event is missing from all sums.
public struct SimulationTruth: Hashable, Sendable {
    /// Lines written; the sum of accepted events, repeats and malformed ones.
    public internal(set) var lineCount = 0
    public internal(set) var byteCount = 0
    public internal(set) var orderCount = 0
    public internal(set) var productCount = 0
    public internal(set) var priceCount = 0
    public internal(set) var acceptedCount = 0
    public internal(set) var acceptedByType: [EventType: Int] = [:]
    /// Lines that say again, byte for byte, what an accepted event said.
    public internal(set) var repeatCount = 0
    public internal(set) var malformedByKind: [MalformedKind: Int] = [:]
    /// Events, whole or not, that arrive a day or more after they happened.
    public internal(set) var lateCount = 0
    /// Orders whose first accepted callback arrives before the accepted event that creates them.
    public internal(set) var overtakenOrderCount = 0
    /// Orders with an accepted successful callback.
    public internal(set) var paidOrderCount = 0
    public internal(set) var paidMinor: Int64 = 0
    public internal(set) var refundedMinor: Int64 = 0
    public internal(set) var giftOrderCount = 0
    public internal(set) var depositOrderCount = 0
    /// Turnover of all accepted successful callbacks of an order, at the day in Shanghai of the first one.
    public internal(set) var paidMinorByDayAndChannel: [DayAndChannel: Int64] = [:]
    public internal(set) var paidOrdersByDayAndChannel: [DayAndChannel: Int] = [:]

    public internal(set) var risk = RiskTruth()
    /// Faults that events or their absence show, by kind.
    public internal(set) var faultsByKind: [FaultKind: Int] = [:]
    public internal(set) var periods: [FaultPeriod] = []

    public var malformedCount: Int { malformedByKind.values.reduce(0, +) }

    public struct DayAndChannel: Hashable, Sendable {
        public let day: CivilDate
        /// nil where the event that names the channel was malformed.
        public let channel: String?

        public init(day: CivilDate, channel: String?) {
            self.day = day
            self.channel = channel
        }
    }
}

/// How many orders went bad, how, and how well that could be foreseen.
public struct RiskTruth: Hashable, Sendable {
    /// Paid orders, each decided at its first successful callback.
    public internal(set) var decidedCount = 0
    public internal(set) var badCount = 0
    /// The sum of the decided orders' probabilities.
    public internal(set) var expectedBadCount = 0.0
    public internal(set) var badByWay: [BadWay: Int] = [:]
    /// Those whose callback an engine hears of: the orders that can be scored.
    public internal(set) var scoredCount = 0
    public internal(set) var scoredBadCount = 0
    /// Area under the ROC curve of the law's own probability over the scored orders: no score can do better but by
    /// luck. nil without good and bad ones.
    public internal(set) var bestAUC: Double?
    /// The same for what can be known when the callback arrives: of some orders it arrives before their own event.
    public internal(set) var bestObservedAUC: Double?
    /// Both for orders of the last fifth of the days.
    public internal(set) var lastDaysAUC: Double?
    public internal(set) var lastDaysObservedAUC: Double?
}

/// A span of time in which something was wrong.
public struct FaultPeriod: Hashable, Sendable {
    public let kind: FaultKind
    /// The channel, payment method, carrier or SKU; nil for all.
    public let target: String?
    public let fromMilliseconds: Int64
    public let toMilliseconds: Int64
}

/// Counts truth order by order, in dense arrays.
struct TruthCount {
    private var truth = SimulationTruth()
    private var acceptedByType = [Int](repeating: 0, count: EventType.allCases.count)
    private let startDay: CivilDate
    private let channels: [SalesChannel]
    /// By day of the window and channel; the last channel is the unknown one.
    private var paidMinor: [Int64] = []
    private var paidOrders: [Int] = []
    private var ranking = RankingCount()
    private var observedRanking = RankingCount()
    private var lastDaysRanking = RankingCount()
    private var lastDaysObservedRanking = RankingCount()
    private let startMilliseconds: Int64
    private let lastDaysMilliseconds: Int64

    init(_ settings: SimulationSettings) {
        startDay = settings.startDay
        channels = settings.channels
        startMilliseconds =
            Int64(startDay.dayNumber) * TradingCalendar.millisecondsPerDay - TradingCalendar.offsetMilliseconds
        lastDaysMilliseconds =
            startMilliseconds + Int64(settings.dayCount) * TradingCalendar.millisecondsPerDay * 4 / 5
    }

    mutating func countStockCount() {
        truth.acceptedByType[.stockCounted, default: 0] += 1
        truth.acceptedCount += 1
    }

    mutating func countDecision(_ plan: OrderPlan, _ assessment: RiskAssessment, now: Int64) {
        let isBad = plan.badWay != nil
        truth.risk.decidedCount += 1
        truth.risk.badCount += isBad ? 1 : 0
        truth.risk.expectedBadCount += assessment.probability
        if let way = plan.badWay { truth.risk.badByWay[way, default: 0] += 1 }
        guard plan.isPaymentHeard else { return }
        truth.risk.scoredCount += 1
        truth.risk.scoredBadCount += isBad ? 1 : 0
        let observed = plan.observedLogOddsMilli(assessment, at: now)
        ranking.add(logOddsMilli: assessment.logOddsMilli, isBad: isBad)
        observedRanking.add(logOddsMilli: observed, isBad: isBad)
        guard plan.placedMilliseconds >= lastDaysMilliseconds else { return }
        lastDaysRanking.add(logOddsMilli: assessment.logOddsMilli, isBad: isBad)
        lastDaysObservedRanking.add(logOddsMilli: observed, isBad: isBad)
    }

    private mutating func countFaults(_ plan: OrderPlan) {
        for fault in plan.faults { truth.faultsByKind[fault.kind, default: 0] += 1 }
        if let left = plan.stockLeft, left < 0 { truth.faultsByKind[.oversold, default: 0] += 1 }
    }

    mutating func countCatalog(_ catalog: Catalog) {
        truth.productCount = catalog.products.count
        truth.priceCount = catalog.prices.count
        truth.acceptedByType[.productListed] = catalog.products.count
        truth.acceptedByType[.priceListed] = catalog.prices.count
        truth.acceptedCount = catalog.products.count + catalog.prices.count
    }

    mutating func count(_ plan: OrderPlan) {
        var paid: Int64 = 0
        var firstPaidMilliseconds: Int64?
        var firstCallbackArrives = Int64.max
        for event in plan.events {
            if event.isLate { truth.lateCount += 1 }
            if let kind = event.malformed {
                truth.malformedByKind[kind, default: 0] += 1
                continue
            }
            if event.repeatArrivesMilliseconds != nil { truth.repeatCount += 1 }
            truth.acceptedCount += 1
            acceptedByType[event.happening.type.index] += 1
            switch event.happening {
            case .paymentCallback(_, let succeeded, let amountMinor, _):
                firstCallbackArrives = min(firstCallbackArrives, event.arrivesMilliseconds)
                guard succeeded else { break }
                paid += amountMinor
                if firstPaidMilliseconds == nil { firstPaidMilliseconds = event.happenedMilliseconds }
            case .refundSettled(let amountMinor, _): truth.refundedMinor += amountMinor
            default: break
            }
        }
        truth.orderCount += 1
        countFaults(plan)
        let created = plan.events[0]
        let isCreated = created.malformed == nil
        if isCreated {
            truth.giftOrderCount += plan.isGift ? 1 : 0
            truth.depositOrderCount += plan.isDeposit ? 1 : 0
            truth.overtakenOrderCount += firstCallbackArrives < created.arrivesMilliseconds ? 1 : 0
        }
        if let moment = firstPaidMilliseconds { countPaid(paid, at: moment, channel: isCreated ? plan.channel : nil) }
    }

    private mutating func countPaid(_ minor: Int64, at milliseconds: Int64, channel: Int?) {
        truth.paidOrderCount += 1
        truth.paidMinor += minor
        let day = Int(CivilDate(shanghaiMilliseconds: milliseconds).dayNumber - startDay.dayNumber)
        let cell = day * (channels.count + 1) + (channel ?? channels.count)
        if cell >= paidMinor.count {
            let missing = cell + 1 - paidMinor.count
            paidMinor += Array(repeating: 0, count: missing)
            paidOrders += Array(repeating: 0, count: missing)
        }
        paidMinor[cell] += minor
        paidOrders[cell] += 1
    }

    consuming func result(byteCount: Int, periods: FaultPeriods) -> SimulationTruth {
        truth.risk.bestAUC = ranking.areaUnderCurve
        truth.risk.bestObservedAUC = observedRanking.areaUnderCurve
        truth.risk.lastDaysAUC = lastDaysRanking.areaUnderCurve
        truth.risk.lastDaysObservedAUC = lastDaysObservedRanking.areaUnderCurve
        truth.periods = periods.told(startMilliseconds: startMilliseconds, channels: channels)
        for type in EventType.allCases where acceptedByType[type.index] > 0 {
            truth.acceptedByType[type] = acceptedByType[type.index]
        }
        for cell in paidOrders.indices where paidOrders[cell] > 0 {
            let (day, channel) = cell.quotientAndRemainder(dividingBy: channels.count + 1)
            let place = SimulationTruth.DayAndChannel(
                day: CivilDate(dayNumber: startDay.dayNumber + Int32(day)),
                channel: channel < channels.count ? channels[channel].name : nil)
            truth.paidMinorByDayAndChannel[place] = paidMinor[cell]
            truth.paidOrdersByDayAndChannel[place] = paidOrders[cell]
        }
        truth.byteCount = byteCount
        truth.lineCount = truth.acceptedCount + truth.repeatCount + truth.malformedCount
        return truth
    }
}

extension EventType {
    /// Its place among the types.
    var index: Int {
        switch self {
        case .productListed: 0
        case .priceListed: 1
        case .orderCreated: 2
        case .orderLineAdded: 3
        case .stockCounted: 4
        case .stockReserved: 5
        case .paymentCallback: 6
        case .orderStateChanged: 7
        case .orderApproved: 8
        case .orderTransitionRefused: 9
        case .shipmentCreated: 10
        case .shipmentDelivered: 11
        case .refundSettled: 12
        }
    }
}
