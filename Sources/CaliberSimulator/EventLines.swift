/// Writes planned events as CloudEvents lines.
struct EventLines: ~Copyable {
    var writer = NDJSONWriter()
    private let channelNames: [[UInt8]]
    private let catalog: Catalog
    private let people: People
    private let recordsArrival: Bool
    private let isDetailed: Bool

    init(_ settings: SimulationSettings, _ planner: borrowing OrderPlanner) {
        channelNames = settings.channels.map { Vocabulary.utf8($0.name) }
        catalog = planner.catalog
        people = planner.people
        recordsArrival = settings.recordsArrival
        isDetailed = settings.isDetailed
    }

    mutating func write(_ event: PlannedEvent, at position: Int, of plan: OrderPlan) {
        let type = event.happening.type
        writer.beginLine()
        writer.text(#"{"specversion":"1.0","id":""#)
        orderID(plan)
        writer.byte(UInt8(ascii: "-"))
        writer.digits(Int64(position), width: 2)
        writer.text(EventLines.sourceAndType(type))
        writer.time(event.happenedMilliseconds, event.malformed == .zoneMissing ? .zoneMissing : .milliseconds)
        recorded(event.arrivesMilliseconds)
        writer.text(#"","data":{"#)
        if event.malformed != .missingField {
            writer.text(#""order_id":""#)
            orderID(plan)
            writer.text(#"","#)
        }
        data(of: event, in: plan)
        if event.malformed == .undeclaredField { writer.text(#","debug_trace":"on""#) }
        writer.text("}}")
        if event.malformed == .truncated {
            writer.breakLine(atPermille: 250 + plan.number % 700)
        } else {
            writer.endLine()
        }
    }

    /// Goes on within the text of the event's time.
    private mutating func recorded(_ milliseconds: Int64) {
        guard recordsArrival else { return }
        writer.text(#"","recordedtime":""#)
        writer.time(milliseconds, .milliseconds)
    }

    private mutating func data(of event: PlannedEvent, in plan: OrderPlan) {
        switch event.happening {
        case .orderCreated: orderCreated(plan, event.malformed)
        case .stockReserved: stockReserved(plan)
        case .paymentCallback(let stage, let succeeded, let amountMinor, let attempt):
            paymentCallback(plan, event, stage, succeeded, amountMinor, attempt)
        case .stateChanged(let from, let to, let actor): stateChanged(from, to, actor)
        case .lineAdded(let line): lineAdded(line, of: plan)
        case .approved(let role): approved(by: role)
        case .transitionRefused(let from, let to, let cause): transitionRefused(from, to, cause)
        case .shipmentCreated(let number):
            parcel(number, of: plan, event)
            writer.text(#","warehouse":""#)
            writer.text(Vocabulary.warehouses[plan.warehouse])
            writer.text(#"","shipped_at":""#)
            writer.time(event.happenedMilliseconds, .seconds)
            writer.byte(UInt8(ascii: "\""))
        case .shipmentDelivered(let number):
            parcel(number, of: plan, nil)
            writer.text(#","delivered_at":""#)
            writer.time(event.happenedMilliseconds, .seconds)
            writer.byte(UInt8(ascii: "\""))
        case .refundSettled(let amountMinor, let route): refundSettled(plan, event, amountMinor, route)
        }
    }

    private mutating func orderCreated(_ plan: OrderPlan, _ malformed: MalformedKind?) {
        writer.text(#""buyer_id":"b"#)
        writer.digits(People.accountCode(plan.buyer.account), width: 9)
        writer.text(#"","channel":""#)
        if malformed == .unknownChannel { writer.text("douyn") } else { writer.text(channelNames[plan.channel]) }
        writer.text(#"","store":""#)
        writer.text(channelNames[plan.channel])
        writer.byte(UInt8(ascii: "-"))
        writer.digits(Int64(plan.store), width: 2)
        let province = Vocabulary.provinces[plan.buyer.province]
        writer.text(#"","province":""#)
        writer.text(malformed == .notUTF8 ? Vocabulary.provinceInGBK : province.name)
        if let city = plan.buyer.city {
            writer.text(#"","city":""#)
            writer.text(province.cities[city])
        }
        basket(plan, malformed)
        writer.text(#","utm_source":""#)
        writer.text(Vocabulary.trafficSources[plan.trafficSource].name)
        writer.text(#"","device":"d"#)
        writer.hexadecimal(people.deviceCode(plan.buyer.device))
        writer.text(#"","payment_method":""#)
        writer.text(Vocabulary.paymentMethods[plan.paymentMethod].name)
        writer.text(#"","promised_at":""#)
        writer.time(plan.promisedMilliseconds, .seconds)
        writer.byte(UInt8(ascii: "\""))
        if isDetailed { details(plan) }
    }

    private mutating func details(_ plan: OrderPlan) {
        writer.text(#","address":"a"#)
        writer.hexadecimal(people.addressCode(plan.buyer.address))
        // Channels hand out the telephone's hash for most of their buyers.
        if plan.buyer.account % 10 < 7 {
            writer.text(#"","phone":"p"#)
            writer.hexadecimal(people.phoneCode(ofPerson: plan.buyer.person))
        }
        writer.byte(UInt8(ascii: "\""))
        guard let currency = plan.currency else { return }
        writer.text(#","currency":""#)
        writer.text(Vocabulary.currencies[currency].code)
        writer.byte(UInt8(ascii: "\""))
        guard plan.isRateLocked else { return }
        writer.text(#","exchange_rate":"#)
        writer.integer(plan.exchangeRate / 10_000)
        writer.byte(UInt8(ascii: "."))
        writer.digits(plan.exchangeRate % 10_000, width: 4)
        writer.text(#","rate_locked_at":""#)
        writer.time(plan.placedMilliseconds, .seconds)
        writer.byte(UInt8(ascii: "\""))
    }

    private mutating func basket(_ plan: OrderPlan, _ malformed: MalformedKind?) {
        writer.text(#"","sku":""#)
        sku(plan.sku)
        writer.text(#"","product_id":""#)
        product(catalog.productOfSKU[plan.sku])
        writer.text(#"","quantity":"#)
        writer.integer(Int64(plan.quantity))
        writer.text(#","amount":""#)
        writer.amount(plan.amountMinor)
        if malformed == .amountTooPrecise { writer.byte(UInt8(ascii: "5")) }
        writer.text(#"","discount":""#)
        writer.amount(plan.discountMinor)
        writer.text(#"","freight":""#)
        writer.amount(plan.freightMinor)
        writer.text(plan.isGift ? #"","is_gift":true,"# : #"","is_gift":false,"#)
        writer.text(plan.isDeposit ? #""is_deposit":true"# : #""is_deposit":false"#)
        if let campaign = plan.promotion.campaign {
            writer.text(#","campaign":""#)
            writer.text(campaign)
            writer.byte(UInt8(ascii: "\""))
        } else if let campaign = plan.ordinaryCampaign {
            writer.text(#","campaign":""#)
            writer.text(Vocabulary.ordinaryCampaigns[campaign])
            writer.byte(UInt8(ascii: "\""))
        }
    }

    private mutating func stockReserved(_ plan: OrderPlan) {
        writer.text(#""sku":""#)
        sku(plan.sku)
        writer.text(#"","quantity":"#)
        writer.integer(Int64(plan.quantity))
        writer.text(#","warehouse":""#)
        writer.text(Vocabulary.warehouses[plan.warehouse])
        writer.text(#"","carrier":""#)
        writer.text(Vocabulary.carriers[plan.carrier].code)
        writer.byte(UInt8(ascii: "\""))
        guard let left = plan.stockLeft else { return }
        writer.text(left < 0 ? #","available":-"# : #","available":"#)
        writer.integer(Int64(abs(left)))
    }

    private mutating func paymentCallback(
        _ plan: OrderPlan, _ event: PlannedEvent, _ stage: PaymentStage, _ succeeded: Bool, _ amountMinor: Int64,
        _ attempt: Int
    ) {
        writer.text(#""payment_no":"42"#)
        writer.digits(Int64(plan.number), width: 14)
        writer.digits(Int64(attempt), width: 2)
        writer.text(#"","stage":""#)
        writer.text(stage.name)
        writer.text(#"","amount":""#)
        writer.amount(amountMinor)
        if event.malformed == .amountTooPrecise { writer.byte(UInt8(ascii: "5")) }
        writer.text(succeeded ? #"","result":"success","callback_at":""# : #"","result":"failed","callback_at":""#)
        // Some channels name the zone, some leave it out: the contract says what they mean.
        writer.time(event.happenedMilliseconds, plan.paymentMethod % 2 == 0 ? .seconds : .plain)
        writer.byte(UInt8(ascii: "\""))
        guard isDetailed else { return }
        writer.text(#","method":""#)
        writer.text(Vocabulary.paymentMethods[plan.paymentMethod].name)
        writer.text(#"","payer":"w"#)
        writer.hexadecimal(people.payerCode(ofPerson: plan.buyer.person, method: plan.paymentMethod))
        writer.byte(UInt8(ascii: "\""))
    }

    private mutating func stateChanged(_ from: OrderState, _ to: OrderState, _ actor: Actor) {
        writer.text(#""from":""#)
        writer.text(from.name)
        writer.text(#"","to":""#)
        writer.text(to.name)
        writer.text(#"","by":""#)
        writer.text(actor.name)
        writer.byte(UInt8(ascii: "\""))
    }

    private mutating func lineAdded(_ line: Int, of plan: OrderPlan) {
        writer.text(#""line_no":"#)
        writer.integer(Int64(line + 1))
        writer.text(#","sku":""#)
        sku(plan.sku)
        writer.text(#"","quantity":"#)
        writer.integer(Int64(plan.lines[line]))
        writer.text(#","goods":""#)
        writer.amount(plan.goodsMinor(ofLine: line))
        writer.text(#"","discount":""#)
        writer.amount(plan.discountMinor(ofLine: line))
        writer.byte(UInt8(ascii: "\""))
    }

    private mutating func approved(by role: ApproverRole) {
        writer.text(#""role":""#)
        writer.text(role.name)
        writer.text(#"","decision":"approve""#)
    }

    private mutating func transitionRefused(_ from: OrderState, _ to: OrderState, _ cause: StuckCause) {
        writer.text(#""from":""#)
        writer.text(from.name)
        writer.text(#"","to":""#)
        writer.text(to.name)
        switch cause {
        case .blockedByRule:
            writer.text(#"","reason":"rule","code":"HOLD_FOR_STOCK","other_code":"SHIP_WITHIN_48H""#)
        case .codeNotMapped: writer.text(#"","reason":"code_not_mapped","code":"A77""#)
        default: writer.text(#"","reason":"failed","code":"E_WAREHOUSE_LOCK""#)
        }
    }

    private mutating func parcel(_ number: Int, of plan: OrderPlan, _ event: PlannedEvent?) {
        let carrier = Vocabulary.carriers[plan.carrier]
        let wrong = Vocabulary.carriers[(plan.carrier + 1) % Vocabulary.carriers.count]
        let digits = DrawStream.mix(UInt64(plan.number) ^ UInt64(number) << 40) % 1_000_000_000_000
        writer.text(#""tracking_no":""#)
        writer.text(event?.hasWrongPrefix == true ? wrong.prefix : carrier.prefix)
        writer.digits(Int64(digits), width: 12)
        switch event?.malformed {
        case .fullWidthDigit: writer.text("１")
        case .fullWidthSpace: writer.text("\u{3000}")
        case .invisibleCharacter: writer.text("\u{200B}")
        case .wrongLength: break
        default: writer.digits(Int64(plan.number % 10), width: 1)
        }
        writer.text(#"","carrier":""#)
        writer.text(carrier.code)
        writer.byte(UInt8(ascii: "\""))
    }

    private mutating func refundSettled(
        _ plan: OrderPlan, _ event: PlannedEvent, _ amountMinor: Int64, _ route: RefundRoute
    ) {
        writer.text(#""refund_no":"R"#)
        orderID(plan)
        writer.text(#"","amount":""#)
        writer.amount(amountMinor)
        writer.text(#"","route":""#)
        writer.text(route.name)
        writer.text(#"","settled_at":""#)
        writer.time(event.happenedMilliseconds, .seconds)
        writer.byte(UInt8(ascii: "\""))
    }

    /// The day on which the order was placed, then its number: 18 digits.
    mutating func orderID(_ plan: OrderPlan) {
        writer.compactDay(plan.placedMilliseconds)
        writer.digits(Int64(plan.number), width: 10)
    }

    mutating func sku(_ sku: Int) {
        writer.text("S")
        writer.digits(Int64(sku), width: 6)
    }

    mutating func product(_ product: Int) {
        writer.text("P")
        writer.digits(Int64(product), width: 5)
    }

    /// From the end of the event's id to the beginning of its time.
    private static func sourceAndType(_ type: EventType) -> StaticString {
        switch type {
        case .productListed: #"","source":"catalog","type":"product.listed","time":""#
        case .priceListed: #"","source":"catalog","type":"price.listed","time":""#
        case .orderCreated: #"","source":"order-center","type":"order.created","time":""#
        case .orderLineAdded: #"","source":"order-center","type":"order.line_added","time":""#
        case .stockCounted: #"","source":"inventory","type":"stock.counted","time":""#
        case .stockReserved: #"","source":"inventory","type":"stock.reserved","time":""#
        case .orderApproved: #"","source":"order-center","type":"order.approved","time":""#
        case .orderTransitionRefused: #"","source":"order-center","type":"order.transition_refused","time":""#
        case .paymentCallback: #"","source":"payment-gateway","type":"payment.callback","time":""#
        case .orderStateChanged: #"","source":"order-center","type":"order.state_changed","time":""#
        case .shipmentCreated: #"","source":"warehouse","type":"shipment.created","time":""#
        case .shipmentDelivered: #"","source":"warehouse","type":"shipment.delivered","time":""#
        case .refundSettled: #"","source":"refund-center","type":"refund.settled","time":""#
        }
    }
}

// The catalog's own events.
extension EventLines {
    mutating func writeListing(ofProduct number: Int) {
        let product = catalog.products[number]
        let category = Vocabulary.categories[product.category]
        writer.beginLine()
        writer.text(#"{"specversion":"1.0","id":""#)
        self.product(number)
        writer.text("-listed")
        writer.text(EventLines.sourceAndType(.productListed))
        writer.time(catalog.listedMilliseconds, .milliseconds)
        recorded(catalog.listedMilliseconds + 200)
        writer.text(#"","data":{"product_id":""#)
        self.product(number)
        writer.text(#"","category":""#)
        writer.text(category.name)
        writer.text(#"","brand":""#)
        writer.text(category.brands[product.brand])
        writer.text(#"","cost":""#)
        writer.amount(product.costMinor)
        writer.text(#""}}"#)
        writer.endLine()
    }

    mutating func writePrice(_ number: Int) {
        let price = catalog.prices[number]
        writer.beginLine()
        writer.text(#"{"specversion":"1.0","id":"price-"#)
        writer.integer(Int64(number))
        writer.text(EventLines.sourceAndType(.priceListed))
        writer.time(catalog.listedMilliseconds, .milliseconds)
        recorded(catalog.listedMilliseconds + 200)
        writer.text(#"","data":{"sku":""#)
        sku(price.sku)
        writer.text(#"","product_id":""#)
        product(catalog.productOfSKU[price.sku])
        writer.text(#"","valid_from":""#)
        writer.time(price.fromMilliseconds, .seconds)
        if let end = price.toMilliseconds {
            writer.text(#"","valid_to":""#)
            writer.time(end, .seconds)
        }
        writer.text(#"","list_price":""#)
        writer.amount(price.priceMinor)
        writer.text(#""}}"#)
        writer.endLine()
    }

    /// What there is of a SKU as a period begins.
    mutating func writeStockCount(_ number: Int, sku: Int, onHand: Int, at milliseconds: Int64) {
        writer.beginLine()
        writer.text(#"{"specversion":"1.0","id":"count-"#)
        writer.integer(Int64(number))
        writer.text(EventLines.sourceAndType(.stockCounted))
        writer.time(milliseconds, .milliseconds)
        recorded(milliseconds + 200)
        writer.text(#"","data":{"sku":""#)
        self.sku(sku)
        writer.text(#"","available":"#)
        writer.integer(Int64(onHand))
        writer.text("}}")
        writer.endLine()
    }
}

extension OrderPlan {
    /// Yuan for one of the foreign currency, in ten-thousandths; moves a little from order to order.
    fileprivate var exchangeRate: Int64 {
        let usual = Vocabulary.currencies[currency ?? 0].rate
        return usual + Int64(DrawStream.mix(UInt64(number)) % 200) - 100
    }
}
