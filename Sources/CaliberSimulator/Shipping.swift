/// What becomes of a paid order: review, parcel, receipt, refund.
struct ShippingCourse {
    private let reviewShare: Share
    private let earlyRefundShare: Share
    private let lateRefundShare: Share
    private let partialShare = Share(0.4)
    private let routes = Weights([85, 9, 6])
    private let inReview = DelayCurve([(0, 300), (60, 2700), (95, 12_600), (100, 28_800)])
    private let untilShipped = DelayCurve([(0, 3600), (40, 28_800), (80, 86_400), (97, 172_800), (100, 345_600)])
    private let nearTransit = DelayCurve([(0, 50_400), (50, 129_600), (92, 259_200), (100, 604_800)])
    private let untilConfirmed = DelayCurve([(0, 3600), (40, 172_800), (45, 604_800), (100, 608_400)])
    private let untilEarlyRefund = DelayCurve([(0, 300), (70, 14_400), (100, 64_800)])
    private let untilLateRefund = DelayCurve([(0, 7200), (50, 172_800), (100, 604_800)])
    private let untilSettled = DelayCurve([(0, 600), (70, 43_200), (100, 259_200)])

    init(_ settings: SimulationSettings) {
        reviewShare = Share(settings.reviewShare)
        earlyRefundShare = Share(settings.refundBeforeShippingShare)
        lateRefundShare = Share(settings.refundAfterDeliveryShare)
    }

    func fulfil(_ plan: inout OrderPlan, from paid: Int64, distanceDays: Int, _ draws: inout DrawStream) {
        var ready = paid + 5000
        if draws.chance(reviewShare) {
            plan.add(.stateChanged(from: .paid, to: .pendingReview, by: .risk), at: ready)
            ready += draws.draw(inReview)
            plan.add(.stateChanged(from: .pendingReview, to: .paid, by: .risk), at: ready)
        }
        if !plan.isGift, draws.chance(earlyRefundShare) {
            let asked = ready + draws.draw(untilEarlyRefund)
            refund(&plan, plan.amountMinor, from: .paid, asked: asked, &draws)
            return
        }
        let shipped = ready + draws.draw(untilShipped)
        plan.add(.shipmentCreated, at: shipped)
        plan.add(.stateChanged(from: .paid, to: .shipped, by: .warehouse), at: shipped + Int64(draws.below(4000)))
        let travels = draws.draw(nearTransit) + Int64(distanceDays) * TradingCalendar.millisecondsPerDay * 3 / 4
        let delivered = shipped + travels
        plan.add(.shipmentDelivered, at: delivered)
        plan.add(
            .stateChanged(from: .shipped, to: .delivered, by: .carrier), at: delivered + Int64(draws.below(6000)))
        close(&plan, delivered: delivered + 6000, &draws)
    }

    private func close(_ plan: inout OrderPlan, delivered: Int64, _ draws: inout DrawStream) {
        if !plan.isGift, draws.chance(lateRefundShare) {
            let partial = plan.amountMinor * Int64(draws.between(20...90)) / 100
            let amount = draws.chance(partialShare) ? max(1, partial) : plan.amountMinor
            refund(&plan, amount, from: .delivered, asked: delivered + draws.draw(untilLateRefund), &draws)
            return
        }
        let confirmedByBuyer = draws.draw(untilConfirmed)
        plan.add(
            .stateChanged(
                from: .delivered, to: .completed, by: confirmedByBuyer < 604_800_000 ? .buyer : .system),
            at: delivered + confirmedByBuyer)
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
