/// How an order comes to be paid, or not.
struct PaymentCourse {
    private let abandonedShare: Share
    private let failedShare: Share
    private let lapseShare: Share
    private let untilPaid = DelayCurve([(0, 4), (50, 35), (85, 180), (97, 900), (100, 1750)])
    private let untilRetried = DelayCurve([(0, 20), (60, 60), (100, 240)])
    private let untilFinal = DelayCurve([(0, 43_200), (50, 259_200), (100, 864_000)])
    /// An unpaid order is cancelled after half an hour, a deposit whose rest does not come after eleven days.
    private static let unpaidMilliseconds: Int64 = 1_800_000
    private static let lapsedMilliseconds: Int64 = 11 * TradingCalendar.millisecondsPerDay

    init(_ settings: SimulationSettings) {
        abandonedShare = Share(settings.abandonedShare)
        failedShare = Share(settings.failedPaymentShare)
        lapseShare = Share(settings.depositLapseShare)
    }

    /// Adds the payment's events.
    /// - Returns: when the order was paid in full, or approved as a gift; nil when it never was.
    func pay(_ plan: inout OrderPlan, _ draws: inout DrawStream) -> Int64? {
        if plan.isGift {
            let approved = plan.placedMilliseconds + Int64(draws.between(1500...4000))
            plan.add(.stateChanged(from: .pendingPayment, to: .paid, by: .system), at: approved)
            return approved
        }
        let firstTry = plan.placedMilliseconds + draws.draw(untilPaid)
        let abandoned = draws.chance(abandonedShare)
        let failed = draws.chance(failedShare)
        let stage = plan.isDeposit ? PaymentStage.deposit : .full
        let dueMinor = plan.isDeposit ? max(100, plan.amountMinor * 15 / 10_000 * 100) : plan.amountMinor
        if failed {
            plan.add(.paymentCallback(stage, succeeded: false, amountMinor: dueMinor, attempt: 1), at: firstTry)
        }
        guard !abandoned else {
            plan.add(
                .stateChanged(from: .pendingPayment, to: .cancelled, by: .system),
                at: plan.placedMilliseconds + PaymentCourse.unpaidMilliseconds)
            return nil
        }
        let paid = failed ? firstTry + draws.draw(untilRetried) : firstTry
        plan.add(
            .paymentCallback(stage, succeeded: true, amountMinor: dueMinor, attempt: failed ? 2 : 1), at: paid)
        let noticed = paid + Int64(draws.between(300...3000))
        guard plan.isDeposit else {
            plan.add(.stateChanged(from: .pendingPayment, to: .paid, by: .system), at: noticed)
            return paid
        }
        plan.add(.stateChanged(from: .pendingPayment, to: .depositPaid, by: .system), at: noticed)
        return payRest(&plan, paid: paid, depositMinor: dueMinor, &draws)
    }

    private func payRest(
        _ plan: inout OrderPlan, paid: Int64, depositMinor: Int64, _ draws: inout DrawStream
    ) -> Int64? {
        guard !draws.chance(lapseShare), plan.amountMinor > depositMinor else {
            plan.add(
                .stateChanged(from: .depositPaid, to: .cancelled, by: .system),
                at: paid + PaymentCourse.lapsedMilliseconds)
            return nil
        }
        let final = paid + draws.draw(untilFinal)
        plan.add(
            .paymentCallback(
                .final, succeeded: true, amountMinor: plan.amountMinor - depositMinor, attempt: 3), at: final)
        plan.add(
            .stateChanged(from: .depositPaid, to: .paid, by: .system), at: final + Int64(draws.between(300...3000)))
        return final
    }
}
