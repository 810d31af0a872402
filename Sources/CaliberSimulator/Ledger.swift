/// What the ERP made of the same orders: its ledger, by creation time, with its own habits.
///
/// It posts every order that was paid at least in part, at its full price, and gifts at their goods' worth; it misses
/// some orders, and has another amount for some. A look at it beside the callbacks gives a gap that has causes.
public struct LedgerTruth: Hashable, Sendable {
    public internal(set) var rowCount = 0
    public internal(set) var totalMinor: Int64 = 0
    /// Orders that belong in the ledger and are not there.
    public internal(set) var missingCount = 0
    public internal(set) var missingMinor: Int64 = 0
    public internal(set) var differentAmountCount = 0
    /// Posted amount less the right one, over the rows where they differ.
    public internal(set) var differentAmountMinor: Int64 = 0
    public internal(set) var giftCount = 0
    public internal(set) var giftMinor: Int64 = 0
    /// Deposits posted in full whose final payment never came.
    public internal(set) var lapsedDepositCount = 0
    /// Given back over all rows, by whatever route.
    public internal(set) var refundedMinor: Int64 = 0
}

extension Simulation {
    /// Writes the ledger as CSV: `order_no,posted_at,channel,amount,freight,is_gift,sku,quantity,refunded`, times on
    /// Shanghai's clock without a zone, channels by their ERP names.
    @discardableResult
    public func writeLedger<Failure: Error>(
        to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> LedgerTruth {
        var run = SimulationRun(settings, writesEvents: false, tellsOrders: false)
        try run.run(to: { (_) throws(Failure) in }, orderTruth: nil)
        let course = LedgerCourse(settings)
        let channelNames = settings.channels.map { Vocabulary.utf8($0.ledgerName) }
        var lines = EventLines(settings, run.planner)
        var truth = LedgerTruth()
        var plan = OrderPlan()
        lines.writer.text("order_no,posted_at,channel,amount,freight,is_gift,sku,quantity,refunded\n")
        for number in 0..<settings.orderCount {
            run.planner.plan(number, goesBad: run.goesBad[number], into: &plan)
            guard let entry = course.entry(of: plan) else { continue }
            truth.count(plan, entry)
            guard let posted = entry.postedMinor else { continue }
            lines.writeLedgerRow(plan, channelNames[plan.channel], entry, postedMinor: posted)
            if lines.writer.isFull {
                try lines.writer.withBytes(sink)
                lines.writer.clear()
            }
        }
        try lines.writer.withBytes(sink)
        return truth
    }
}

/// What the ERP makes of one order.
struct LedgerEntry {
    /// What belongs in the ledger by its own habits.
    let rightMinor: Int64
    /// nil: the row is missing.
    let postedMinor: Int64?
    /// What finance gave back, by whatever route.
    let refundedMinor: Int64
    let faults: [PlannedFault]
}

struct LedgerCourse {
    private let seed: UInt64
    private let missingShare: Share
    private let differentShare: Share

    init(_ settings: SimulationSettings) {
        seed = settings.seed
        missingShare = Share(settings.ledgerMissingShare)
        differentShare = Share(settings.ledgerDifferentAmountShare)
    }

    /// nil: the order is none of the ledger's business.
    func entry(of plan: OrderPlan) -> LedgerEntry? {
        guard plan.isGift || plan.paidPlace != nil else { return nil }
        var draws = DrawStream(seed: seed, .ledger, number: plan.number)
        let right = plan.isGift ? plan.goodsMinor : plan.amountMinor
        guard !draws.chance(missingShare) else {
            return LedgerEntry(
                rightMinor: right, postedMinor: nil, refundedMinor: plan.refundedMinor,
                faults: [PlannedFault(kind: .missingInLedger, amountMinor: right)])
        }
        var posted = right
        var faults: [PlannedFault] = []
        if !plan.isGift, draws.chance(differentShare) {
            posted = max(1, right * Int64(draws.between(60...110)) / 100 + 1)
            if posted != right {
                faults.append(PlannedFault(kind: .amountDiffersInLedger, amountMinor: posted - right))
            }
        }
        if plan.badWay == .lapsed {
            faults.append(
                PlannedFault(
                    kind: .depositCountedAsSale, place: plan.paidPlace, amountMinor: posted - plan.depositMinor))
        }
        return LedgerEntry(
            rightMinor: right, postedMinor: posted, refundedMinor: plan.refundedMinor, faults: faults)
    }
}

extension LedgerTruth {
    fileprivate mutating func count(_ plan: OrderPlan, _ entry: LedgerEntry) {
        guard let posted = entry.postedMinor else {
            missingCount += 1
            missingMinor += entry.rightMinor
            return
        }
        rowCount += 1
        totalMinor += posted
        refundedMinor += entry.refundedMinor
        differentAmountCount += posted == entry.rightMinor ? 0 : 1
        differentAmountMinor += posted - entry.rightMinor
        giftCount += plan.isGift ? 1 : 0
        giftMinor += plan.isGift ? posted : 0
        lapsedDepositCount += plan.badWay == .lapsed ? 1 : 0
    }
}

extension OrderPlan {
    /// What went back to the buyer, whether an event tells it or not.
    fileprivate var refundedMinor: Int64 {
        var sum: Int64 = 0
        for event in events {
            if case .refundSettled(let amountMinor, _) = event.happening { sum += amountMinor }
        }
        for fault in faults where fault.kind == .offlineRefundNotSynced { sum += fault.amountMinor }
        return sum
    }
}

extension EventLines {
    fileprivate mutating func writeLedgerRow(
        _ plan: OrderPlan, _ channel: [UInt8], _ entry: LedgerEntry, postedMinor: Int64
    ) {
        let comma = UInt8(ascii: ",")
        orderID(plan)
        writer.byte(comma)
        writer.time(plan.placedMilliseconds, .plain)
        writer.byte(comma)
        writer.text(channel)
        writer.byte(comma)
        writer.amount(postedMinor)
        writer.byte(comma)
        writer.amount(plan.freightMinor)
        writer.text(plan.isGift ? ",1," : ",0,")
        sku(plan.sku)
        writer.byte(comma)
        writer.integer(Int64(plan.quantity))
        writer.byte(comma)
        writer.amount(entry.refundedMinor)
        writer.byte(UInt8(ascii: "\n"))
    }
}
