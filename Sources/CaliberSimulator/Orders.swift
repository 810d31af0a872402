import CaliberCore

/// Plans orders: a pure function of the settings, the order's number and whether it goes bad, so that no order has to be
/// remembered between its events but for that one word.
struct OrderPlanner: ~Copyable {
    let seed: UInt64
    let calendar: TradingCalendar
    let catalog: Catalog
    let channels: [SalesChannel]
    let people: People
    let periods: FaultPeriods
    let payments: PaymentCourse
    let shipping: ShippingCourse
    let faults: DeliveryFaults
    let documents: DocumentFaults
    let fates: OrderFates

    private let channelWeights: Weights
    private let carrierWeights = Weights(Vocabulary.carriers.map(\.weight))
    private let methodWeights = Weights(Vocabulary.paymentMethods.map(\.weight))
    private let trafficWeights = Weights(Vocabulary.trafficSources.map(\.weight))
    private let quantityWeights = Weights([78, 14, 5, 2, 1])
    private let distanceDays = Vocabulary.provinces.map(\.distanceDays)
    private let inShop: [Bool]
    private let giftShare: Share
    private let depositShare: Share
    private let promotionDepositShare: Share
    private let duplicateShare: Share
    private let discountShare = Share(0.34)
    private let promotionDiscountShare = Share(0.82)
    private let campaignShare = Share(0.2)
    private let freeFreightShare = Share(0.7)
    /// Of the orders while cards are tested; while there is a run on a SKU.
    private let testedCardShare = Share(0.25)
    private let soughtShare = Share(0.02)
    /// Two entries of one purchase are this far apart.
    private static let millisecondsUntilTwin = 400...9500

    init(_ settings: SimulationSettings) {
        seed = settings.seed
        channels = settings.channels
        calendar = TradingCalendar(
            startDay: settings.startDay, dayCount: settings.dayCount, orderCount: settings.orderCount)
        catalog = Catalog(
            seed: settings.seed, productCount: settings.productCount, startMilliseconds: calendar.startMilliseconds,
            dayCount: settings.dayCount)
        people = People(settings)
        periods = FaultPeriods(settings, catalog: catalog)
        payments = PaymentCourse(settings)
        shipping = ShippingCourse(settings)
        faults = DeliveryFaults(settings)
        documents = DocumentFaults(settings)
        fates = OrderFates(settings)
        channelWeights = Weights(settings.channels.map(\.weight))
        inShop = settings.channels.map { $0.name == "store" }
        giftShare = Share(settings.giftShare)
        depositShare = Share(settings.depositShare)
        promotionDepositShare = Share(settings.depositShare * 3)
        duplicateShare = Share(settings.faults.duplicateOrderShare)
    }

    /// Fills `plan`, whose storage is used again, with order `number`.
    func plan(_ number: Int, goesBad: Bool, into plan: inout OrderPlan) {
        plan.clear()
        plan.number = number
        let hour = calendar.hour(ofOrder: number)
        let original = original(of: number, inHour: hour)
        var draws = DrawStream(seed: seed, .order, number: original)
        plan.placedMilliseconds = calendar.placedMilliseconds(
            order: original, inHour: hour, jitter: draws.below(1000))
        let isTested = place(&plan, original: original, hour: hour, &draws)
        if original != number { enterAgain(&plan, original: original, &draws) }
        plan.add(.orderCreated, at: plan.placedMilliseconds)
        plan.add(.stockReserved, at: plan.placedMilliseconds + Int64(draws.between(150...2500)))
        documents.add(to: &plan, seed: seed, original: original)
        let trouble = trouble(plan, isTested: isTested, hour: hour)
        plan.shortage = periods.shortage(sku: plan.sku, hour: hour)
        let paid = payments.pay(&plan, trouble, &draws)
        plan.fatePlace = plan.events.count
        note(trouble, in: &plan)
        if let paid {
            var fate = DrawStream(seed: seed, .fate, number: number)
            follow(&plan, from: paid, goesBad: goesBad, &fate)
        }
        documents.breakTracking(&plan, seed: seed)
        faults.deliver(&plan, seed: seed)
    }

    /// What the buyer orders, and who it is.
    /// - Returns: whether a card is being tested.
    private func place(_ plan: inout OrderPlan, original: Int, hour: Int, _ draws: inout DrawStream) -> Bool {
        let date = CivilDate(shanghaiMilliseconds: plan.placedMilliseconds)
        plan.promotion = calendar.promotion(on: date)
        let isTested = periods.testsCards(hour: hour) && draws.chance(testedCardShare)
        let person = isTested ? people.burstPerson(ofOrder: original) : people.drawPerson(&draws)
        plan.channel = people.channel(ofPerson: person, channelWeights, &draws)
        plan.store = 1 + draws.below(channels[plan.channel].storeCount)
        plan.buyer = people.buyer(
            person: person, channel: plan.channel, store: plan.store, inShop: inShop[plan.channel],
            burst: isTested ? original : nil, &draws)
        fillBasket(&plan, isTested: isTested, hour: hour, &draws)
        plan.trafficSource = draws.draw(trafficWeights)
        plan.paymentMethod = draws.draw(methodWeights)
        plan.carrier = draws.draw(carrierWeights)
        plan.warehouse = draws.below(Vocabulary.warehouses.count)
        promise(&plan, date, &draws)
        return isTested
    }

    /// The order that this one enters a second time; itself when it is a purchase of its own.
    private func original(of number: Int, inHour hour: Int) -> Int {
        guard isTwin(number), number > calendar.orders(inHour: hour).lowerBound, !isTwin(number - 1) else {
            return number
        }
        return number - 1
    }

    private func isTwin(_ number: Int) -> Bool {
        var draws = DrawStream(seed: seed, .twin, number: number)
        return draws.chance(duplicateShare)
    }

    private func enterAgain(_ plan: inout OrderPlan, original: Int, _ draws: inout DrawStream) {
        draws = DrawStream(seed: seed, .order, number: plan.number)
        plan.twinPlacedMilliseconds = plan.placedMilliseconds
        plan.placedMilliseconds += Int64(draws.between(OrderPlanner.millisecondsUntilTwin))
        plan.faults.append(
            PlannedFault(kind: .duplicateOrder, place: 0, twin: original, amountMinor: plan.amountMinor))
    }

    private func trouble(_ plan: OrderPlan, isTested: Bool, hour: Int) -> PaymentCourse.Trouble {
        if isTested { return .testedCard }
        if periods.isFailing(method: plan.paymentMethod, hour: hour) { return .failingMethod }
        return periods.isBad(channel: plan.channel, hour: hour) ? .badChannel : .none
    }

    /// Failures that a fault brought about are told in the truth.
    private func note(_ trouble: PaymentCourse.Trouble, in plan: inout OrderPlan) {
        guard trouble != .none, let failed = plan.firstFailedPayment else { return }
        let fault: PlannedFault
        switch trouble {
        case .none: return
        case .testedCard: fault = PlannedFault(kind: .cardTesting, place: failed)
        case .failingMethod:
            let method = Vocabulary.paymentMethods[plan.paymentMethod].name
            fault = PlannedFault(
                kind: .paymentFailures, detail: String(decoding: method, as: UTF8.self), place: failed)
        case .badChannel:
            fault = PlannedFault(kind: .channelGoneBad, detail: channels[plan.channel].name, place: failed)
        }
        plan.faults.append(fault)
    }

    /// What follows the payment.
    private func follow(_ plan: inout OrderPlan, from paid: Int64, goesBad: Bool, _ draws: inout DrawStream) {
        if goesBad { fates.draw(&plan, &draws) }
        var ready = paid
        if plan.isDeposit {
            let lapses = plan.badWay == .lapsed
            guard let final = payments.payRest(&plan, deposited: paid, lapses: lapses, &draws) else { return }
            ready = final
        }
        let carrier = plan.carrier
        shipping.fulfil(&plan, from: ready, distanceDays: distanceDays[plan.buyer.province], &draws) { moment in
            let hour = (moment - calendar.startMilliseconds) / TradingCalendar.millisecondsPerHour
            return periods.isSlow(carrier: carrier, hour: Int(hour))
        }
    }

    private func fillBasket(_ plan: inout OrderPlan, isTested: Bool, hour: Int, _ draws: inout DrawStream) {
        let promoted = plan.promotion.campaign != nil
        plan.sku = catalog.drawSKU(&draws)
        if let sought = periods.sought(hour: hour), draws.chance(soughtShare) { plan.sku = sought }
        plan.quantity = 1 + draws.draw(quantityWeights)
        plan.goodsMinor =
            catalog.priceMinor(ofSKU: plan.sku, at: plan.placedMilliseconds) * Int64(plan.quantity)
        plan.isGift = draws.chance(giftShare) && !isTested
        plan.isDeposit = !plan.isGift && draws.chance(promoted ? promotionDepositShare : depositShare)
        plan.ordinaryCampaign =
            !promoted && draws.chance(campaignShare) ? draws.below(Vocabulary.ordinaryCampaigns.count) : nil
        plan.discountMinor =
            draws.chance(promoted ? promotionDiscountShare : discountShare)
            ? plan.goodsMinor * Int64(draws.between(5...35)) / 1000 * 10 : 0
        plan.freightMinor = draws.chance(freeFreightShare) ? 0 : Int64(draws.between(5...15) * 100)
        plan.amountMinor = plan.goodsMinor - plan.discountMinor + plan.freightMinor
        if plan.amountMinor <= plan.depositMinor { plan.isDeposit = false }
        guard plan.isGift else { return }
        plan.discountMinor = 0
        plan.freightMinor = 0
        plan.amountMinor = 0
    }

    /// Promised for the end of a day, more days away where the parcel travels farther or the rest is paid later.
    private func promise(_ plan: inout OrderPlan, _ date: CivilDate, _ draws: inout DrawStream) {
        let days = 4 + distanceDays[plan.buyer.province] + draws.below(3) + (plan.isDeposit ? 6 : 0)
        plan.promisedMilliseconds =
            (Int64(date.dayNumber) + Int64(days) + 1) * TradingCalendar.millisecondsPerDay
            - TradingCalendar.offsetMilliseconds - 1000
    }
}

extension CivilDate {
    /// The day in Shanghai on which a moment falls, given in UTC milliseconds.
    init(shanghaiMilliseconds: Int64) {
        self.init(
            dayNumber: Int32(
                truncatingIfNeeded: (shanghaiMilliseconds + TradingCalendar.offsetMilliseconds)
                    .flooredQuotient(by: TradingCalendar.millisecondsPerDay)))
    }
}
