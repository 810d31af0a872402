/// The documents around an order beside the usual events, and what is wrong with them: lines with their discount, foreign
/// currency, tracking numbers.
struct DocumentFaults {
    private let isDetailed: Bool
    private let breaksTracking: Bool
    private let trackingShare: Share
    private let discountWholeShare: Share
    private let rateNotLockedShare: Share
    private let foreignShare = Share(0.015)

    init(_ settings: SimulationSettings) {
        isDetailed = settings.isDetailed
        breaksTracking = settings.faults.trackingBreakShare > 0
        trackingShare = Share(settings.faults.trackingBreakShare)
        discountWholeShare = Share(settings.faults.discountAllocatedWholeShare)
        rateNotLockedShare = Share(settings.faults.rateNotLockedShare)
    }

    /// Lines and currency. An order of several pieces has two lines.
    ///
    /// - Parameter original: the order that this one enters again, to be like it; else its own number.
    func add(to plan: inout OrderPlan, seed: UInt64, original: Int) {
        guard isDetailed else { return }
        var draws = DrawStream(seed: seed, .documents, number: original)
        if draws.chance(foreignShare), !plan.isGift { payAbroad(&plan, &draws) }
        guard plan.quantity > 1 else { return }
        plan.lines = [plan.quantity - plan.quantity / 2, plan.quantity / 2]
        plan.isDiscountAllocated = plan.discountMinor == 0 || !draws.chance(discountWholeShare)
        for line in plan.lines.indices {
            plan.add(.lineAdded(line), at: plan.placedMilliseconds + Int64(20 * (line + 1)))
        }
        guard !plan.isDiscountAllocated else { return }
        plan.faults.append(
            PlannedFault(
                kind: .discountAllocatedWhole, place: plan.events.count - plan.lines.count,
                amountMinor: plan.discountMinor - plan.allocatedDiscounts[0]))
    }

    private func payAbroad(_ plan: inout OrderPlan, _ draws: inout DrawStream) {
        plan.currency = draws.below(Vocabulary.currencies.count)
        plan.isRateLocked = !draws.chance(rateNotLockedShare)
        guard !plan.isRateLocked else { return }
        plan.faults.append(PlannedFault(kind: .rateNotLocked, place: 0, amountMinor: plan.amountMinor))
    }

    /// Spoils a parcel's number.
    func breakTracking(_ plan: inout OrderPlan, seed: UInt64) {
        guard breaksTracking else { return }
        for place in plan.events.indices {
            guard case .shipmentCreated(let parcel) = plan.events[place].happening else { continue }
            var draws = DrawStream(seed: seed ^ 0x7472_6163, .documents, number: plan.number * 2 + parcel)
            guard draws.chance(trackingShare) else { continue }
            let kind = TrackingBreak.allCases[draws.below(TrackingBreak.allCases.count)]
            plan.events[place].malformed = kind.malformed
            plan.events[place].hasWrongPrefix = kind == .wrongPrefix
            plan.faults.append(PlannedFault(kind: .trackingBreak, detail: kind.rawValue, place: place))
        }
    }
}

extension OrderPlan {
    /// The list value of each line's pieces.
    func goodsMinor(ofLine line: Int) -> Int64 { goodsMinor / Int64(quantity) * Int64(lines[line]) }

    /// The discount that each line should have: by its share of the goods, what is left over by largest remainder.
    var allocatedDiscounts: [Int64] {
        guard lines.count == 2 else { return [discountMinor] }
        let first = (discountMinor * Int64(lines[0]) * 2 + Int64(quantity)) / Int64(2 * quantity)
        return [first, discountMinor - first]
    }

    /// The discount that each line has.
    func discountMinor(ofLine line: Int) -> Int64 {
        isDiscountAllocated ? allocatedDiscounts[line] : line == 0 ? discountMinor : 0
    }
}
