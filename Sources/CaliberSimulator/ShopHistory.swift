/// How often something happened to each of many within a window that ends now.
///
/// Memory is one byte for each that may be counted, and sixteen bytes for each event in the window.
struct WindowCount {
    private struct Entry {
        let happenedMilliseconds: Int64
        let number: Int32
    }

    private let windowMilliseconds: Int64
    private var counts: [UInt8]
    private var entries: [Entry] = []
    private var oldest = 0

    init(windowMilliseconds: Int64, numbers: Int) {
        self.windowMilliseconds = windowMilliseconds
        counts = Array(repeating: 0, count: numbers)
    }

    /// Counts are exact up to 255, which none reaches: nobody buys as often. What arrives days late leaves the window
    /// with those that arrived with it.
    mutating func add(_ number: Int, happenedMilliseconds: Int64, now: Int64) {
        guard counts[number] < UInt8.max, now - happenedMilliseconds < windowMilliseconds else { return }
        counts[number] += 1
        entries.append(Entry(happenedMilliseconds: happenedMilliseconds, number: Int32(number)))
    }

    mutating func count(_ number: Int, now: Int64) -> Int {
        let outdated = now - windowMilliseconds
        while oldest < entries.count, entries[oldest].happenedMilliseconds <= outdated {
            counts[Int(entries[oldest].number)] -= 1
            oldest += 1
        }
        if oldest > 4096, oldest > entries.count / 2 {
            entries.removeSubrange(..<oldest)
            oldest = 0
        }
        return Int(counts[number])
    }
}

/// A share of few things, such as channels, within a window that ends now.
struct WindowShare {
    private struct Entry {
        let happenedMilliseconds: Int64
        let number: Int32
        let isHit: Bool
    }

    private let windowMilliseconds: Int64
    private var hits: [Int]
    private var totals: [Int]
    private var entries: [Entry] = []
    private var oldest = 0

    init(windowMilliseconds: Int64, numbers: Int) {
        self.windowMilliseconds = windowMilliseconds
        hits = Array(repeating: 0, count: numbers)
        totals = hits
    }

    mutating func add(_ number: Int, isHit: Bool, happenedMilliseconds: Int64, now: Int64) {
        guard now - happenedMilliseconds < windowMilliseconds else { return }
        hits[number] += isHit ? 1 : 0
        totals[number] += 1
        entries.append(
            Entry(happenedMilliseconds: happenedMilliseconds, number: Int32(number), isHit: isHit))
    }

    /// In thousandths; nil while there is nothing to divide by.
    mutating func shareMilli(_ number: Int, now: Int64) -> Int? {
        let outdated = now - windowMilliseconds
        while oldest < entries.count, entries[oldest].happenedMilliseconds <= outdated {
            let entry = entries[oldest]
            hits[Int(entry.number)] -= entry.isHit ? 1 : 0
            totals[Int(entry.number)] -= 1
            oldest += 1
        }
        if oldest > 4096, oldest > entries.count / 2 {
            entries.removeSubrange(..<oldest)
            oldest = 0
        }
        return totals[number] == 0 ? nil : hits[number] * 1000 / totals[number]
    }
}

/// What the events that arrived so far show of accounts, devices, addresses, channels, payment methods and carriers, as
/// far as the law of risk asks for it.
///
/// It counts what an engine would count: events that arrived whole, once each, by when they happened.
struct ShopHistory {
    private var accountOrders: WindowCount
    private var accountRefunds: WindowCount
    private var accountDeliveries: WindowCount
    private var addressRefunds: WindowCount
    private var deviceOrders: WindowCount
    private var deviceFailures: WindowCount
    private var channelFailures: WindowShare
    private var methodFailures: WindowShare
    private var carrierLateness: WindowShare

    init(_ people: People, channelCount: Int) {
        let hour = TradingCalendar.millisecondsPerHour
        let day = TradingCalendar.millisecondsPerDay
        accountOrders = WindowCount(windowMilliseconds: hour / 6, numbers: people.accountCount)
        accountRefunds = WindowCount(windowMilliseconds: 30 * day, numbers: people.accountCount)
        accountDeliveries = WindowCount(windowMilliseconds: 30 * day, numbers: people.accountCount)
        addressRefunds = WindowCount(windowMilliseconds: 30 * day, numbers: people.addressCount)
        deviceOrders = WindowCount(windowMilliseconds: hour, numbers: people.deviceCount)
        deviceFailures = WindowCount(windowMilliseconds: day, numbers: people.deviceCount)
        channelFailures = WindowShare(windowMilliseconds: day, numbers: channelCount)
        methodFailures = WindowShare(windowMilliseconds: hour, numbers: Vocabulary.paymentMethods.count)
        carrierLateness = WindowShare(windowMilliseconds: 7 * day, numbers: Vocabulary.carriers.count)
    }

    /// An event of `plan` arrives for the first time.
    mutating func note(_ event: PlannedEvent, of plan: OrderPlan) {
        guard event.malformed == nil else { return }
        let now = event.arrivesMilliseconds
        let happened = event.happenedMilliseconds
        switch event.happening {
        case .orderCreated:
            accountOrders.add(plan.buyer.account, happenedMilliseconds: happened, now: now)
            deviceOrders.add(plan.buyer.device, happenedMilliseconds: happened, now: now)
        case .paymentCallback(_, let succeeded, _, _):
            channelFailures.add(plan.channel, isHit: !succeeded, happenedMilliseconds: happened, now: now)
            methodFailures.add(plan.paymentMethod, isHit: !succeeded, happenedMilliseconds: happened, now: now)
            if !succeeded { deviceFailures.add(plan.buyer.device, happenedMilliseconds: happened, now: now) }
        case .refundSettled:
            accountRefunds.add(plan.buyer.account, happenedMilliseconds: happened, now: now)
            addressRefunds.add(plan.buyer.address, happenedMilliseconds: happened, now: now)
        case .shipmentDelivered:
            accountDeliveries.add(plan.buyer.account, happenedMilliseconds: happened, now: now)
            carrierLateness.add(
                plan.carrier, isHit: happened > plan.promisedMilliseconds, happenedMilliseconds: happened, now: now)
        default: break
        }
    }

    /// Sets what depends on the past in the assessment of a plan that is being decided.
    mutating func assess(_ plan: OrderPlan, now: Int64, _ assessment: inout RiskAssessment) {
        let buyer = plan.buyer
        assessment.set(.likeOrders, accountOrders.count(buyer.account, now: now) * 1000)
        assessment.set(.buyerRefunds, accountRefunds.count(buyer.account, now: now) * 1000)
        assessment.set(.buyerDeliveries, accountDeliveries.count(buyer.account, now: now) * 1000)
        assessment.set(.addressRefunds, addressRefunds.count(buyer.address, now: now) * 1000)
        assessment.set(.deviceOrders, deviceOrders.count(buyer.device, now: now) * 1000)
        assessment.set(.deviceFailures, deviceFailures.count(buyer.device, now: now) * 1000)
        if let share = channelFailures.shareMilli(plan.channel, now: now) {
            assessment.set(.channelFailures, share)
        }
        if let share = methodFailures.shareMilli(plan.paymentMethod, now: now) {
            assessment.set(.methodFailures, share)
        }
        if let share = carrierLateness.shareMilli(plan.carrier, now: now) { assessment.set(.carrierLateness, share) }
    }
}
