import CaliberFeatures
import CaliberTesting

/// The same shop over months: orders are refunded in the end and are then closed, buyers come and go, and some events of
/// an order come long after it was closed.
enum ForgettingWorld {
    /// - Parameters:
    ///   - longest: the longest window.
    ///   - keepsBuyers: also asks when buyers ordered before, which is kept for good.
    static func features(longest: String, keepsBuyers: Bool = true) -> String {
        """
        feature_sets:
          - name: health
            owner: team:risk
            table: orders
            moments:
              - {name: paid, event: payment.callback, when: result = 'success', trains: true}
              - {name: shipped, event: shipment.created}
            closed: refunded is not null
            entities: {buyer: buyer_id, channel: channel, carrier: carrier}
            facts:
              order:   {event: order.created, values: {amount: amount, sku: sku, weight: weight}}
              payment: {event: payment.callback, at: callback_at, values: {failed: "result = 'failed'"}}
              refund:  {event: refund.settled, values: {part: amount / orders.amount}}
            features:
              - {name: amount, expr: amount}
              - {name: tries, expr: tries}
              - {name: wait, expr: now - placed_at}
              - {name: '{entity}_{fact}_count_{window}', statistic: count, entity: [buyer, channel, carrier],
                 fact: [order, payment, refund], window: [1h, 24h, \(longest)]}
              - {name: '{entity}_amount_{statistic}_{window}', statistic: [mean, max], entity: [buyer, channel],
                 fact: order, value: amount, window: [24h, \(longest)]}
              - {name: '{entity}_sku_distinct', statistic: distinct, entity: [buyer, channel, carrier], fact: order,
                 value: sku, window: \(longest)}
              - {name: '{entity}_part', statistic: mean, entity: [buyer, carrier], fact: refund, value: part,
                 window: \(longest)}
              - {name: '{entity}_since', statistic: since, entity: \(keepsBuyers ? "[buyer, channel]" : "channel"), fact: order}
              - {name: channel_amount_deviation, statistic: deviation, entity: channel, fact: order, value: amount,
                 window: 24h, own: amount}
        """
    }

    static let day: Int64 = 86_400_000_000

    /// Events of a shop that stays the same, in the order of arrival.
    ///
    /// - Parameter afterwards: of how many orders one is heard of again, weeks after it was closed; 0: none is.
    static func events(
        days: Int, ordersPerDay: Int, afterwards: Int, _ random: inout SeededGenerator
    ) -> [LoggedEvent] {
        var events: [(arrives: Int64, event: LoggedEvent)] = []
        func add(_ order: Int, _ content: LoggedEvent.Content, at time: Int64) {
            let lateness = [0, 1, 1, 90, 60 * 26, 60 * 24 * 9, -2, -60 * 24 * 12][Int.random(in: 0..<8, using: &random)]
            let arrives = time + Int64(Bool.random(using: &random) ? lateness : 1) * 60_000_000
            let event = LoggedEvent(
                order: order, content: content, time: time, recordedAt: arrives, tie: Int64(events.count + 1))
            events.append((arrives, event))
        }
        for order in 0..<days * ordersPerDay {
            var time = FeatureWorld.start + Int64(order) * day / Int64(ordersPerDay)
            let amount = Int64.random(in: 100...90_000, using: &random)
            let buyer = order / ordersPerDay * 10 + Int.random(in: 0..<10, using: &random)
            func pass(_ minutes: ClosedRange<Int64>) -> Int64 {
                time += Int64.random(in: minutes, using: &random) * 60_000_000
                return time
            }
            let shop = ["douyin", "tmall", "store"].randomElement(using: &random) ?? "store"
            func created(at time: Int64) {
                add(
                    order,
                    .order(
                        buyer: buyer, channel: shop, sku: "s\(Int.random(in: 0..<40, using: &random))",
                        amountMinor: amount, weight: nil), at: time)
            }
            created(at: time)
            if Bool.random(using: &random) {
                add(order, .payment(succeeded: false, amountMinor: amount, at: time), at: pass(1...9))
            }
            add(order, .payment(succeeded: true, amountMinor: amount, at: time), at: pass(1...90))
            if Bool.random(using: &random) { add(order, .shipment(carrier: "sf"), at: pass(60...2000)) }
            add(order, .refund(amountMinor: amount), at: pass(60...3000))
            guard afterwards > 0, order.isMultiple(of: afterwards) else { continue }
            let later = pass(60 * 24 * 7...60 * 24 * 25)
            if Bool.random(using: &random) { add(order, .refund(amountMinor: 1), at: later) }
            if Bool.random(using: &random) { created(at: pass(0...60)) }
            add(order, .payment(succeeded: true, amountMinor: amount, at: time), at: pass(0...60 * 24 * 9))
            add(order, .shipment(carrier: "zto"), at: pass(1...60))
        }
        return events.sorted { ($0.arrives, $0.event.tie) < ($1.arrives, $1.event.tie) }.map(\.event)
    }

    /// Orders of one channel that are told of up to two days late, each with a payment that comes at once.
    static func lateEvents(orders: Int, _ random: inout SeededGenerator) -> [LoggedEvent] {
        var events: [(arrives: Int64, event: LoggedEvent)] = []
        for order in 0..<orders {
            let time = FeatureWorld.start + Int64.random(in: 0..<5 * day, using: &random)
            let arrives = time + Int64.random(in: 0...2 * day, using: &random)
            let contents: [LoggedEvent.Content] = [
                .order(
                    buyer: order % 3, channel: "tmall", sku: "s\(Int.random(in: 0..<900, using: &random))",
                    amountMinor: Int64.random(in: 100...90_000, using: &random), weight: nil),
                .payment(succeeded: true, amountMinor: 1, at: arrives),
            ]
            for (content, happened) in zip(contents, [time, arrives]) {
                let event = LoggedEvent(
                    order: order, content: content, time: happened, recordedAt: arrives, tie: Int64(events.count + 1))
                events.append((arrives, event))
            }
        }
        return events.sorted { ($0.arrives, $0.event.tie) < ($1.arrives, $1.event.tie) }.map(\.event)
    }

    /// The events with an order's key changed from where an event comes that is to begin the order anew: after it was
    /// refunded, and then not heard of for longer than a time.
    static func withLivesApart(_ events: [LoggedEvent], silence: Int64) -> [LoggedEvent] {
        struct Life {
            var number = 0
            var heard: Int64
            var isRefunded = false
        }
        var lives: [Int: Life] = [:]
        var now = Int64.min
        return events.map { event in
            now = max(now, event.recordedAt ?? event.time)
            var life = lives[event.order] ?? Life(heard: now)
            if life.isRefunded, now - life.heard > silence { life = Life(number: life.number + 1, heard: now) }
            life.heard = now
            if case .refund = event.content { life.isRefunded = true }
            lives[event.order] = life
            return LoggedEvent(
                order: event.order + life.number * 1_000_000, content: event.content, time: event.time,
                recordedAt: event.recordedAt, tie: event.tie)
        }
    }
}
