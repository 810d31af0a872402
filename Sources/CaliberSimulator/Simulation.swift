/// A shop's order events over some weeks, as they arrive at the engine, its ERP's ledger, and the truth about both.
///
/// Orders are pure functions of the settings, their number and whether they go bad: an order's events are planned anew
/// whenever one of them arrives, so a stream of any length is made in the memory of its events under way (8 bytes each)
/// and of what the law of risk counts.
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
    /// - Parameters:
    ///   - sink: takes about a mebibyte of whole lines at a time.
    ///   - orderTruth: takes the truth about each order the same way, one line of JSON each, as the orders are decided.
    /// - Returns: what an engine must find in the stream.
    /// - Complexity: O(orders · log of the events a minute); memory is O(events under way + buyers).
    @discardableResult
    public func write<Failure: Error>(
        to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void,
        orderTruth: ((UnsafeRawBufferPointer) throws(Failure) -> Void)? = nil
    ) throws(Failure) -> SimulationTruth {
        var run = SimulationRun(settings, writesEvents: true, tellsOrders: orderTruth != nil)
        try run.run(to: sink, orderTruth: orderTruth)
        return run.truth()
    }
}
