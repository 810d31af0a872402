import CaliberSimulator
import Testing

/// Every injected fault that the truth names stands in the events or the ledger, and nowhere else.
@Suite struct FaultTruthTests {
    private let shop = TroubledShop.shared
    private let eventsOfOrder: [String: [SeenEvent]]
    private let truthOfOrder: [String: OrderTruth]

    init() {
        eventsOfOrder = Dictionary(grouping: shop.events.filter { !$0.order.isEmpty }, by: \.order)
        truthOfOrder = Dictionary(uniqueKeysWithValues: shop.orderTruths.map { ($0.orderId, $0) })
    }

    private func events(_ truth: OrderTruth, _ type: String) -> [SeenEvent] {
        (eventsOfOrder[truth.orderId] ?? []).filter { $0.type == type }
    }

    private func orders(with kind: FaultKind) -> [OrderTruth] { shop.orderTruths.filter { $0.has(kind) } }

    @Test func `every kind occurs as often as the summary says`() {
        let ofLedger: Set<FaultKind> = [.missingInLedger, .amountDiffersInLedger, .depositCountedAsSale]
        for kind in FaultKind.allCases {
            let told = shop.orderTruths.flatMap { $0.faults ?? [] }.count { $0.kind == kind.rawValue }
            #expect(told > 0, "\(kind)")
            if !ofLedger.contains(kind) { #expect(shop.truth.faultsByKind[kind] == told, "\(kind)") }
        }
        #expect(orders(with: .missingInLedger).count == shop.ledgerTruth.missingCount)
        #expect(orders(with: .amountDiffersInLedger).count == shop.ledgerTruth.differentAmountCount)
    }

    @Test func `a duplicate is like its twin and within ten seconds`() throws {
        var compared = 0
        for truth in orders(with: .duplicateOrder) {
            let fault = try #require(truth.faults?.first { $0.kind == FaultKind.duplicateOrder.rawValue })
            let twin = try #require(truthOfOrder[fault.documents?.last ?? ""])
            guard let own = events(truth, "order.created").first, let other = events(twin, "order.created").first else {
                continue
            }
            #expect(own.happened > other.happened && own.happened - other.happened <= 10_000)
            for field in ["buyer_id", "sku", "quantity", "amount", "channel", "device", "province"] {
                #expect(own[field] == other[field], "\(field) of \(truth.orderId)")
            }
            #expect(fault.amountMinor == own.minor("amount"))
            compared += 1
        }
        #expect(compared > 30)
    }

    @Test func `a stuck order has its cause's evidence and never leaves`() throws {
        let stuck = orders(with: .stuck)
        #expect(Set(stuck.compactMap { $0.faults?.first { $0.kind == "stuck" }?.cause }).count == 5)
        for truth in stuck {
            #expect(truth.way == BadWay.stuck.rawValue && truth.isBad == true)
            #expect(events(truth, "shipment.created").isEmpty)
            let fault = try #require(truth.faults?.first { $0.kind == "stuck" })
            let cause = try #require(StuckCause(rawValue: fault.cause ?? ""))
            let document = try #require(fault.documents?.first)
            guard let evidence = eventsOfOrder[truth.orderId]?.first(where: { $0.id == document }) else { continue }
            #expect(eventsOfOrder[truth.orderId]?.allSatisfy { $0.happened <= evidence.happened } == true)
            switch cause {
            case .approvedWithoutEvent: #expect(evidence["role"] == "risk_officer")
            case .wrongApproverRole: #expect(evidence["role"] == "warehouse_clerk")
            case .transitionFailed: #expect(evidence["reason"] == "failed")
            case .blockedByRule: #expect(evidence["reason"] == "rule" && evidence["other_code"] != nil)
            case .codeNotMapped: #expect(evidence["reason"] == "code_not_mapped")
            }
        }
    }

    @Test func `an approval by the right role is followed by a change of state, but where the order is stuck`() {
        for truth in shop.orderTruths where truth.way != BadWay.stuck.rawValue {
            for approval in events(truth, "order.approved") {
                #expect(approval["role"] == "risk_officer")
                let moves = (eventsOfOrder[truth.orderId] ?? []).filter { $0.happened > approval.happened }
                #expect(!moves.isEmpty, "order \(truth.orderId)")
            }
            #expect(events(truth, "order.transition_refused").isEmpty)
        }
    }

    @Test func `a broken tracking number is refused, or has another carrier's letters`() throws {
        let prefixes = [
            "zto": "ZT", "yto": "YT", "sf": "SF", "yunda": "YD", "sto": "ST", "jtexpress": "JT",
            "jd_logistics": "JD", "ems": "EM",
        ]
        let accepted = Set(shop.events.map(\.id))
        var wrongPrefixes: Set<String> = []
        for truth in orders(with: .trackingBreak) {
            for fault in truth.faults ?? [] where fault.kind == FaultKind.trackingBreak.rawValue {
                let document = try #require(fault.documents?.first)
                if fault.cause == TrackingBreak.wrongPrefix.rawValue {
                    wrongPrefixes.insert(document)
                } else {
                    #expect(!accepted.contains(document))
                }
            }
        }
        for event in shop.events where event.type == "shipment.created" {
            let prefix = prefixes[event["carrier"] ?? ""] ?? "?"
            let isRight = event["tracking_no"]?.hasPrefix(prefix) ?? false
            #expect(isRight == !wrongPrefixes.contains(event.id), "\(event.id)")
        }
        #expect(!wrongPrefixes.isEmpty)
    }

    @Test func `an oversold order reserves more than was counted`() throws {
        var counted: [String: (available: Int, at: Int64)] = [:]
        for event in shop.events where event.type == "stock.counted" {
            counted[event["sku"] ?? ""] = (Int(event["available"] ?? "") ?? 0, event.happened)
        }
        var reserved: [String: Int] = [:]
        let told = shop.events.filter { $0.type == "stock.reserved" && $0["available"] != nil }
        // Orders reserve in the order of their numbers, which is that of their placing but for twins' seconds.
        for event in told.sorted(by: { $0.id.suffix(13) < $1.id.suffix(13) }) {
            let sku = event["sku"] ?? ""
            reserved[sku, default: 0] += Int(event["quantity"] ?? "") ?? 0
            let left = try #require(counted[sku]).available - (reserved[sku] ?? 0)
            // A reservation whose event is broken or late is missing here.
            #expect(left >= Int(event["available"] ?? "") ?? .max, "\(event.id)")
            let isOversold = (Int(event["available"] ?? "") ?? 0) < 0
            #expect(truthOfOrder[event.order]?.has(.oversold) == isOversold)
        }
        #expect(!counted.isEmpty && orders(with: .oversold).count > 10)
    }

    @Test func `an offline refund that was not synced is in the ledger and in no event`() throws {
        for truth in orders(with: .offlineRefundNotSynced) {
            let fault = try #require(truth.faults?.first { $0.kind == FaultKind.offlineRefundNotSynced.rawValue })
            #expect(events(truth, "refund.settled").isEmpty)
            if let row = shop.ledger[truth.orderId] { #expect(row.refundedMinor == fault.amountMinor) }
        }
        for truth in shop.orderTruths where !truth.has(.offlineRefundNotSynced) {
            guard let row = shop.ledger[truth.orderId] else { continue }
            let settled = events(truth, "refund.settled").reduce(0) { $0 + $1.minor("amount") }
            // A refund whose event arrives broken is in the ledger alone too.
            #expect(settled == row.refundedMinor || settled == 0, "order \(truth.orderId)")
        }
    }

    @Test func `a deposit whose rest never came is posted as a sale`() throws {
        for truth in orders(with: .depositCountedAsSale) {
            let fault = try #require(truth.faults?.first { $0.kind == FaultKind.depositCountedAsSale.rawValue })
            let callbacks = events(truth, "payment.callback").filter { $0["result"] == "success" }
            guard let row = shop.ledger[truth.orderId], let deposit = callbacks.first else { continue }
            #expect(callbacks.count == 1 && deposit["stage"] == "deposit")
            #expect(row.amountMinor - deposit.minor("amount") == fault.amountMinor)
        }
        #expect(orders(with: .depositCountedAsSale).count == shop.ledgerTruth.lapsedDepositCount)
    }

    @Test func `lines add up to the order, and a discount that was not allocated stands at the first`() {
        var checked = 0
        for truth in shop.orderTruths {
            let lines = events(truth, "order.line_added").sorted { ($0["line_no"] ?? "") < ($1["line_no"] ?? "") }
            guard lines.count == 2, let order = events(truth, "order.created").first else { continue }
            let discounts = lines.map { $0.minor("discount") }
            let goods = lines.map { $0.minor("goods") }
            #expect(discounts[0] + discounts[1] == order.minor("discount"))
            #expect(
                goods[0] + goods[1] == order.minor("amount") + order.minor("discount") - order.minor("freight")
                    || order["is_gift"] == "1" || order["is_gift"] == "true")
            let share = Double(order.minor("discount")) * Double(goods[0]) / Double(goods[0] + goods[1])
            #expect((abs(Double(discounts[0]) - share) <= 0.5) == !truth.has(.discountAllocatedWhole))
            if truth.has(.discountAllocatedWhole) { #expect(discounts[1] == 0) }
            checked += 1
        }
        #expect(checked > 1500)
    }

    @Test func `a rate is locked for every foreign currency but where the fault is told`() {
        var foreign = 0
        for truth in shop.orderTruths {
            guard let order = events(truth, "order.created").first else { continue }
            foreign += order["currency"] == nil ? 0 : 1
            #expect((order["currency"] != nil && order["exchange_rate"] == nil) == truth.has(.rateNotLocked))
            #expect((order["exchange_rate"] == nil) == (order["rate_locked_at"] == nil))
        }
        #expect(foreign > 80)
    }

    @Test func `payments fail more often while a channel or a method is in trouble`() {
        for kind in [FaultKind.channelGoneBad, .paymentFailures] {
            let field = kind == .channelGoneBad ? "channel" : "payment_method"
            var inside = (failed: 0, all: 0)
            var outside = (failed: 0, all: 0)
            for events in eventsOfOrder.values {
                guard let order = events.first(where: { $0.type == "order.created" }) else { continue }
                let isInside = shop.truth.periods.contains { $0.holds(order, kind: kind, field: field) }
                for event in events where event.type == "payment.callback" {
                    let failed = event["result"] == "failed" ? 1 : 0
                    if isInside { inside.failed += failed; inside.all += 1 }
                    if !isInside { outside.failed += failed; outside.all += 1 }
                }
            }
            #expect(inside.all > 50)
            #expect(Double(inside.failed) / Double(inside.all) > 3 * Double(outside.failed) / Double(outside.all))
        }
    }

    @Test func `without faults none is told, and the law stands`() {
        var settings = SimulationSettings.troubled(seed: 3, orderCount: 1500, dayCount: 14)
        settings.faults = .none
        let calm = TroubledShop(settings)
        let ofLedger: Set = ["missing_in_ledger", "amount_differs_in_ledger", "deposit_counted_as_sale"]
        let told = Set(calm.orderTruths.flatMap { $0.faults ?? [] }.map(\.kind))
        #expect(told.subtracting(ofLedger).isEmpty)
        #expect(calm.truth.periods.isEmpty && calm.truth.faultsByKind.isEmpty)
        #expect((calm.truth.risk.bestAUC ?? 0) > 0.75)
    }
}

extension FaultPeriod {
    /// Whether an order falls into it.
    fileprivate func holds(_ order: SeenEvent, kind: FaultKind, field: String) -> Bool {
        // Seconds from 1970 to 2001, when Foundation's count begins.
        let moment = order.happened + 978_307_200_000
        return self.kind == kind && order[field] == target && moment >= fromMilliseconds && moment < toMilliseconds
    }
}
