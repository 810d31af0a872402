/// How the events of an order reach the engine: promptly, twice, late, broken, or before one another.
struct DeliveryFaults {
    private let repeatThreshold: UInt64
    private let lateThreshold: UInt64
    private let malformedThreshold: UInt64
    private let outOfOrderShare: Share
    private let untilRepeated = DelayCurve([(0, 0.2), (60, 2), (90, 600), (100, 86_400)])
    private let lateness = DelayCurve([(0, 86_400), (70, 259_200), (100, 518_400)])
    /// One draw of 63 bits decides on the three faults of an event.
    private static let bitsPerFault: UInt64 = 21

    init(_ settings: SimulationSettings) {
        repeatThreshold = DeliveryFaults.threshold(settings.repeatShare)
        lateThreshold = DeliveryFaults.threshold(settings.lateShare)
        malformedThreshold = DeliveryFaults.threshold(settings.malformedShare)
        outOfOrderShare = Share(settings.outOfOrderShare)
    }

    private static func threshold(_ share: Double) -> UInt64 {
        UInt64((max(0, min(1, share)) * Double(UInt64(1) << bitsPerFault)).rounded())
    }

    /// Gives each event of the plan its arrival and its fault.
    func deliver(_ plan: inout OrderPlan, seed: UInt64) {
        var draws = DrawStream(seed: seed, .faults, number: plan.number)
        let overtakes = draws.chance(outOfOrderShare)
        // Drawn before the events, whose number is not known until the order's fate is decided.
        let lead = overtakes ? Int64(draws.between(200...5000)) : 0
        let untilAgain = overtakes ? draws.draw(untilRepeated) : 0
        for index in plan.events.indices {
            deliver(&plan.events[index], &draws)
        }
        if overtakes { letCallbackOvertake(&plan, lead: lead, untilAgain: untilAgain) }
    }

    private func deliver(_ event: inout PlannedEvent, _ draws: inout DrawStream) {
        let bits = draws.next()
        let mask = (UInt64(1) << DeliveryFaults.bitsPerFault) - 1
        event.arrivesMilliseconds = event.happenedMilliseconds + 30 + Int64(bits >> 55)
        if (bits >> DeliveryFaults.bitsPerFault) & mask < lateThreshold {
            event.isLate = true
            event.arrivesMilliseconds += draws.draw(lateness)
        }
        let isBroken = bits & mask < malformedThreshold
        if isBroken, event.malformed == nil {
            let kinds = MalformedKind.breaking(event.happening.type)
            event.malformed = kinds[draws.below(kinds.count)]
        } else if event.malformed == nil, (draws.next() & mask) < repeatThreshold {
            event.repeatArrivesMilliseconds = event.arrivesMilliseconds + draws.draw(untilRepeated)
        }
    }

    /// The order's own event comes after the first callback about it.
    private func letCallbackOvertake(_ plan: inout OrderPlan, lead: Int64, untilAgain: Int64) {
        let created = plan.events[0]
        guard
            let callback = plan.events.first(where: { $0.happening.type == .paymentCallback }),
            !callback.isLate, !created.isLate
        else { return }
        let arrives = callback.arrivesMilliseconds + lead
        plan.events[0].arrivesMilliseconds = arrives
        if created.repeatArrivesMilliseconds != nil {
            plan.events[0].repeatArrivesMilliseconds = arrives + untilAgain
        }
    }
}

extension MalformedKind {
    /// The ways in which an event of a type can be broken.
    static func breaking(_ type: EventType) -> [MalformedKind] {
        switch type {
        case .orderCreated: ofOrders
        case .paymentCallback: ofPayments
        case .shipmentCreated: ofShipments
        default: ofOthers
        }
    }

    private static let ofOrders: [MalformedKind] = [
        .truncated, .missingField, .zoneMissing, .unknownChannel, .notUTF8, .amountTooPrecise,
    ]
    private static let ofPayments: [MalformedKind] = [
        .truncated, .missingField, .zoneMissing, .undeclaredField, .amountTooPrecise,
    ]
    private static let ofShipments: [MalformedKind] = [
        .truncated, .missingField, .zoneMissing, .undeclaredField, .fullWidthDigit, .fullWidthSpace,
    ]
    private static let ofOthers: [MalformedKind] = [.truncated, .missingField, .zoneMissing, .undeclaredField]
}
