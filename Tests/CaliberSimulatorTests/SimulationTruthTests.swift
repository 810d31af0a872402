import CaliberCore
import CaliberSimulator
import Foundation
import Testing

/// The truth that the simulator tells, against a count over its lines by another reader.
@Suite struct SimulationTruthTests {
    @Test(arguments: 0..<3 as Range<UInt64>)
    func `the truth is what stands in the lines`(seed: UInt64) {
        var settings = SimulationSettings(seed: seed, orderCount: 1200, dayCount: 8)
        settings.malformedShare = 0.02
        settings.repeatShare = 0.05
        settings.outOfOrderShare = 0.1
        let stream = SimulatedStream(settings)
        let count = LineCount(stream.lines)
        let truth = stream.truth
        #expect(truth.byteCount == stream.bytes.count)
        #expect(truth.lineCount == stream.lines.count)
        #expect(truth.repeatCount == count.repeats)
        #expect(truth.malformedByKind == count.malformedByKind)
        #expect(truth.acceptedByType == count.acceptedByType)
        #expect(truth.acceptedCount == count.acceptedByType.values.reduce(0, +))
        #expect(truth.overtakenOrderCount == count.overtaken)
        #expect(truth.giftOrderCount == count.gifts)
        #expect(truth.depositOrderCount == count.deposits)
        #expect(truth.refundedMinor == count.refundedMinor)
        #expect(truth.paidOrderCount == count.paidMinorByOrder.count)
        #expect(truth.paidMinor == count.paidMinorByOrder.values.reduce(0, +))
        #expect(truth.paidMinorByDayAndChannel == count.paidMinorByDayAndChannel)
        #expect(truth.paidOrdersByDayAndChannel.values.reduce(0, +) == truth.paidOrderCount)
        #expect(truth.overtakenOrderCount > 50)
    }

    @Test func `late events arrive among events of later days`() {
        var settings = SimulationSettings.faultless(seed: 4, orderCount: 3000)
        settings.lateShare = 0.02
        let stream = SimulatedStream(settings)
        var latest = ""
        var lateCount = 0
        for line in stream.lines {
            guard let event = ParsedEvent(line), !event.type.hasSuffix(".listed") else { continue }
            lateCount += event.time.prefix(10) < latest.prefix(10) && event.time.prefix(19) < latest.prefix(19) ? 1 : 0
            latest = max(latest, event.time)
        }
        // A late event can be the last of its order, when no event of a later day is left to arrive before it.
        #expect(lateCount >= stream.truth.lateCount * 9 / 10)
        #expect(stream.truth.lateCount > 300)
    }

    @Test func `no two different events share a source and id`() {
        let stream = SimulatedStream(SimulationSettings(seed: 9, orderCount: 800, dayCount: 6))
        var lineOfID: [String: ArraySlice<UInt8>] = [:]
        for line in stream.lines {
            guard let event = ParsedEvent(line) else { continue }
            let key = event.source + " " + event.id
            #expect(lineOfID[key] == nil || lineOfID[key]! == line, "\(key)")
            lineOfID[key] = line
        }
        #expect(lineOfID.count > 6000)
    }

    @Test func `the ledger's own account is what stands in its rows`() {
        var settings = SimulationSettings(seed: 6, orderCount: 4000, dayCount: 10)
        settings.ledgerMissingShare = 0.02
        settings.ledgerDifferentAmountShare = 0.02
        let stream = SimulatedStream(settings)
        let rows = stream.ledgerRows
        let gifts = rows.filter { $0[5] == "1" }
        #expect(rows.count == stream.ledgerTruth.rowCount)
        #expect(rows.compactMap { minorUnits($0[3]) }.reduce(0, +) == stream.ledgerTruth.totalMinor)
        #expect(gifts.count == stream.ledgerTruth.giftCount)
        #expect(gifts.compactMap { minorUnits($0[3]) }.reduce(0, +) == stream.ledgerTruth.giftMinor)
        #expect(Set(rows.map { $0[0] }).count == rows.count)
        #expect(rows.map { $0[1] } == rows.map { $0[1] }.sorted())
        #expect(stream.ledgerTruth.missingCount > 40)
        #expect(stream.ledgerTruth.differentAmountCount > 40)
        #expect(stream.ledgerTruth.lapsedDepositCount > 0)
    }

    @Test func `the gap between ledger and callbacks is the sum of its causes`() {
        var settings = SimulationSettings.faultless(seed: 8, orderCount: 5000)
        settings.depositShare = 0
        settings.giftShare = 0
        settings.ledgerMissingShare = 0.01
        settings.ledgerDifferentAmountShare = 0.01
        let stream = SimulatedStream(settings)
        let ledger = stream.ledgerTruth
        #expect(
            ledger.totalMinor - stream.truth.paidMinor == ledger.differentAmountMinor - ledger.missingMinor)
        #expect(ledger.rowCount + ledger.missingCount == stream.truth.paidOrderCount)
    }
}

/// An account of a stream's lines, made with nothing but their text.
private struct LineCount {
    var repeats = 0
    var malformedByKind: [MalformedKind: Int] = [:]
    var acceptedByType: [EventType: Int] = [:]
    var gifts = 0
    var deposits = 0
    var overtaken = 0
    var refundedMinor: Int64 = 0
    var paidMinorByOrder: [String: Int64] = [:]
    private var channelOfOrder: [String: String] = [:]
    private var firstPaidAt: [String: String] = [:]
    private var calledBack: Set<String> = []

    init(_ lines: [ArraySlice<UInt8>]) {
        var seen: Set<ArraySlice<UInt8>> = []
        for line in lines {
            if seen.insert(line).inserted { count(line) } else { repeats += 1 }
        }
    }

    private mutating func count(_ line: ArraySlice<UInt8>) {
        guard let event = ParsedEvent(line) else {
            malformedByKind[line.last == UInt8(ascii: "}") ? .notUTF8 : .truncated, default: 0] += 1
            return
        }
        if let fault = event.fault {
            malformedByKind[fault, default: 0] += 1
            return
        }
        guard let type = EventType(rawValue: event.type) else { return }
        acceptedByType[type, default: 0] += 1
        let order = event.text("order_id")
        switch type {
        case .orderCreated:
            channelOfOrder[order] = event.text("channel")
            gifts += event.data["is_gift"] as? Bool == true ? 1 : 0
            deposits += event.data["is_deposit"] as? Bool == true ? 1 : 0
            overtaken += calledBack.contains(order) ? 1 : 0
        case .paymentCallback:
            calledBack.insert(order)
            guard event.text("result") == "success" else { break }
            paidMinorByOrder[order, default: 0] += event.minor("amount") ?? 0
            firstPaidAt[order] = min(firstPaidAt[order] ?? "9", event.text("callback_at"))
        case .refundSettled: refundedMinor += event.minor("amount") ?? 0
        default: break
        }
    }

    /// `callback_at` shows Shanghai's clock in all its forms, so its first ten letters are the day.
    var paidMinorByDayAndChannel: [SimulationTruth.DayAndChannel: Int64] {
        var sums: [SimulationTruth.DayAndChannel: Int64] = [:]
        for (order, minor) in paidMinorByOrder {
            guard let moment = firstPaidAt[order] else { continue }
            let parts = moment.prefix(10).split(separator: "-").compactMap { Int($0) }
            let day = CivilDate(year: parts[0], month: parts[1], day: parts[2])
            sums[SimulationTruth.DayAndChannel(day: day, channel: channelOfOrder[order]), default: 0] += minor
        }
        return sums
    }
}
