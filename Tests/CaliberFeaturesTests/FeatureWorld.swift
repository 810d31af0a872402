import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberFeatures
import CaliberTesting

/// A small shop: orders, payments, refunds and parcels, whose events come in any order.
enum FeatureWorld {
    static let windows = ["10m", "1h", "24h", "7d"]

    /// - Parameter features: another page of features than the shop's own.
    static func dictionary(features: String = features) throws -> MetricDictionary {
        try MetricDictionary.load(files: [
            DictionaryFile(path: "caliber.yaml", text: "name: shop\ntime_zone: Asia/Shanghai\ncurrency: CNY\n"),
            DictionaryFile(path: "contracts.yaml", text: contracts),
            DictionaryFile(path: "tables.yaml", text: tables),
            DictionaryFile(path: "features.yaml", text: features),
        ]).dictionary
    }

    static func plan() throws -> FeaturePlan {
        let dictionary = try dictionary()
        return FeaturePlan(dictionary.featureSets[0], dictionary: dictionary)
    }

    private static let contracts = """
        contracts:
          - name: order.created
            owner: team:orders
            fields:
              order_id: {type: identifier, required: true}
              buyer_id: {type: identifier, required: true}
              channel:  {type: category, required: true}
              sku:      {type: identifier}
              amount:   {type: money, required: true}
              weight:   {type: number}
          - name: payment.callback
            owner: team:payments
            fields:
              order_id:    {type: identifier, required: true}
              amount:      {type: money, required: true}
              result:      {type: category, required: true}
              callback_at: {type: timestamp, required: true}
          - name: shipment.created
            owner: team:logistics
            fields:
              order_id: {type: identifier, required: true}
              carrier:  {type: category, required: true}
          - name: refund.settled
            owner: team:payments
            fields:
              order_id: {type: identifier, required: true}
              amount:   {type: money, required: true}
        """

    private static let tables = """
        tables:
          - name: orders
            owner: team:data
            key: order_id
            anchor: paid_at
            columns:
              buyer_id:  {type: identifier, from: order.created.buyer_id, fold: first}
              channel:   {type: category, from: order.created.channel, fold: first}
              amount:    {type: money, from: order.created.amount, fold: first}
              placed_at: {type: timestamp, from: order.created.$time, fold: first}
              paid_at:   {type: timestamp, from: payment.callback.callback_at, fold: first, when: result = 'success'}
              paid:      {type: money, from: payment.callback.amount, fold: sum, when: result = 'success'}
              tries:     {type: integer, from: payment.callback, fold: count}
              carrier:   {type: category, from: shipment.created.carrier, fold: last}
              refunded:  {type: money, from: refund.settled.amount, fold: sum}
              left:      {type: money, expr: "paid - coalesce(refunded, 0 CNY)"}
        """

    static let features = """
        feature_sets:
          - name: health
            owner: team:risk
            table: orders
            moments:
              - {name: paid, event: payment.callback, when: result = 'success', trains: true}
              - {name: shipped, event: shipment.created}
            entities: {buyer: buyer_id, channel: channel, carrier: carrier}
            facts:
              order:   {event: order.created, values: {amount: amount, sku: sku, weight: weight}}
              payment: {event: payment.callback, at: callback_at, values: {failed: "result = 'failed'"}}
              failure: {event: payment.callback, at: callback_at, when: result = 'failed'}
              refund:  {event: refund.settled, values: {part: amount / orders.amount}}
            features:
              - {name: amount, expr: amount}
              - {name: amount_log, expr: amount, scale: log}
              - {name: left, expr: left}
              - {name: tries, expr: tries}
              - {name: wait, expr: now - placed_at}
              - {name: 'is_{level}', expr: "channel = '{level}'", each: {level: [douyin, tmall]}}
              - {name: '{entity}_{fact}_count_{window}', statistic: count, entity: [buyer, channel, carrier],
                 fact: [order, payment, refund], window: [10m, 1h, 24h, 7d, ever]}
              - {name: '{entity}_amount_sum_{window}', statistic: sum, entity: [buyer, channel], fact: order,
                 value: amount, window: [1h, 7d]}
              - {name: '{entity}_weight_mean_{window}', statistic: mean, entity: [buyer, channel], fact: order,
                 value: weight, window: [24h, ever]}
              - {name: '{entity}_amount_max_{window}', statistic: max, entity: [buyer, channel], fact: order,
                 value: amount, window: [10m, 24h, ever]}
              - {name: '{entity}_sku_distinct_{window}', statistic: distinct, entity: [buyer, channel, carrier],
                 fact: order, value: sku, window: [1h, 24h, 7d, ever]}
              - {name: '{entity}_failed_{window}', statistic: mean, entity: [buyer, channel], fact: payment,
                 value: failed, window: [1h, 24h]}
              - {name: '{entity}_failure_rate_{window}', statistic: rate, entity: [buyer, channel, carrier],
                 fact: failure, per: order, window: [24h, 7d]}
              - {name: '{entity}_part_mean', statistic: mean, entity: [buyer, carrier], fact: refund, value: part,
                 window: 7d}
              - {name: '{entity}_{statistic}', statistic: [since, age], entity: [buyer, channel], fact: order}
              - {name: '{entity}_amount_zscore_{window}', statistic: zscore, entity: channel, fact: order,
                 value: amount, window: [10m, 1h], baseline: 7d}
              - {name: '{entity}_order_surge_{window}', statistic: surge, entity: channel, fact: order,
                 window: [10m, 1h], baseline: 7d}
              - {name: '{entity}_amount_deviation', statistic: deviation, entity: [buyer, channel], fact: order,
                 value: amount, window: 24h, own: amount}
        """
}

/// One event as it lies in the log.
struct LoggedEvent {
    enum Content {
        case order(buyer: Int, channel: String, sku: String?, amountMinor: Int64, weight: Double?)
        case payment(succeeded: Bool, amountMinor: Int64, at: Int64)
        case shipment(carrier: String)
        case refund(amountMinor: Int64)
    }

    let order: Int
    let content: Content
    /// UTC microseconds.
    let time: Int64
    let recordedAt: Int64?
    let tie: Int64

    var contract: String {
        switch content {
        case .order: "order.created"
        case .payment: "payment.callback"
        case .shipment: "shipment.created"
        case .refund: "refund.settled"
        }
    }
}

extension FeatureWorld {
    static let start: Int64 = 1_772_323_200_000_000
    private static let minute: Int64 = 60_000_000

    /// Events of some orders over some days, in the order of arrival: late ones, overtaken ones, some that are dated after
    /// their arrival, some without an arrival.
    static func events(orders: Int, days: Int, _ random: inout SeededGenerator) -> [LoggedEvent] {
        var events: [(arrives: Int64, event: LoggedEvent)] = []
        var tie: Int64 = 0
        func add(_ order: Int, _ content: LoggedEvent.Content, at time: Int64) {
            tie += 1
            let lateness = [0, 1, 1, 2, 60 * 26, 60 * 24 * 5, -3][Int.random(in: 0..<7, using: &random)]
            let jitter = Int64.random(in: 0...30_000_000, using: &random)
            let arrives =
                time + Int64(lateness) * minute * (lateness > 2 && !Bool.random(using: &random) ? 0 : 1) + jitter
            let recordedAt = Int.random(in: 0..<8, using: &random) == 0 ? nil : arrives
            events.append(
                (
                    arrives,
                    LoggedEvent(order: order, content: content, time: time, recordedAt: recordedAt, tie: tie)
                ))
        }
        for order in 0..<orders {
            let placed = start + Int64.random(in: 0..<Int64(days) * 1440, using: &random) * minute
            let amount = Int64.random(in: 100...90_000, using: &random)
            let buyer = Int.random(in: 0..<max(2, orders / 6), using: &random)
            add(
                order,
                .order(
                    buyer: buyer, channel: ["douyin", "tmall", "store"].randomElement(using: &random) ?? "store",
                    sku: Int.random(in: 0..<9, using: &random) == 0 ? nil : "s\(Int.random(in: 0..<7, using: &random))",
                    amountMinor: amount,
                    weight: Bool.random(using: &random) ? Double(Int.random(in: 1...5000, using: &random)) / 1000 : nil),
                at: placed)
            var time = placed
            while Int.random(in: 0..<4, using: &random) == 0 {
                time += Int64.random(in: 1...30, using: &random) * minute
                add(order, .payment(succeeded: false, amountMinor: amount, at: time), at: time)
            }
            time += Int64.random(in: 1...60, using: &random) * minute
            add(order, .payment(succeeded: true, amountMinor: amount, at: time), at: time + 7)
            if Bool.random(using: &random) {
                time += Int64.random(in: 60...3000, using: &random) * minute
                add(order, .shipment(carrier: ["sf", "zto"].randomElement(using: &random) ?? "sf"), at: time)
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                time += Int64.random(in: 10...3000, using: &random) * minute
                add(order, .refund(amountMinor: Int64.random(in: 1...amount, using: &random)), at: time)
            }
        }
        return events.sorted { ($0.arrives, $0.event.tie) < ($1.arrives, $1.event.tie) }.map(\.event)
    }

    /// The events as the log's decoder hands them out: one batch for each contract.
    static func batches(_ events: ArraySlice<LoggedEvent>, _ dictionary: MetricDictionary) -> [EventBatch] {
        var batches: [String: EventBatch] = [:]
        for (line, event) in events.enumerated() {
            guard let contract = dictionary.contract(named: event.contract) else { continue }
            let batch = batches[event.contract] ?? EventBatch(contract: contract, capacity: 8, keepsArrival: true)
            batches[event.contract] = batch
            append(event, line: line, to: batch)
        }
        return dictionary.contracts.compactMap { batches[$0.name] }
    }

    private static func append(_ event: LoggedEvent, line: Int, to batch: EventBatch) {
        batch.time.append(event.time)
        batch.tieBreak.append(event.tie)
        append("e\(event.tie)", to: batch.eventID)
        batch.arrival?.line.append(Int64(line))
        if let recordedAt = event.recordedAt {
            batch.arrival?.recordedAt.append(recordedAt)
        } else {
            batch.arrival?.recordedAt.appendNull()
        }
        append("o\(event.order)", to: batch.fields[0])
        switch event.content {
        case .order(let buyer, let channel, let sku, let amountMinor, let weight):
            append("b\(buyer)", to: batch.fields[1])
            append(channel, to: batch.fields[2])
            append(sku, to: batch.fields[3])
            batch.fields[4].append(amountMinor)
            if let weight { batch.fields[5].append(weight) } else { batch.fields[5].appendNull() }
        case .payment(let succeeded, let amountMinor, let at):
            batch.fields[1].append(amountMinor)
            append(succeeded ? "success" : "failed", to: batch.fields[2])
            batch.fields[3].append(at)
        case .shipment(let carrier): append(carrier, to: batch.fields[1])
        case .refund(let amountMinor): batch.fields[1].append(amountMinor)
        }
        batch.commitRow()
    }

    private static func append(_ text: String?, to column: LaneColumn) {
        guard let text, let pool = column.pool else { return column.appendNull() }
        column.append(Int64(pool.intern(text)))
    }
}

/// Features that a stream handed out, by the moment's place in the log.
struct CollectedFeatures: Equatable {
    struct Row: Equatable {
        let key: String
        let moment: Int
        let now: Int64
        let isTraining: Bool
        /// Bit patterns, so that equal means equal to the last bit.
        let bits: [UInt64]

        subscript(feature: Int) -> Double { Double(bitPattern: bits[feature]) }
    }

    var rows: [Int64: Row] = [:]

    mutating func add(_ block: FeatureBlock) {
        for (index, moment) in block.moments.enumerated() {
            rows[moment.position.sequence] = Row(
                key: block.key(of: index), moment: moment.moment, now: moment.now, isTraining: moment.isTraining,
                bits: block.values(of: index).map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern })
        }
    }
}

extension FeatureStream {
    /// Takes events in chunks of given sizes, over and over.
    func take(
        _ events: [LoggedEvent], chunks: [Int], _ dictionary: MetricDictionary, workers: Int = 1,
        selection: Selection = .all, into collected: inout CollectedFeatures
    ) {
        var next = 0
        var chunk = 0
        let start = position.sequence
        while next < events.count {
            let end = min(events.count, next + chunks[chunk % chunks.count])
            take(
                FeatureWorld.batches(events[next..<end], dictionary),
                upTo: LogPosition(sequence: start + Int64(end)), selection: selection, workers: workers
            ) { collected.add($0) }
            next = end
            chunk += 1
        }
    }
}
