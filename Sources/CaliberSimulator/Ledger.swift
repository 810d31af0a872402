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
}

extension Simulation {
    /// Writes the ledger as CSV: `order_no,posted_at,channel,amount,freight,is_gift,sku,quantity`, times on Shanghai's
    /// clock without a zone, channels by their ERP names.
    @discardableResult
    public func writeLedger<Failure: Error>(
        to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> LedgerTruth {
        let planner = OrderPlanner(settings)
        let missingShare = Share(settings.ledgerMissingShare)
        let differentShare = Share(settings.ledgerDifferentAmountShare)
        let channelNames = settings.channels.map { Vocabulary.utf8($0.ledgerName) }
        var lines = EventLines(channels: settings.channels, catalog: planner.catalog)
        var truth = LedgerTruth()
        var plan = OrderPlan()
        lines.writer.text("order_no,posted_at,channel,amount,freight,is_gift,sku,quantity\n")
        for number in 0..<settings.orderCount {
            planner.plan(number, into: &plan)
            guard plan.isGift || plan.isPaidInPart else { continue }
            var draws = DrawStream(seed: settings.seed, .ledger, number: number)
            let right = plan.isGift ? plan.goodsMinor : plan.amountMinor
            if draws.chance(missingShare) {
                truth.missingCount += 1
                truth.missingMinor += right
                continue
            }
            var posted = right
            if !plan.isGift, draws.chance(differentShare) {
                posted = max(1, right * Int64(draws.between(60...110)) / 100 + 1)
                truth.differentAmountCount += posted == right ? 0 : 1
                truth.differentAmountMinor += posted - right
            }
            truth.count(plan, postedMinor: posted)
            lines.writeLedgerRow(plan, channelNames[plan.channel], postedMinor: posted)
            if lines.writer.isFull {
                try lines.writer.withBytes(sink)
                lines.writer.clear()
            }
        }
        try lines.writer.withBytes(sink)
        return truth
    }
}

extension LedgerTruth {
    fileprivate mutating func count(_ plan: OrderPlan, postedMinor: Int64) {
        rowCount += 1
        totalMinor += postedMinor
        giftCount += plan.isGift ? 1 : 0
        giftMinor += plan.isGift ? postedMinor : 0
        lapsedDepositCount += plan.isDeposit && !plan.isPaidInFull ? 1 : 0
    }
}

extension OrderPlan {
    fileprivate var isPaidInPart: Bool {
        events.contains {
            if case .paymentCallback(_, succeeded: true, _, _) = $0.happening { true } else { false }
        }
    }

    fileprivate var isPaidInFull: Bool {
        events.contains {
            switch $0.happening {
            case .paymentCallback(.full, succeeded: true, _, _), .paymentCallback(.final, succeeded: true, _, _): true
            default: false
            }
        }
    }
}

extension EventLines {
    fileprivate mutating func writeLedgerRow(_ plan: OrderPlan, _ channel: [UInt8], postedMinor: Int64) {
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
        writer.byte(UInt8(ascii: "\n"))
    }
}
