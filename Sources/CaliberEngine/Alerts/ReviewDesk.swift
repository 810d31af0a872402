import CaliberAlerts
import CaliberCore
import CaliberEventLog
import CaliberScoring
import CaliberStore
import Foundation
import GRDB

/// What reviewers see and do, whether a service runs or not.
///
/// A verdict is durable when `judge` returns. It comes into the event log as `order.reviewed` by whoever has the right to
/// write: the service within about a second.
public struct ReviewDesk: Sendable {
    private let engine: Engine

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// Tickets without their histories.
    public func tickets(_ choice: ReviewChoice = ReviewChoice()) throws -> [ReviewTicket] {
        try engine.store.read { try ReviewTickets.list(choice, in: $0) }.map(\.explained)
    }

    /// How many tickets a choice has, whatever its limit.
    public func count(_ choice: ReviewChoice = ReviewChoice()) throws -> Int {
        try engine.store.read { try ReviewTickets.count(choice, in: $0) }
    }

    /// One ticket with its history.
    ///
    /// - Throws: `AlertProblem.unknownTicket`.
    public func ticket(_ number: Int64) throws -> ReviewTicket {
        try engine.store.read { try ReviewTickets.ticket(number, in: $0) }.explained
    }

    /// Gives an open ticket to someone; nil takes it from whoever has it.
    ///
    /// - Throws: `AlertProblem.unknownTicket`, `.ticketClosed`, `.anonymous`.
    public func assign(_ number: Int64, to assignee: String?, by who: String) throws -> ReviewTicket {
        try change(number) { try ReviewTickets.assign(number, to: assignee, by: who, at: engine.now(), in: $0) }
    }

    /// Adds a note, to a closed ticket too.
    ///
    /// - Throws: `AlertProblem.unknownTicket`, `.anonymous`.
    public func note(_ text: String, on number: Int64, by who: String) throws -> ReviewTicket {
        try change(number) { try ReviewTickets.note(text, on: number, by: who, at: engine.now(), in: $0) }
    }

    /// Judges the order and closes the ticket.
    ///
    /// - Throws: `AlertProblem.unknownTicket`, `.ticketClosed`, `.anonymous`.
    public func judge(
        _ number: Int64, _ verdict: ReviewVerdict, note: String? = nil, by who: String
    ) throws -> ReviewTicket {
        try change(number) {
            _ = try ReviewTickets.judge(number, verdict, note: note, by: who, at: engine.now(), in: $0)
        }
    }

    /// Closes a ticket without a verdict. A later finding opens it again.
    ///
    /// - Throws: `AlertProblem.unknownTicket`, `.ticketClosed`.
    public func close(_ number: Int64, because reason: String, by who: String) throws -> ReviewTicket {
        try change(number) {
            try ReviewTickets.close(number, because: reason, by: who, at: engine.now(), in: $0)
        }
    }

    private func change(_ number: Int64, _ body: (Database) throws -> Void) throws -> ReviewTicket {
        try engine.store.writeBeside { database in
            try body(database)
            return try ReviewTickets.ticket(number, in: database)
        }.explained
    }

    /// Takes verdicts into the log if nobody else writes just now.
    ///
    /// - Returns: how many; nil when someone else has the right to write, and does it.
    public func logVerdictsIfFree() throws -> Int? {
        do {
            let intake = try IntakeSession(engine, waitSeconds: 0)
            let count = try intake.takeVerdicts()
            try intake.checkpoint()
            return count
        } catch StoreProblem.leaseHeld {
            return nil
        }
    }
}

extension ReviewTicket {
    /// With the reasons and the advice of the score.
    fileprivate var explained: ReviewTicket {
        guard let text = finding.explanation,
            let explanation = try? JSONDecoder().decode(ScoreExplanation.self, from: Data(text.utf8))
        else { return self }
        var advice = finding.advice
        for text in explanation.reasons.compactMap(\.advice?.english) where !advice.contains(text) {
            advice.append(text)
        }
        var ticket = self
        ticket.finding = ReviewFinding(
            orderID: finding.orderID, watch: finding.watch, channel: finding.channel,
            healthHundredths: finding.healthHundredths,
            reasons: explanation.reasons.map { reason in
                ReviewFinding.Reason(
                    name: reason.columns.first?.id ?? reason.id, value: reason.valueText,
                    points: HealthPoints.text(hundredths: reason.points, signed: true))
            }, advice: advice, explanation: text)
        return ticket
    }
}

extension Engine {
    public var reviewDesk: ReviewDesk { ReviewDesk(self) }
}

extension IntakeSession {
    /// Takes into the log what reviewers have said since the last time, each verdict once.
    ///
    /// - Returns: how many.
    @discardableResult
    public func takeVerdicts() throws -> Int {
        var count = 0
        while true {
            let verdicts = try engine.store.read { try ReviewTickets.unloggedVerdicts(in: $0) }
            guard !verdicts.isEmpty else { return count }
            // Cut off before they are marked, they are taken again, and known by their ids.
            _ = try ingest([.bytes(try VerdictLine.bytes(of: verdicts), origin: "reviews")])
            try write { try ReviewTickets.markLogged(verdicts, in: $0) }
            count += verdicts.count
        }
    }
}

/// A verdict as a line of CloudEvents.
private struct VerdictLine: Encodable {
    struct Content: Encodable {
        let order_id: String
        let verdict: String
        let reviewer: String
        let note: String?
        let health: Double
        let ticket: Int64
    }

    let specversion = "1.0"
    let id: String
    let source = "caliber/reviews"
    let type = OrderReviewed.eventType
    let time: String
    let data: Content

    static func bytes(of verdicts: [OrderReviewed]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes: [UInt8] = []
        for verdict in verdicts {
            let line = VerdictLine(
                id: verdict.eventID, time: verdict.reviewedAt.description,
                data: Content(
                    order_id: verdict.orderID, verdict: verdict.verdict.rawValue, reviewer: verdict.reviewer,
                    note: verdict.note, health: Double(verdict.healthHundredths) / 100, ticket: verdict.ticketNumber))
            bytes.append(contentsOf: try encoder.encode(line))
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
