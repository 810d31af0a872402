import CaliberSimulator

/// Counts over the events that had happened and had arrived by a moment, the plain way: a look at all of them.
struct Observer {
    private struct Happening {
        let at: Int64
        let recorded: Int64
        let isHit: Bool
    }

    private var orders: [String: SeenEvent] = [:]
    private var reservations: [String: SeenEvent] = [:]
    private var failures: [String: [Happening]] = [:]
    private var happenings: [String: [Happening]] = [:]

    private static let minute: Int64 = 60_000
    private static let day: Int64 = 86_400_000
    private static let farProvinces: Set = ["新疆", "西藏", "青海", "内蒙古", "甘肃", "宁夏", "黑龙江"]

    init(_ events: [SeenEvent]) {
        for event in events {
            if event.type == "order.created" { orders[event.order] = event }
            if event.type == "stock.reserved" { reservations[event.order] = event }
        }
        for event in events { note(event) }
    }

    private mutating func note(_ event: SeenEvent) {
        guard let order = orders[event.order] else { return }
        let failed = event["result"] == "failed"
        switch event.type {
        case "order.created":
            add("orders", order["buyer_id"], event)
            add("orders", order["device"], event)
        case "payment.callback":
            add("callbacks", order["channel"], event, isHit: failed)
            add("callbacks", order["payment_method"], event, isHit: failed)
            guard failed else { return }
            add("failures", order["device"], event)
            add("failures", event.order, event)
        case "refund.settled":
            add("refunds", order["buyer_id"], event)
            add("refunds", order["address"], event)
        case "shipment.delivered":
            add("deliveries", order["buyer_id"], event)
            let isLate = event.happened > order.moment("promised_at") ?? .max
            add("deliveries", reservations[event.order]?["carrier"], event, isHit: isLate)
        default: break
        }
    }

    private mutating func add(_ what: String, _ whose: String?, _ event: SeenEvent, isHit: Bool = true) {
        guard let whose, let recorded = event.recorded else { return }
        happenings[what + " " + whose, default: []].append(
            Happening(at: event.happened, recorded: recorded, isHit: isHit))
    }

    private func known(_ what: String, _ whose: String?, within window: Int64, at now: Int64) -> [Happening] {
        (happenings[what + " " + (whose ?? "")] ?? []).filter {
            $0.recorded <= now && $0.at <= now && $0.at > now - window
        }
    }

    /// The law's values for an order; nil when it was not known at the moment.
    func values(of number: String, at now: Int64) -> [RiskCause: Double]? {
        guard let order = orders[number], let reservation = reservations[number],
            let created = order.recorded, created <= now, let reserved = reservation.recorded, reserved <= now
        else { return nil }
        func count(_ what: String, _ whose: String?, _ window: Int64) -> Double {
            Double(known(what, whose, within: window, at: now).count)
        }
        var values: [RiskCause: Double] = [
            .failedPayments: count("failures", number, Observer.day),
            .likeOrders: count("orders", order["buyer_id"], 10 * Observer.minute),
            .deviceOrders: count("orders", order["device"], 60 * Observer.minute),
            .deviceFailures: count("failures", order["device"], Observer.day),
            .buyerRefunds: count("refunds", order["buyer_id"], 30 * Observer.day),
            .addressRefunds: count("refunds", order["address"], 30 * Observer.day),
            .buyerDeliveries: count("deliveries", order["buyer_id"], 30 * Observer.day),
            .oversold: (reservation["available"] ?? "").hasPrefix("-") ? 1 : 0,
            .discount: discountShare(order),
            .night: (order.happened / 3_600_000 + 8) % 24 < 6 ? 1 : 0,
            .farProvince: Observer.farProvinces.contains(order["province"] ?? "") ? 1 : 0,
            .liveStream: order["utm_source"] == "live" ? 1 : 0,
            .deposit: ["1", "true"].contains(order["is_deposit"]) ? 1 : 0,
            .largeAmount: order.minor("amount") >= 100_000 ? 1 : 0,
            .promotion: ["618", "double_11"].contains(order["campaign"]) ? 1 : 0,
        ]
        values[.channelFailures] = share("callbacks", order["channel"], within: Observer.day, at: now)
        values[.methodFailures] = share("callbacks", order["payment_method"], within: 60 * Observer.minute, at: now)
        values[.carrierLateness] = share("deliveries", reservation["carrier"], within: 7 * Observer.day, at: now)
        return values
    }

    private func share(_ what: String, _ whose: String?, within window: Int64, at now: Int64) -> Double? {
        let all = known(what, whose, within: window, at: now)
        return all.isEmpty ? nil : Double(all.count { $0.isHit }) / Double(all.count)
    }

    private func discountShare(_ order: SeenEvent) -> Double {
        let goods = order.minor("amount") + order.minor("discount") - order.minor("freight")
        return goods > 0 ? Double(order.minor("discount")) / Double(goods) : 0
    }
}
