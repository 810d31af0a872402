/// Writes the truth about orders, one line of JSON each.
struct OrderTruthLines: ~Copyable {
    var writer = NDJSONWriter()
    private let channels: [[UInt8]]
    private let people: People
    private let ledger: LedgerCourse

    init(_ settings: SimulationSettings, _ planner: borrowing OrderPlanner) {
        channels = settings.channels.map { Vocabulary.utf8($0.name) }
        people = planner.people
        ledger = LedgerCourse(settings)
    }

    /// - Parameter assessment: of an order that was paid and so decided.
    mutating func write(_ plan: OrderPlan, _ assessment: RiskAssessment?, now: Int64 = 0) {
        writer.text(#"{"order_id":""#)
        orderID(plan.placedMilliseconds, plan.number)
        writer.text(#"","person":"h"#)
        writer.digits(Int64(plan.buyer.person), width: 9)
        writer.text(#"","buyer_id":"b"#)
        writer.digits(People.accountCode(plan.buyer.account), width: 9)
        writer.text(#"","channel":""#)
        writer.text(channels[plan.channel])
        writer.byte(UInt8(ascii: "\""))
        if let assessment { decision(plan, assessment, now: now) }
        faults(plan)
        writer.text("}\n")
    }

    private mutating func decision(_ plan: OrderPlan, _ assessment: RiskAssessment, now: Int64) {
        writer.text(#","decided_at":""#)
        writer.time(now, .milliseconds)
        writer.text(plan.isPaymentHeard ? #"","is_scored":true,"log_odds":"# : #"","is_scored":false,"log_odds":"#)
        writer.milli(assessment.logOddsMilli)
        writer.text(#","observed_log_odds":"#)
        writer.milli(plan.observedLogOddsMilli(assessment, at: now))
        writer.text(#","probability":"#)
        let millionths = Int64((assessment.probability * 1_000_000).rounded())
        writer.integer(millionths / 1_000_000)
        writer.byte(UInt8(ascii: "."))
        writer.digits(millionths % 1_000_000, width: 6)
        writer.text(plan.badWay == nil ? #","is_bad":false"# : #","is_bad":true,"way":""#)
        if let way = plan.badWay {
            writer.text(Vocabulary.utf8(way.rawValue))
            writer.byte(UInt8(ascii: "\""))
        }
        writer.text(#","causes":["#)
        let causes = RiskCause.allCases.filter { assessment.contributionMilli($0) != 0 }
            .sorted { assessment.contributionMilli($0) > assessment.contributionMilli($1) }
        for (place, cause) in causes.enumerated() {
            writer.text(place == 0 ? #"{"cause":""# : #",{"cause":""#)
            writer.text(Vocabulary.utf8(cause.rawValue))
            writer.text(#"","log_odds":"#)
            writer.milli(assessment.contributionMilli(cause))
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    private mutating func faults(_ plan: OrderPlan) {
        var faults = plan.faults
        if let left = plan.stockLeft, left < 0 {
            faults.append(PlannedFault(kind: .oversold, place: 1, amountMinor: plan.amountMinor))
        }
        if let entry = ledger.entry(of: plan) { faults += entry.faults }
        guard !faults.isEmpty else { return }
        writer.text(#","faults":["#)
        for (place, fault) in faults.enumerated() {
            writer.text(place == 0 ? #"{"kind":""# : #",{"kind":""#)
            writer.text(Vocabulary.utf8(fault.kind.rawValue))
            writer.byte(UInt8(ascii: "\""))
            if let detail = fault.detail {
                writer.text(#","cause":""#)
                writer.text(Vocabulary.utf8(detail))
                writer.byte(UInt8(ascii: "\""))
            }
            documents(of: fault, plan)
            writer.text(#","amount_minor":"#)
            if fault.amountMinor < 0 { writer.byte(UInt8(ascii: "-")) }
            writer.integer(abs(fault.amountMinor))
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    /// Ids of the events that show it, and the order that it repeats.
    private mutating func documents(of fault: PlannedFault, _ plan: OrderPlan) {
        guard fault.place != nil || fault.twin != nil else { return }
        writer.text(#","documents":["#)
        if let place = fault.place {
            writer.byte(UInt8(ascii: "\""))
            orderID(plan.placedMilliseconds, plan.number)
            writer.byte(UInt8(ascii: "-"))
            writer.digits(Int64(place), width: 2)
            writer.byte(UInt8(ascii: "\""))
        }
        if let twin = fault.twin {
            writer.text(fault.place == nil ? "\"" : ",\"")
            orderID(plan.twinPlacedMilliseconds, twin)
            writer.byte(UInt8(ascii: "\""))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    private mutating func orderID(_ placedMilliseconds: Int64, _ number: Int) {
        writer.compactDay(placedMilliseconds)
        writer.digits(Int64(number), width: 10)
    }
}

extension NDJSONWriter {
    /// `-1250` as `-1.250`.
    mutating func milli(_ number: Int) {
        if number < 0 { byte(UInt8(ascii: "-")) }
        integer(Int64(number.magnitude) / 1000)
        byte(UInt8(ascii: "."))
        digits(Int64(number.magnitude) % 1000, width: 3)
    }
}

extension OrderPlan {
    /// The log-odds as far as they can be known when the payment's callback arrives: an order that is overtaken by its
    /// callback, or whose own event never arrives, is as risky as any, but for its failed payments.
    func observedLogOddsMilli(_ assessment: RiskAssessment, at now: Int64) -> Int {
        guard isKnown(at: now) else {
            return RiskCause.logOddsOfUnknownMilli + assessment.contributionMilli(.failedPayments)
        }
        guard isReservationKnown(at: now) else {
            return assessment.logOddsMilli - assessment.contributionMilli(.oversold)
                - assessment.contributionMilli(.carrierLateness)
        }
        return assessment.logOddsMilli
    }
}
