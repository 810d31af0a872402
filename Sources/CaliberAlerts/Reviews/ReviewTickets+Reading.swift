import CaliberCore
import GRDB

extension ReviewTickets {
    /// One ticket with its history.
    ///
    /// - Throws: `AlertProblem.unknownTicket`, or `.unreadable` where the file is damaged.
    package static func ticket(_ number: Int64, in database: Database) throws -> ReviewTicket {
        let steps = try Row.fetchAll(
            database, sql: "SELECT * FROM reviewStep WHERE reviewTicketID = ? ORDER BY reviewStepID",
            arguments: [number])
        return try ticket(try row(number, in: database), steps: steps)
    }

    /// The number of an order's open ticket, and the watch whose finding it has.
    package static func openTicket(
        of orderID: String, in database: Database
    ) throws -> (number: Int64, watch: String)? {
        try Row.fetchOne(
            try database.cachedStatement(
                sql: "SELECT reviewTicketID, watch FROM reviewTicket WHERE orderID = ? AND isOpen"),
            arguments: [orderID]
        ).map { ($0[0], $0[1]) }
    }

    /// Tickets that someone wants to see, without their histories.
    package static func list(_ choice: ReviewChoice, in database: Database) throws -> [ReviewTicket] {
        let order =
            switch choice.order {
            case .oldest: "openedAt, reviewTicketID"
            case .worst: "healthHundredths, openedAt, reviewTicketID"
            }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM reviewTicket \(condition(of: choice)) ORDER BY \(order) LIMIT :limit OFFSET :offset
                """,
            arguments: arguments(of: choice) + ["limit": max(0, choice.limit), "offset": max(0, choice.offset)]
        ).map { try ticket($0, steps: []) }
    }

    /// How many tickets a choice has, whatever its limit.
    package static func count(_ choice: ReviewChoice, in database: Database) throws -> Int {
        try Int.fetchOne(
            database, sql: "SELECT count(*) FROM reviewTicket \(condition(of: choice))",
            arguments: arguments(of: choice)) ?? 0
    }

    /// Only what is asked for stands in it, so that an index answers it.
    private static func condition(of choice: ReviewChoice) -> String {
        var clauses: [String] = []
        if choice.isOpen != nil { clauses.append("isOpen = :isOpen") }
        if choice.assignee != nil { clauses.append("assignee = :assignee") }
        if choice.isUnassigned { clauses.append("assignee IS NULL") }
        if choice.channel != nil { clauses.append("channel = :channel") }
        if choice.orderID != nil { clauses.append("orderID = :orderID") }
        return clauses.isEmpty ? "" : "WHERE " + clauses.joined(separator: " AND ")
    }

    private static func arguments(of choice: ReviewChoice) -> StatementArguments {
        var arguments: [String: (any DatabaseValueConvertible)?] = [:]
        if let isOpen = choice.isOpen { arguments["isOpen"] = isOpen }
        if let assignee = choice.assignee { arguments["assignee"] = assignee }
        if let channel = choice.channel { arguments["channel"] = channel }
        if let orderID = choice.orderID { arguments["orderID"] = orderID }
        return StatementArguments(arguments)
    }

    /// Verdicts that the event log does not have yet, oldest first.
    package static func unloggedVerdicts(limit: Int = 1_000, in database: Database) throws -> [OrderReviewed] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM reviewVerdictToLog ORDER BY reviewStepID LIMIT ?", arguments: [max(0, limit)]
        ).map { row in
            guard let reviewed = AlertJSON.value(OrderReviewed.self, from: row["body"]) else {
                let key: Int64 = row["reviewStepID"]
                throw AlertProblem.unreadable(table: "reviewVerdictToLog", key: String(key))
            }
            return reviewed
        }
    }

    /// Says that the event log has these verdicts, within the caller's transaction.
    package static func markLogged(_ verdicts: [OrderReviewed], in database: Database) throws {
        for verdict in verdicts {
            try database.execute(
                sql: "DELETE FROM reviewVerdictToLog WHERE reviewStepID = ?", arguments: [verdict.stepNumber])
        }
    }

    private static func ticket(_ row: Row, steps: [Row]) throws -> ReviewTicket {
        let number: Int64 = row["reviewTicketID"]
        guard let finding = AlertJSON.value(ReviewFinding.self, from: row["body"]) else {
            throw AlertProblem.unreadable(table: "reviewTicket", key: String(number))
        }
        return ReviewTicket(
            number: number, finding: finding, isOpen: row["isOpen"], assignee: row["assignee"],
            verdict: (row["verdict"] as String?).flatMap(ReviewVerdict.init(rawValue:)),
            openedAt: Timestamp(microseconds: row["openedAt"]), updatedAt: Timestamp(microseconds: row["updatedAt"]),
            closedAt: row.moment("closedAt"), history: steps.compactMap(step))
    }

    private static func step(_ row: Row) -> ReviewTicket.Step? {
        guard let kind = ReviewTicket.Step.Kind(rawValue: row["kind"]) else { return nil }
        return ReviewTicket.Step(
            number: row["reviewStepID"], at: Timestamp(microseconds: row["at"]), kind: kind, who: row["who"],
            healthHundredths: row["healthHundredths"], text: row["text"])
    }
}
