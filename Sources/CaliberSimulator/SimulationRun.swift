/// One pass over the simulated weeks: orders are placed, their events arrive, and at each payment it is decided by what
/// arrived before whether the order goes bad.
struct SimulationRun: ~Copyable {
    let settings: SimulationSettings
    let planner: OrderPlanner
    /// By the order's number: all that has to be remembered of it.
    private(set) var goesBad: [Bool]
    private var arrivals: Arrivals
    private var history: ShopHistory
    private var count: TruthCount
    private var lines: EventLines
    private var orderTruths: OrderTruthLines
    /// Plans of the orders that something happened to last, at the place that their number's low bits say: what follows
    /// soon after, as most does, needs no planning.
    private var plans: [OrderPlan]
    private var assessment: RiskAssessment
    /// What is left of the SKU of each period of shortage; after each reservation in such a period.
    private var available: [Int]
    private var stockLeft: [Int: Int] = [:]
    private var byteCount = 0
    private let writesEvents: Bool
    private let tellsOrders: Bool

    private static let planCount = 1024

    init(_ settings: SimulationSettings, writesEvents: Bool, tellsOrders: Bool) {
        self.settings = settings
        self.writesEvents = writesEvents
        self.tellsOrders = tellsOrders
        planner = OrderPlanner(settings)
        plans = Array(repeating: OrderPlan(), count: SimulationRun.planCount)
        assessment = RiskAssessment(extraLogOddsMilli: settings.extraLogOddsMilli)
        goesBad = Array(repeating: false, count: settings.orderCount)
        arrivals = Arrivals(startMilliseconds: planner.calendar.startMilliseconds)
        history = ShopHistory(planner.people, channelCount: settings.channels.count)
        count = TruthCount(settings)
        lines = EventLines(settings, planner)
        orderTruths = OrderTruthLines(settings, planner)
        available = planner.periods.periods.map(\.onHand)
    }

    mutating func run<Failure: Error>(
        to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void,
        orderTruth: ((UnsafeRawBufferPointer) throws(Failure) -> Void)?
    ) throws(Failure) {
        count.countCatalog(planner.catalog)
        try writeCatalog(sink)
        let calendar = planner.calendar
        var hour = 0
        while hour < calendar.hourCount || arrivals.pendingCount > 0 {
            if hour < calendar.hourCount {
                writeStockCounts(hour: hour)
                for number in calendar.orders(inHour: hour) {
                    place(number)
                    if orderTruths.writer.isFull { try tell(orderTruth) }
                }
            }
            while let (ticket, now) = arrivals.take(beforeMinute: (hour + 1) * 60) {
                if ticket.position == Arrivals.Ticket.decision {
                    decide(ticket.order, now: now)
                    if orderTruths.writer.isFull { try tell(orderTruth) }
                } else {
                    arrive(ticket)
                    if lines.writer.isFull { try flush(sink) }
                }
            }
            hour += 1
        }
        try flush(sink)
        try tell(orderTruth)
    }

    consuming func truth() -> SimulationTruth {
        count.result(byteCount: byteCount, periods: planner.periods)
    }

    // MARK: Orders

    private mutating func place(_ number: Int) {
        let slot = plan(number)
        if let period = plans[slot].shortage {
            available[period] -= plans[slot].quantity
            stockLeft[number] = available[period]
            plans[slot].stockLeft = available[period]
        }
        SimulationRun.dispatch(plans[slot], 0..<plans[slot].fatePlace, &arrivals)
        if let place = plans[slot].paidPlace {
            arrivals.add(
                arrivesMilliseconds: SimulationRun.decisionMilliseconds(plans[slot].events[place]), order: number,
                position: Arrivals.Ticket.decision, isRepeat: false)
        } else {
            SimulationRun.dispatch(plans[slot], plans[slot].fatePlace..<plans[slot].events.count, &arrivals)
            count.count(plans[slot])
            if tellsOrders { orderTruths.write(plans[slot], nil) }
        }
    }

    /// When the callback of the payment arrives. One that is lost or late does not keep the order from its fate.
    private static func decisionMilliseconds(_ paid: PlannedEvent) -> Int64 {
        paid.malformed == nil && !paid.isLate ? paid.arrivesMilliseconds : paid.happenedMilliseconds + 600
    }

    private mutating func decide(_ number: Int, now: Int64) {
        var slot = load(number)
        plans[slot].assess(&assessment, now: now)
        history.assess(plans[slot], now: now, &assessment)
        var draws = DrawStream(seed: settings.seed, .verdict, number: number)
        if draws.chance(Share(assessment.probability)) {
            goesBad[number] = true
            slot = plan(number)
        }
        SimulationRun.dispatch(plans[slot], plans[slot].fatePlace..<plans[slot].events.count, &arrivals)
        count.count(plans[slot])
        count.countDecision(plans[slot], assessment, now: now)
        if tellsOrders { orderTruths.write(plans[slot], assessment, now: now) }
    }

    private mutating func arrive(_ ticket: Arrivals.Ticket) {
        let slot = load(ticket.order)
        let event = plans[slot].events[ticket.position]
        if !ticket.isRepeat { history.note(event, of: plans[slot]) }
        if writesEvents { lines.write(event, at: ticket.position, of: plans[slot]) }
    }

    /// - Returns: where the order's plan stands.
    private mutating func load(_ number: Int) -> Int {
        let slot = number % SimulationRun.planCount
        return plans[slot].number == number && !plans[slot].events.isEmpty ? slot : plan(number)
    }

    private mutating func plan(_ number: Int) -> Int {
        let slot = number % SimulationRun.planCount
        planner.plan(number, goesBad: goesBad[number], into: &plans[slot])
        if plans[slot].shortage != nil { plans[slot].stockLeft = stockLeft[number] }
        return slot
    }

    private static func dispatch(_ plan: OrderPlan, _ places: Range<Int>, _ arrivals: inout Arrivals) {
        for position in places {
            let event = plan.events[position]
            arrivals.add(
                arrivesMilliseconds: event.arrivesMilliseconds, order: plan.number, position: position,
                isRepeat: false)
            guard let again = event.repeatArrivesMilliseconds else { continue }
            arrivals.add(arrivesMilliseconds: again, order: plan.number, position: position, isRepeat: true)
        }
    }

    // MARK: Lines

    private mutating func writeCatalog<Failure: Error>(
        _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard writesEvents else { return }
        for product in planner.catalog.products.indices {
            lines.writeListing(ofProduct: product)
            if lines.writer.isFull { try flush(sink) }
        }
        for price in planner.catalog.prices.indices {
            lines.writePrice(price)
            if lines.writer.isFull { try flush(sink) }
        }
    }

    private mutating func writeStockCounts(hour: Int) {
        for (number, period) in planner.periods.periods.enumerated() {
            guard period.kind == .oversold, period.hours.lowerBound == hour, planner.periods.isInForce(number),
                let sku = period.target
            else { continue }
            count.countStockCount()
            let begins = planner.calendar.startMilliseconds + Int64(hour) * TradingCalendar.millisecondsPerHour
            if writesEvents { lines.writeStockCount(number, sku: sku, onHand: period.onHand, at: begins) }
        }
    }

    private mutating func flush<Failure: Error>(
        _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        byteCount += lines.writer.count
        if lines.writer.count > 0 { try lines.writer.withBytes(sink) }
        lines.writer.clear()
    }

    private mutating func tell<Failure: Error>(
        _ orderTruth: ((UnsafeRawBufferPointer) throws(Failure) -> Void)?
    ) throws(Failure) {
        if let orderTruth { try orderTruths.writer.withBytes(orderTruth) }
        orderTruths.writer.clear()
    }
}

extension OrderPlan {
    /// Sets what the law of risk asks of the order itself.
    func assess(_ assessment: inout RiskAssessment, now: Int64) {
        assessment.clear()
        assessment.set(.failedPayments, failedPaymentCount(knownAt: now) * 1000)
        assessment.set(.oversold, (stockLeft ?? 0) < 0 ? 1000 : 0)
        assessment.set(.discount, goodsMinor > 0 ? Int(discountMinor * 1000 / goodsMinor) : 0)
        let local = placedMilliseconds + TradingCalendar.offsetMilliseconds
        let hour = local % TradingCalendar.millisecondsPerDay / TradingCalendar.millisecondsPerHour
        assessment.set(.night, hour < 6 ? 1000 : 0)
        assessment.set(.farProvince, Vocabulary.provinces[buyer.province].distanceDays >= 3 ? 1000 : 0)
        assessment.set(.liveStream, trafficSource == 0 ? 1000 : 0)
        assessment.set(.deposit, isDeposit ? 1000 : 0)
        assessment.set(.largeAmount, amountMinor >= 100_000 ? 1000 : 0)
        assessment.set(.promotion, promotion.campaign != nil ? 1000 : 0)
    }

    /// Failed callbacks before the successful one that can be counted then.
    private func failedPaymentCount(knownAt now: Int64) -> Int {
        var failed = 0
        for event in events[..<(paidPlace ?? 0)] where isKnown(event, at: now) {
            if case .paymentCallback(_, succeeded: false, _, _) = event.happening { failed += 1 }
        }
        return failed
    }

    /// Whether the order itself is known when its payment is.
    func isKnown(at now: Int64) -> Bool { isKnown(events[0], at: now) }
    func isReservationKnown(at now: Int64) -> Bool { isKnown(events[1], at: now) }

    private func isKnown(_ event: PlannedEvent, at now: Int64) -> Bool {
        event.malformed == nil && event.arrivesMilliseconds <= now
    }

    /// Whether an engine hears of the payment, in time.
    var isPaymentHeard: Bool {
        guard let paidPlace else { return false }
        return events[paidPlace].malformed == nil
    }
}
