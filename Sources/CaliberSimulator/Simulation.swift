/// A shop's order events over some weeks, as they arrive at the engine, and its ERP's ledger.
///
/// Orders are pure functions of the settings and their number: an order's events are planned anew whenever one of them
/// arrives, so a stream of any length is made in the memory of its events under way (8 bytes each).
public struct Simulation: Sendable {
    public let settings: SimulationSettings

    /// - Precondition: there is at least one day and one channel, and orders are not negative in number.
    public init(_ settings: SimulationSettings) {
        precondition(
            settings.dayCount > 0 && settings.orderCount >= 0 && !settings.channels.isEmpty,
            "a simulation has days, orders and channels, got \(settings)")
        self.settings = settings
    }

    /// Writes the stream as CloudEvents NDJSON, in the order of arrival: first the catalog, then the orders' events.
    ///
    /// - Parameter sink: takes about a mebibyte of whole lines at a time.
    /// - Returns: what an engine must find in the stream.
    /// - Complexity: O(orders · log of the events an hour); memory is O(events under way).
    @discardableResult
    public func write<Failure: Error>(
        to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> SimulationTruth {
        let planner = OrderPlanner(settings)
        var truth = TruthCount(startDay: settings.startDay, channels: settings.channels)
        var lines = EventLines(channels: settings.channels, catalog: planner.catalog)
        var byteCount = 0
        truth.countCatalog(planner.catalog)
        for product in planner.catalog.products.indices {
            lines.writeListing(ofProduct: product)
            try pass(&lines, &byteCount, sink)
        }
        for price in planner.catalog.prices.indices {
            lines.writePrice(price)
            try pass(&lines, &byteCount, sink)
        }

        var arrivals = Arrivals(startMilliseconds: planner.calendar.startMilliseconds)
        var plan = OrderPlan()
        var hour = 0
        while hour < planner.calendar.hourCount || arrivals.pendingCount > 0 {
            if hour < planner.calendar.hourCount {
                for number in planner.calendar.orders(inHour: hour) {
                    planner.plan(number, into: &plan)
                    truth.count(plan)
                    dispatch(plan, &arrivals)
                }
            }
            for ticket in arrivals.takeHour() {
                if plan.number != ticket.order || plan.events.isEmpty { planner.plan(ticket.order, into: &plan) }
                lines.write(plan.events[ticket.position], at: ticket.position, of: plan)
                try pass(&lines, &byteCount, sink)
            }
            hour += 1
        }
        try flush(&lines, &byteCount, sink)
        return truth.result(byteCount: byteCount)
    }

    private func dispatch(_ plan: OrderPlan, _ arrivals: inout Arrivals) {
        for (position, event) in plan.events.enumerated() {
            arrivals.add(
                arrivesMilliseconds: event.arrivesMilliseconds, order: plan.number, position: position,
                isRepeat: false)
            guard let again = event.repeatArrivesMilliseconds else { continue }
            arrivals.add(arrivesMilliseconds: again, order: plan.number, position: position, isRepeat: true)
        }
    }

    private func pass<Failure: Error>(
        _ lines: inout EventLines, _ byteCount: inout Int, _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        if lines.writer.isFull { try flush(&lines, &byteCount, sink) }
    }

    private func flush<Failure: Error>(
        _ lines: inout EventLines, _ byteCount: inout Int, _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        byteCount += lines.writer.count
        try lines.writer.withBytes(sink)
        lines.writer.clear()
    }
}
