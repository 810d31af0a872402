import CaliberCore
import CaliberStore
import GRDB

/// Review tickets: at most one open for an order, from the finding to the verdict, with a history that is only added to.
///
/// All verbs run within the caller's transaction.
public enum ReviewTickets {
    /// What a finding did.
    public enum Reported: Sendable, Equatable {
        case opened(number: Int64)
        case reopened(number: Int64)
        /// There is an open ticket, which has the finding now. Whether the history says so too.
        case updated(number: Int64, isNoted: Bool)
        /// The order was judged at a health not much better than this one.
        case judgedAlready(number: Int64)
    }

    /// By how much health must fall for the history to say so: a score that flaps fills no history.
    static let notedDropHundredths = 100
    /// By how much health must fall below that of the verdict for an order to be looked at again.
    static let reopeningDropHundredths = 1_000

    /// Takes a finding about an order: opens a ticket, or has the order's ticket know.
    package static func report(
        _ finding: ReviewFinding, at now: Timestamp, in database: Database
    ) throws -> Reported {
        let known = try Row.fetchOne(
            try database.cachedStatement(
                sql: "SELECT * FROM reviewTicket WHERE orderID = ? ORDER BY isOpen DESC, reviewTicketID DESC LIMIT 1"),
            arguments: [finding.orderID])
        guard let known else { return .opened(number: try open(finding, at: now, in: database)) }
        let number: Int64 = known["reviewTicketID"]
        let health = finding.healthHundredths
        if known["isOpen"] {
            let isNoted = health <= known["notedHundredths"] - notedDropHundredths
            try update(number, with: finding, isNoted: isNoted, at: now, in: database)
            if isNoted { try add(.rescored, to: number, health: health, at: now, in: database) }
            return .updated(number: number, isNoted: isNoted)
        }
        if let judged = known["judgedHundredths"] as Int?, health > judged - reopeningDropHundredths {
            return .judgedAlready(number: number)
        }
        try update(number, with: finding, isNoted: true, at: now, in: database)
        try database.executeCached(
            sql: """
                UPDATE reviewTicket SET isOpen = 1, closedAt = NULL, verdict = NULL, judgedHundredths = NULL
                WHERE reviewTicketID = ?
                """, arguments: [number])
        try add(.reopened, to: number, health: health, at: now, in: database)
        return .reopened(number: number)
    }

    private static func open(_ finding: ReviewFinding, at now: Timestamp, in database: Database) throws -> Int64 {
        try database.executeCached(
            sql: """
                INSERT INTO reviewTicket (orderID, watch, channel, isOpen, healthHundredths, notedHundredths, openedAt,
                    updatedAt, body) VALUES (:order, :watch, :channel, 1, :health, :health, :now, :now, :body)
                """,
            arguments: [
                "order": finding.orderID, "watch": finding.watch, "channel": finding.channel,
                "health": finding.healthHundredths, "now": now.microseconds, "body": try AlertJSON.text(finding),
            ])
        let number = database.lastInsertedRowID
        try add(.opened, to: number, health: finding.healthHundredths, at: now, in: database)
        return number
    }

    private static func update(
        _ number: Int64, with finding: ReviewFinding, isNoted: Bool, at now: Timestamp, in database: Database
    ) throws {
        try database.executeCached(
            sql: """
                UPDATE reviewTicket SET watch = :watch, channel = :channel, healthHundredths = :health,
                    notedHundredths = CASE WHEN :isNoted THEN :health ELSE notedHundredths END,
                    updatedAt = :now, body = :body WHERE reviewTicketID = :number
                """,
            arguments: [
                "watch": finding.watch, "channel": finding.channel, "health": finding.healthHundredths,
                "isNoted": isNoted, "now": now.microseconds, "body": try AlertJSON.text(finding), "number": number,
            ])
    }

    /// Gives an open ticket to someone; nil takes it from whoever has it.
    ///
    /// - Throws: `AlertProblem.unknownTicket`, `.ticketClosed`, `.anonymous`.
    package static func assign(
        _ number: Int64, to assignee: String?, by who: String, at now: Timestamp, in database: Database
    ) throws {
        let health = try openHealth(of: number, in: database)
        try require(who, for: "An assignment")
        try database.executeCached(
            sql: "UPDATE reviewTicket SET assignee = ?, updatedAt = ? WHERE reviewTicketID = ?",
            arguments: [assignee, now.microseconds, number])
        try add(.assigned, to: number, by: who, health: health, text: assignee, at: now, in: database)
    }

    /// Adds a note, to a closed ticket too.
    package static func note(
        _ text: String, on number: Int64, by who: String, at now: Timestamp, in database: Database
    ) throws {
        let ticket = try row(number, in: database)
        try require(who, for: "A note")
        try add(.noted, to: number, by: who, health: ticket["healthHundredths"], text: text, at: now, in: database)
    }

    /// Judges the order and closes the ticket.
    ///
    /// - Returns: the verdict for the event log. It stands in `unloggedVerdicts` until `markLogged`, so that a process
    ///   which dies in between loses none.
    /// - Throws: `AlertProblem.unknownTicket`, `.ticketClosed`, `.anonymous`.
    package static func judge(
        _ number: Int64, _ verdict: ReviewVerdict, note: String? = nil, by who: String, at now: Timestamp,
        in database: Database
    ) throws -> OrderReviewed {
        let health = try openHealth(of: number, in: database)
        try require(who, for: "A verdict")
        let orderID: String = try row(number, in: database)["orderID"]
        try database.executeCached(
            sql: """
                UPDATE reviewTicket SET isOpen = 0, verdict = :verdict, judgedHundredths = healthHundredths,
                    updatedAt = :now, closedAt = :now WHERE reviewTicketID = :number
                """, arguments: ["verdict": verdict.rawValue, "now": now.microseconds, "number": number])
        let text = verdict.rawValue + (note.map { ": \($0)" } ?? "")
        let step = try add(.judged, to: number, by: who, health: health, text: text, at: now, in: database)
        let reviewed = OrderReviewed(
            eventID: "review-\(number)-\(step)", stepNumber: step, ticketNumber: number, orderID: orderID,
            verdict: verdict, reviewer: who, note: note, healthHundredths: health, reviewedAt: now)
        try database.executeCached(
            sql: "INSERT INTO reviewVerdictToLog (reviewStepID, body) VALUES (?, ?)",
            arguments: [step, try AlertJSON.text(reviewed)])
        return reviewed
    }

    /// Closes a ticket without a verdict: the order recovered, or needs no look any more. A later finding opens it again.
    package static func close(
        _ number: Int64, because reason: String, by who: String?, at now: Timestamp, in database: Database
    ) throws {
        let health = try openHealth(of: number, in: database)
        try database.executeCached(
            sql: "UPDATE reviewTicket SET isOpen = 0, updatedAt = :now, closedAt = :now WHERE reviewTicketID = :number",
            arguments: ["now": now.microseconds, "number": number])
        try add(.closed, to: number, by: who, health: health, text: reason, at: now, in: database)
    }

    private static func openHealth(of number: Int64, in database: Database) throws -> Int {
        let ticket = try row(number, in: database)
        if let closedAt = ticket.moment("closedAt") {
            throw AlertProblem.ticketClosed(number: number, at: closedAt)
        }
        return ticket["healthHundredths"]
    }

    static func row(_ number: Int64, in database: Database) throws -> Row {
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM reviewTicket WHERE reviewTicketID = ?", arguments: [number])
        guard let row else { throw AlertProblem.unknownTicket(number: number) }
        return row
    }

    private static func require(_ who: String, for what: String) throws {
        guard !who.isEmpty else { throw AlertProblem.anonymous(what: what) }
    }

    @discardableResult
    private static func add(
        _ kind: ReviewTicket.Step.Kind, to number: Int64, by who: String? = nil, health: Int, text: String? = nil,
        at now: Timestamp, in database: Database
    ) throws -> Int64 {
        try database.executeCached(
            sql:
                "INSERT INTO reviewStep (reviewTicketID, at, kind, who, healthHundredths, text) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [number, now.microseconds, kind.rawValue, who, health, text])
        return database.lastInsertedRowID
    }
}
