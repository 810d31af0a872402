/// What becomes of a paid order: review, parcels, receipt, or the way in which it goes bad.
struct ShippingCourse {
    private let reviewShare: Share
    private let splitShare: Share
    private let isDetailed: Bool
    private let partialShare = Share(0.4)
    private let routes = Weights([85, 9, 6])
    private let inReview = DelayCurve([(0, 300), (60, 2700), (95, 12_600), (100, 28_800)])
    private let untilShipped = DelayCurve([(0, 3600), (40, 28_800), (80, 86_400), (97, 172_800), (100, 345_600)])
    private let nearTransit = DelayCurve([(0, 50_400), (50, 129_600), (92, 259_200), (100, 604_800)])
    private let slowdown = DelayCurve([(0, 172_800), (50, 302_400), (100, 432_000)])
    private let pastPromise = DelayCurve([(0, 270_000), (60, 400_000), (100, 604_800)])
    private let untilConfirmed = DelayCurve([(0, 3600), (40, 172_800), (45, 604_800), (100, 608_400)])
    private let untilEarlyRefund = DelayCurve([(0, 300), (70, 14_400), (100, 64_800)])
    private let untilLateRefund = DelayCurve([(0, 7200), (50, 172_800), (100, 604_800)])
    private let untilSettled = DelayCurve([(0, 600), (70, 43_200), (100, 259_200)])
    /// However slow the carrier, an order that goes well arrives within this long after its promise.
    private static let latestGoodMilliseconds = TradingCalendar.millisecondsPerDay * 5 / 2
    /// A good customer waits, a bad one complains about three days.
    static let lateMilliseconds = 3 * TradingCalendar.millisecondsPerDay

    init(_ settings: SimulationSettings) {
        reviewShare = Share(settings.reviewShare)
        splitShare = Share(settings.splitParcelShare)
        isDetailed = settings.isDetailed
    }

    /// - Parameter isSlow: whether the carrier of the plan is slow at a moment.
    func fulfil(
        _ plan: inout OrderPlan, from paid: Int64, distanceDays: Int, _ draws: inout DrawStream,
        isSlow: (Int64) -> Bool
    ) {
        var ready = paid + 5000
        if draws.chance(reviewShare) || plan.stuckCause?.isInReview == true {
            guard let approved = review(&plan, from: ready, &draws) else { return }
            ready = approved
        }
        switch plan.badWay {
        case .cancelled: return cancel(&plan, at: ready + draws.draw(untilEarlyRefund), from: .paid, by: .buyer, &draws)
        case .refundedBeforeShipping:
            return refund(&plan, plan.amountMinor, from: .paid, asked: ready + draws.draw(untilEarlyRefund), &draws)
        case .stuck: return standStill(&plan, from: ready, &draws)
        default: break
        }
        let shipped = ready + draws.draw(untilShipped)
        plan.add(.shipmentCreated(parcel: 0), at: shipped)
        plan.add(.stateChanged(from: .paid, to: .shipped, by: .warehouse), at: shipped + Int64(draws.below(4000)))
        var travels = draws.draw(nearTransit) + Int64(distanceDays) * TradingCalendar.millisecondsPerDay * 3 / 4
        if isSlow(shipped) {
            travels += draws.draw(slowdown)
            let carrier = Vocabulary.carriers[plan.carrier].code
            plan.faults.append(
                PlannedFault(
                    kind: .slowCarrier, detail: String(decoding: carrier, as: UTF8.self),
                    place: plan.events.count - 2))
        }
        let isSplit = draws.chance(splitShare)
        let restShipped = shipped + draws.draw(untilConfirmed) / 20
        if isSplit { plan.add(.shipmentCreated(parcel: 1), at: restShipped) }
        guard plan.badWay != .lost else { return }
        let delivered = arrival(
            plan, isSplit ? max(shipped + travels, restShipped + 40_000_000) : shipped + travels, &draws)
        if isSplit {
            let first = min(shipped + travels, delivered - 60_000)
            plan.add(.shipmentDelivered(parcel: 0), at: first)
        }
        plan.add(.shipmentDelivered(parcel: isSplit ? 1 : 0), at: delivered)
        plan.add(
            .stateChanged(from: .shipped, to: .delivered, by: .carrier), at: delivered + Int64(draws.below(6000)))
        close(&plan, delivered: delivered + 6000, &draws)
    }

    /// When the last parcel arrives: the promise divides those that go well from those that do not.
    private func arrival(_ plan: OrderPlan, _ natural: Int64, _ draws: inout DrawStream) -> Int64 {
        if plan.badWay == .deliveredLate {
            return max(natural, plan.promisedMilliseconds) + draws.draw(pastPromise)
        }
        return min(natural, plan.promisedMilliseconds + ShippingCourse.latestGoodMilliseconds)
    }

    /// - Returns: when it was approved; nil when the order ends here.
    private func review(_ plan: inout OrderPlan, from ready: Int64, _ draws: inout DrawStream) -> Int64? {
        plan.add(.stateChanged(from: .paid, to: .pendingReview, by: .risk), at: ready)
        let approved = ready + draws.draw(inReview)
        if plan.badWay == .cancelled {
            cancel(&plan, at: approved, from: .pendingReview, by: .risk, &draws)
            return nil
        }
        guard plan.stuckCause?.isInReview != true else {
            plan.add(
                .approved(by: plan.stuckCause == .wrongApproverRole ? .warehouseClerk : .riskOfficer), at: approved)
            noteStuck(&plan)
            return nil
        }
        if isDetailed { plan.add(.approved(by: .riskOfficer), at: approved - 500) }
        plan.add(.stateChanged(from: .pendingReview, to: .paid, by: .risk), at: approved)
        return approved
    }

    /// Tried to leave the warehouse, and was refused.
    private func standStill(_ plan: inout OrderPlan, from ready: Int64, _ draws: inout DrawStream) {
        guard let cause = plan.stuckCause else { return }
        plan.add(.transitionRefused(from: .paid, to: .shipped, cause), at: ready + draws.draw(untilShipped))
        noteStuck(&plan)
    }

    private func noteStuck(_ plan: inout OrderPlan) {
        plan.faults.append(
            PlannedFault(
                kind: .stuck, detail: plan.stuckCause?.rawValue, place: plan.events.count - 1,
                amountMinor: plan.amountMinor))
    }

    private func close(_ plan: inout OrderPlan, delivered: Int64, _ draws: inout DrawStream) {
        if plan.badWay == .refundedAfterDelivery || plan.badWay == .refundedOffline {
            let partial = plan.amountMinor * Int64(draws.between(20...90)) / 100
            let amount = draws.chance(partialShare) ? max(1, partial) : plan.amountMinor
            let asked = delivered + draws.draw(untilLateRefund)
            guard plan.badWay == .refundedOffline else {
                return refund(&plan, amount, from: .delivered, asked: asked, &draws)
            }
            // Settled by hand: the shop's systems hear of the wish and of nothing after it.
            plan.add(.stateChanged(from: .delivered, to: .refunding, by: .buyer), at: asked)
            plan.faults.append(
                PlannedFault(kind: .offlineRefundNotSynced, place: plan.events.count - 1, amountMinor: amount))
            return
        }
        let confirmedByBuyer = draws.draw(untilConfirmed)
        plan.add(
            .stateChanged(
                from: .delivered, to: .completed, by: confirmedByBuyer < 604_800_000 ? .buyer : .system),
            at: delivered + confirmedByBuyer)
    }

    private func cancel(
        _ plan: inout OrderPlan, at asked: Int64, from state: OrderState, by actor: Actor, _ draws: inout DrawStream
    ) {
        plan.add(.stateChanged(from: state, to: .cancelled, by: actor), at: asked)
        plan.add(.refundSettled(amountMinor: plan.amountMinor, route: .original), at: asked + draws.draw(untilSettled))
    }

    private func refund(
        _ plan: inout OrderPlan, _ amountMinor: Int64, from state: OrderState, asked: Int64,
        _ draws: inout DrawStream
    ) {
        let route: RefundRoute =
            switch draws.draw(routes) {
            case 0: .original
            case 1: .balance
            default: .offline
            }
        let settled = asked + draws.draw(untilSettled)
        plan.add(.stateChanged(from: state, to: .refunding, by: .buyer), at: asked)
        plan.add(.refundSettled(amountMinor: amountMinor, route: route), at: settled)
        plan.add(.stateChanged(from: .refunding, to: .refunded, by: .merchant), at: settled + 1500)
    }
}

extension StuckCause {
    /// Whether an order stands still before its review is over, or after.
    var isInReview: Bool { self == .approvedWithoutEvent || self == .wrongApproverRole }
}
