/// How an order comes to be paid, or not.
struct PaymentCourse {
    private let abandonedShare: Share
    private let failedShare: Share
    private let failsAgainShare = Share(0.25)
    private let badChannelShare = Share(0.5)
    private let failingMethodShare = Share(0.7)
    private let testedCardShare = Share(0.6)
    private let untilPaid = DelayCurve([(0, 4), (50, 35), (85, 180), (97, 900), (100, 1750)])
    private let untilRetried = DelayCurve([(0, 20), (60, 60), (100, 240)])
    private let untilFinal = DelayCurve([(0, 43_200), (50, 172_800), (100, 432_000)])
    private static let failuresAtMost = 3
    /// An unpaid order is cancelled after half an hour, a deposit whose rest does not come after six days.
    private static let unpaidMilliseconds: Int64 = 1_800_000
    static let lapsedMilliseconds: Int64 = 6 * TradingCalendar.millisecondsPerDay

    /// What makes payments fail more often than usual.
    enum Trouble {
        case none, badChannel, failingMethod, testedCard
    }

    init(_ settings: SimulationSettings) {
        abandonedShare = Share(settings.abandonedShare)
        failedShare = Share(settings.failedPaymentShare)
    }

    /// Adds the events of the payment, of a deposit's first part.
    /// - Returns: when the order was paid, or approved as a gift; nil when it never was.
    func pay(_ plan: inout OrderPlan, _ trouble: Trouble, _ draws: inout DrawStream) -> Int64? {
        if plan.isGift {
            let approved = plan.placedMilliseconds + Int64(draws.between(1500...4000))
            plan.add(.stateChanged(from: .pendingPayment, to: .paid, by: .system), at: approved)
            return approved
        }
        var moment = plan.placedMilliseconds + draws.draw(untilPaid)
        let abandoned = draws.chance(abandonedShare)
        let stage = plan.isDeposit ? PaymentStage.deposit : .full
        let dueMinor = plan.isDeposit ? plan.depositMinor : plan.amountMinor
        let failureCount = failures(trouble, &draws)
        for attempt in 0..<failureCount {
            plan.add(
                .paymentCallback(stage, succeeded: false, amountMinor: dueMinor, attempt: attempt + 1), at: moment)
            moment += draws.draw(untilRetried)
        }
        guard !abandoned else {
            plan.add(
                .stateChanged(from: .pendingPayment, to: .cancelled, by: .system),
                at: max(plan.placedMilliseconds + PaymentCourse.unpaidMilliseconds, moment))
            return nil
        }
        plan.paidPlace = plan.events.count
        plan.add(
            .paymentCallback(stage, succeeded: true, amountMinor: dueMinor, attempt: failureCount + 1), at: moment)
        plan.add(
            .stateChanged(from: .pendingPayment, to: plan.isDeposit ? .depositPaid : .paid, by: .system),
            at: moment + Int64(draws.between(300...3000)))
        return moment
    }

    private func failures(_ trouble: Trouble, _ draws: inout DrawStream) -> Int {
        let share =
            switch trouble {
            case .none: failedShare
            case .badChannel: badChannelShare
            case .failingMethod: failingMethodShare
            case .testedCard: testedCardShare
            }
        guard draws.chance(share) else { return 0 }
        var count = 1
        while count < PaymentCourse.failuresAtMost, draws.chance(failsAgainShare) { count += 1 }
        return count
    }

    /// Adds a deposit's final payment.
    /// - Returns: when it was made; nil when it never was.
    func payRest(_ plan: inout OrderPlan, deposited: Int64, lapses: Bool, _ draws: inout DrawStream) -> Int64? {
        guard !lapses else {
            plan.add(
                .stateChanged(from: .depositPaid, to: .cancelled, by: .system),
                at: deposited + PaymentCourse.lapsedMilliseconds)
            return nil
        }
        let final = deposited + draws.draw(untilFinal)
        plan.add(
            .paymentCallback(
                .final, succeeded: true, amountMinor: plan.amountMinor - plan.depositMinor, attempt: 9), at: final)
        plan.add(
            .stateChanged(from: .depositPaid, to: .paid, by: .system), at: final + Int64(draws.between(300...3000)))
        return final
    }
}

extension OrderPlan {
    /// Fifteen hundredths, in whole yuan.
    var depositMinor: Int64 { max(100, amountMinor * 15 / 10_000 * 100) }
}
