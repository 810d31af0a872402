/// Draws in which way an order goes bad that does.
struct OrderFates {
    private let ways: [BadWay]
    private let wayWeights: Weights
    private let lapseShare: Share
    private let stuckShare: Share
    private let offlineShare: Share

    init(_ settings: SimulationSettings) {
        let weighted = BadWay.allCases.compactMap { way in
            settings.badWayWeights[way].flatMap { $0 > 0 ? (way: way, weight: $0) : nil }
        }
        ways = weighted.isEmpty ? [.cancelled] : weighted.map(\.way)
        wayWeights = Weights(weighted.isEmpty ? [1] : weighted.map(\.weight))
        lapseShare = Share(settings.depositLapseShare)
        stuckShare = Share(settings.faults.stuckShare)
        offlineShare = Share(settings.faults.offlineRefundNotSyncedShare)
    }

    func draw(_ plan: inout OrderPlan, _ draws: inout DrawStream) {
        if plan.isDeposit, draws.chance(lapseShare) {
            plan.badWay = .lapsed
        } else if draws.chance(stuckShare) {
            plan.badWay = .stuck
            plan.stuckCause = StuckCause.allCases[draws.below(StuckCause.allCases.count)]
        } else if draws.chance(offlineShare) {
            plan.badWay = .refundedOffline
        } else {
            plan.badWay = ways[draws.draw(wayWeights)]
        }
    }
}
