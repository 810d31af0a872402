import CaliberCore

/// Plans orders: a pure function of the settings and the order's number, so that no order has to be remembered between
/// its events.
struct OrderPlanner {
    let seed: UInt64
    let calendar: TradingCalendar
    let catalog: Catalog
    let channels: [SalesChannel]
    let payments: PaymentCourse
    let shipping: ShippingCourse
    let faults: DeliveryFaults

    private let channelWeights: Weights
    private let provinceWeights = Weights(Vocabulary.provinces.map(\.weight))
    private let carrierWeights = Weights(Vocabulary.carriers.map(\.weight))
    private let methodWeights = Weights(Vocabulary.paymentMethods.map(\.weight))
    private let trafficWeights = Weights(Vocabulary.trafficSources.map(\.weight))
    private let quantityWeights = Weights([78, 14, 5, 2, 1])
    private let cityCounts = Vocabulary.provinces.map(\.cities.count)
    private let distanceDays = Vocabulary.provinces.map(\.distanceDays)
    private let buyerCount: UInt64
    private let giftShare: Share
    private let depositShare: Share
    private let promotionDepositShare: Share
    private let discountShare = Share(0.34)
    private let promotionDiscountShare = Share(0.82)
    private let campaignShare = Share(0.2)
    private let freeFreightShare = Share(0.7)
    private let cityUnknownShare = Share(0.12)

    init(_ settings: SimulationSettings) {
        seed = settings.seed
        channels = settings.channels
        calendar = TradingCalendar(
            startDay: settings.startDay, dayCount: settings.dayCount, orderCount: settings.orderCount)
        catalog = Catalog(
            seed: settings.seed, productCount: settings.productCount, startMilliseconds: calendar.startMilliseconds,
            dayCount: settings.dayCount)
        payments = PaymentCourse(settings)
        shipping = ShippingCourse(settings)
        faults = DeliveryFaults(settings)
        channelWeights = Weights(settings.channels.map(\.weight))
        buyerCount = UInt64(max(1, Double(settings.orderCount) * settings.buyerShare))
        giftShare = Share(settings.giftShare)
        depositShare = Share(settings.depositShare)
        promotionDepositShare = Share(settings.depositShare * 3)
    }

    /// Fills `plan`, whose storage is used again, with order `number`.
    func plan(_ number: Int, into plan: inout OrderPlan) {
        var draws = DrawStream(seed: seed, .order, number: number)
        plan.events.removeAll(keepingCapacity: true)
        plan.number = number
        plan.placedMilliseconds = calendar.placedMilliseconds(order: number, jitter: draws.below(1000))
        let date = CivilDate(shanghaiMilliseconds: plan.placedMilliseconds)
        plan.promotion = Promotion.on(date)
        plan.channel = draws.draw(channelWeights)
        plan.store = 1 + draws.below(channels[plan.channel].storeCount)
        plan.buyer = buyer(&draws)
        fillBasket(&plan, &draws)
        plan.trafficSource = draws.draw(trafficWeights)
        plan.paymentMethod = draws.draw(methodWeights)
        plan.carrier = draws.draw(carrierWeights)
        plan.warehouse = draws.below(Vocabulary.warehouses.count)
        promise(&plan, date, &draws)

        plan.add(.orderCreated, at: plan.placedMilliseconds)
        plan.add(.stockReserved, at: plan.placedMilliseconds + Int64(draws.between(150...2500)))
        if let paidMilliseconds = payments.pay(&plan, &draws) {
            shipping.fulfil(
                &plan, from: paidMilliseconds, distanceDays: distanceDays[plan.buyer.province], &draws)
        }
        faults.deliver(&plan, seed: seed)
    }

    /// Few buyers order often and many once: a product of two even draws.
    private func buyer(_ draws: inout DrawStream) -> OrderPlan.Buyer {
        let skewed = draws.next().multipliedFullWidth(by: draws.next()).high
        let number = Int(skewed.multipliedFullWidth(by: buyerCount).high)
        var own = DrawStream(seed: seed, .buyer, number: number)
        let province = own.draw(provinceWeights)
        let city = own.below(cityCounts[province])
        return OrderPlan.Buyer(
            number: number, province: province, city: own.chance(cityUnknownShare) ? nil : city, device: own.next())
    }

    private func fillBasket(_ plan: inout OrderPlan, _ draws: inout DrawStream) {
        let promoted = plan.promotion.campaign != nil
        plan.sku = catalog.drawSKU(&draws)
        plan.quantity = 1 + draws.draw(quantityWeights)
        plan.goodsMinor =
            catalog.priceMinor(ofSKU: plan.sku, at: plan.placedMilliseconds) * Int64(plan.quantity)
        plan.isGift = draws.chance(giftShare)
        plan.isDeposit = !plan.isGift && draws.chance(promoted ? promotionDepositShare : depositShare)
        plan.ordinaryCampaign =
            !promoted && draws.chance(campaignShare) ? draws.below(Vocabulary.ordinaryCampaigns.count) : nil
        plan.discountMinor =
            draws.chance(promoted ? promotionDiscountShare : discountShare)
            ? plan.goodsMinor * Int64(draws.between(5...35)) / 1000 * 10 : 0
        plan.freightMinor = draws.chance(freeFreightShare) ? 0 : Int64(draws.between(5...15) * 100)
        plan.amountMinor = plan.goodsMinor - plan.discountMinor + plan.freightMinor
        guard plan.isGift else { return }
        plan.discountMinor = 0
        plan.freightMinor = 0
        plan.amountMinor = 0
    }

    /// Promised for the end of a day, more days away where the parcel travels farther.
    private func promise(_ plan: inout OrderPlan, _ date: CivilDate, _ draws: inout DrawStream) {
        let days = 4 + distanceDays[plan.buyer.province] + draws.below(3)
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
