import CaliberAlerts
import CaliberCore
import CaliberEngine
import CaliberQuery
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Review tickets over HTTP: who looks at what, and what they find. On the queries' threads, since the database is asked.
struct ReviewRoutes: Sendable {
    let desk: ReviewDesk
    let threads: WorkerThreads

    func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let choice = try ReviewRequest.choice(request.uri.queryParameters.map { (String($0.key), String($0.value)) })
        let desk = desk
        return try await threads.run {
            let tickets = try desk.tickets(choice)
            return Response.json(
                .object([
                    ("reviews", .array(tickets.map { ReviewJSON.ticket($0) })),
                    ("total", .literal(String(try desk.count(choice)))),
                ]))
        }
    }

    func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let number = try context.ticketNumber()
        let desk = desk
        return try await threads.run { Response.json(ReviewJSON.ticket(try desk.ticket(number), withHistory: true)) }
    }

    func assign(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try await change(request, context, keys: ["to", "by"]) { desk, number, body, who in
            try desk.assign(number, to: try body.text("to", length: 1...200, isNullable: true), by: who)
        }
    }

    func note(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try await change(request, context, keys: ["text", "by"]) { desk, number, body, who in
            try desk.note(try body.required("text", length: 1...10_000), on: number, by: who)
        }
    }

    func judge(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try await change(request, context, keys: ["verdict", "note", "by"]) { desk, number, body, who in
            let verdict = try ReviewVerdict(parsing: try body.required("verdict", length: 1...20))
            return try desk.judge(number, verdict, note: try body.text("note", length: 0...10_000), by: who)
        }
    }

    func close(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try await change(request, context, keys: ["reason", "by"]) { desk, number, body, who in
            try desk.close(number, because: try body.required("reason", length: 1...10_000), by: who)
        }
    }

    private func change(
        _ request: Request, _ context: ServiceContext, keys: Set<String>,
        _ body: @escaping @Sendable (ReviewDesk, Int64, ReviewRequest, String) throws -> ReviewTicket
    ) async throws -> Response {
        let number = try context.ticketNumber()
        let buffer = try await request.body.collect(upTo: ServiceContext.queryByteLimit)
        let asked = try ReviewRequest(json: Data(buffer.readableBytesView), keys: keys)
        let who = try asked.text("by", length: 1...200) ?? context.caller.name ?? ""
        let desk = desk
        return try await threads.run {
            Response.json(ReviewJSON.ticket(try body(desk, number, asked, who), withHistory: true))
        }
    }
}

extension ServiceContext {
    fileprivate func ticketNumber() throws -> Int64 {
        let text = try name("id")
        guard let number = Int64(text), number > 0 else {
            throw Problem(
                .badRequest, "bad-ticket-number", "\(QuotedText.json(text)) is no ticket's number.",
                remedy: "Tickets are numbered from 1; GET /v1/reviews lists them.")
        }
        return number
    }
}

/// What a client says about a ticket: one JSON object of texts.
struct ReviewRequest: Sendable {
    private enum Value: Sendable {
        case null
        case text(String)
        case other
    }

    private var values: [String: Value] = [:]

    init(json: Data, keys: Set<String>) throws {
        guard let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
            throw Problem(.badRequest, "malformed-json", "The body is not one JSON object.")
        }
        for (key, value) in object {
            guard keys.contains(key) else {
                throw Problem(
                    .badRequest,
                    [
                        Diagnostic(
                            "unknown-key", "\(QuotedText.json(key)) is not asked for here.",
                            remedy: "Give " + keys.sorted().joined(separator: ", ") + ".",
                            suggestions: NameSuggestion.nearest(to: key, among: keys.sorted()))
                    ])
            }
            switch value {
            case is NSNull: values[key] = .null
            case let text as String: values[key] = .text(text)
            default: values[key] = .other
            }
        }
    }

    /// - Parameter isNullable: null has to be said; otherwise it is as good as nothing.
    func text(_ key: String, length: ClosedRange<Int>, isNullable: Bool = false) throws -> String? {
        switch values[key] {
        case nil where isNullable:
            throw Problem(.badRequest, "missing-key", "\(key) is missing.", remedy: "Give a text or null.")
        case nil, .null: return nil
        case .text(let text) where length.contains(text.count): return text
        default:
            throw Problem(
                .badRequest, "wrong-value",
                "\(key) takes a text of \(length.lowerBound) to \(length.upperBound) characters.")
        }
    }

    func required(_ key: String, length: ClosedRange<Int>) throws -> String {
        guard let text = try text(key, length: length) else {
            throw Problem(.badRequest, "missing-key", "\(key) is missing.", remedy: "Give a text.")
        }
        return text
    }

    static func choice(_ parameters: [(String, String)]) throws -> ReviewChoice {
        var choice = ReviewChoice()
        for (key, value) in parameters {
            func wrong(_ expected: String) -> Problem {
                Problem(
                    .badRequest, "wrong-value", "\(key) is \(QuotedText.json(value)); it takes \(expected).")
            }
            func number(_ range: ClosedRange<Int>) throws -> Int {
                guard let number = Int(value), range.contains(number) else {
                    throw wrong("a whole number from \(range.lowerBound) to \(range.upperBound)")
                }
                return number
            }
            switch key {
            case "state":
                guard let state = ["open": true, "closed": false, "all": nil as Bool?][value] else {
                    throw wrong("open, closed or all")
                }
                choice.isOpen = state
            case "assignee": choice.assignee = value
            case "unassigned":
                guard let flag = ["true": true, "false": false][value] else { throw wrong("true or false") }
                choice.isUnassigned = flag
            case "channel": choice.channel = value
            case "order": choice.orderID = value
            case "sort":
                guard let order = ReviewChoice.Order(rawValue: value) else { throw wrong("worst or oldest") }
                choice.order = order
            case "limit": choice.limit = try number(1...1_000)
            case "offset": choice.offset = try number(0...1_000_000_000)
            default:
                throw Problem(
                    .badRequest,
                    [
                        Diagnostic(
                            "unknown-parameter", "There is no parameter \(QuotedText.json(key)).",
                            suggestions: NameSuggestion.nearest(to: key, among: names))
                    ])
            }
        }
        return choice
    }

    private static let names = ["state", "assignee", "unassigned", "channel", "order", "sort", "limit", "offset"]
}

/// Tickets as HTTP carries them.
enum ReviewJSON {
    static func ticket(_ ticket: ReviewTicket, withHistory: Bool = false) -> JSONText {
        let finding = ticket.finding
        var members: [(String, JSONText)] = [
            ("number", .literal(String(ticket.number))), ("order", .string(finding.orderID)),
            ("state", .string(ticket.isOpen ? "open" : "closed")), ("watch", .string(finding.watch)),
            ("channel", .optional(finding.channel)), ("health", health(finding.healthHundredths)),
            (
                "reasons",
                .array(
                    finding.reasons.map { reason in
                        .object([
                            ("name", .string(reason.name)), ("value", .string(reason.value)),
                            ("points", .string(reason.points)),
                        ])
                    })
            ),
            ("advice", .array(finding.advice.map(JSONText.string))),
            ("assignee", .optional(ticket.assignee)), ("verdict", .optional(ticket.verdict?.rawValue)),
            ("opened_at", .string(ticket.openedAt.description)),
            ("updated_at", .string(ticket.updatedAt.description)),
            ("closed_at", .optional(ticket.closedAt?.description)),
        ]
        if withHistory { members.append(("history", .array(ticket.history.map(step)))) }
        return .object(members)
    }

    private static func step(_ step: ReviewTicket.Step) -> JSONText {
        .object([
            ("at", .string(step.at.description)), ("kind", .string(step.kind.rawValue)), ("who", .optional(step.who)),
            ("health", health(step.healthHundredths)), ("text", .optional(step.text)),
        ])
    }

    private static func health(_ hundredths: Int) -> JSONText {
        .literal(DecimalText.format(Int64(hundredths), scale: 2))
    }
}
