/// Writes planned events as CloudEvents lines.
struct EventLines: ~Copyable {
    var writer = NDJSONWriter()
    private let channelNames: [[UInt8]]
    private let catalog: Catalog

    init(channels: [SalesChannel], catalog: Catalog) {
        channelNames = channels.map { Vocabulary.utf8($0.name) }
        self.catalog = catalog
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

    private mutating func data(of event: PlannedEvent, in plan: OrderPlan) {
        switch event.happening {
        case .orderCreated: orderCreated(plan, event.malformed)
        case .stockReserved: stockReserved(plan)
        case .paymentCallback(let stage, let succeeded, let amountMinor, let attempt):
            paymentCallback(plan, event, stage, succeeded, amountMinor, attempt)
        case .stateChanged(let from, let to, let actor): stateChanged(from, to, actor)
        case .shipmentCreated:
            parcel(plan, event.malformed)
            writer.text(#","warehouse":""#)
            writer.text(Vocabulary.warehouses[plan.warehouse])
            writer.text(#"","shipped_at":""#)
            writer.time(event.happenedMilliseconds, .seconds)
            writer.byte(UInt8(ascii: "\""))
        case .shipmentDelivered:
            parcel(plan, nil)
            writer.text(#","delivered_at":""#)
            writer.time(event.happenedMilliseconds, .seconds)
            writer.byte(UInt8(ascii: "\""))
        case .refundSettled(let amountMinor, let route): refundSettled(plan, event, amountMinor, route)
        }
    }

    private mutating func orderCreated(_ plan: OrderPlan, _ malformed: MalformedKind?) {
        writer.text(#""buyer_id":"b"#)
        writer.digits(Int64(plan.buyer.number), width: 9)
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
        writer.hexadecimal(plan.buyer.device)
        writer.text(#"","payment_method":""#)
        writer.text(Vocabulary.paymentMethods[plan.paymentMethod].name)
        writer.text(#"","promised_at":""#)
        writer.time(plan.promisedMilliseconds, .seconds)
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
        writer.byte(UInt8(ascii: "\""))
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

    private mutating func parcel(_ plan: OrderPlan, _ malformed: MalformedKind?) {
        let carrier = Vocabulary.carriers[plan.carrier]
        writer.text(#""tracking_no":""#)
        writer.text(carrier.prefix)
        writer.digits(Int64(DrawStream.mix(UInt64(plan.number)) % 1_000_000_000_000), width: 12)
        switch malformed {
        case .fullWidthDigit: writer.text("１")
        case .fullWidthSpace: writer.text("\u{3000}")
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
        case .stockReserved: #"","source":"inventory","type":"stock.reserved","time":""#
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
}
