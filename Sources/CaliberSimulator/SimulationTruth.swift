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

/// Counts truth order by order, in dense arrays.
struct TruthCount {
    private var truth = SimulationTruth()
    private var acceptedByType = [Int](repeating: 0, count: EventType.allCases.count)
    private let startDay: CivilDate
    private let channels: [SalesChannel]
    /// By day of the window and channel; the last channel is the unknown one.
    private var paidMinor: [Int64] = []
    private var paidOrders: [Int] = []

    init(startDay: CivilDate, channels: [SalesChannel]) {
        self.startDay = startDay
        self.channels = channels
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

    consuming func result(byteCount: Int) -> SimulationTruth {
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
        case .stockReserved: 3
        case .paymentCallback: 4
        case .orderStateChanged: 5
        case .shipmentCreated: 6
        case .shipmentDelivered: 7
        case .refundSettled: 8
        }
    }
}
