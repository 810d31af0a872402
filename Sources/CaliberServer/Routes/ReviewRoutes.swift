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
        let choice = try ReviewParameters.choice(request.uri.queryParameters.map { (String($0.key), String($0.value)) })
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
        var body = try await body(of: request, keys: ["to", "by"])
        let assignee = body.nullableText("to", length: 1...200)
        return try await change(context, body) { try $0.assign($1, to: assignee, by: $2) }
    }

    func note(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var body = try await body(of: request, keys: ["text", "by"])
        let text = body.requiredText("text", length: 1...10_000)
        return try await change(context, body) { try $0.note(text, on: $1, by: $2) }
    }

    func judge(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var body = try await body(of: request, keys: ["verdict", "note", "by"])
        let verdict = body.requiredText("verdict", length: 1...20)
        let note = body.text("note", length: 0...10_000)
        return try await change(context, body) {
            try $0.judge($1, try ReviewVerdict(parsing: verdict), note: note, by: $2)
        }
    }

    func close(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var body = try await body(of: request, keys: ["reason", "by"])
        let reason = body.requiredText("reason", length: 1...10_000)
        return try await change(context, body) { try $0.close($1, because: reason, by: $2) }
    }

    private func body(of request: Request, keys: Set<String>) async throws -> ReviewBody {
        let buffer = try await request.body.collect(upTo: ServiceContext.queryByteLimit)
        return try ReviewBody(json: Data(buffer.readableBytesView), keys: keys)
    }

    /// - Parameter step: given the desk, the ticket's number and who asks.
    private func change(
        _ context: ServiceContext, _ body: ReviewBody,
        _ step: @escaping @Sendable (ReviewDesk, Int64, String) throws -> ReviewTicket
    ) async throws -> Response {
        let number = try context.ticketNumber()
        var body = body
        let who = body.text("by", length: 1...200) ?? context.caller.name ?? ""
        try body.check()
        let desk = desk
        return try await threads.run {
            Response.json(ReviewJSON.ticket(try step(desk, number, who), withHistory: true))
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
struct ReviewBody {
    private let object: [String: Any]
    private var reading = JSONReading()

    /// - Throws: `DiagnosticList` where the body is no JSON object.
    init(json: Data, keys: Set<String>) throws {
        guard let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
            throw DiagnosticList([Diagnostic("malformed-json", "The body is not one JSON object.")])
        }
        self.object = object
        reading.refuse(keysOf: object, except: keys, of: "the request")
    }

    mutating func text(_ key: String, length: ClosedRange<Int>) -> String? {
        reading.text(key, in: object, length: length)
    }

    /// Null has to be said.
    mutating func nullableText(_ key: String, length: ClosedRange<Int>) -> String? {
        if object[key] == nil { reading.missing(key, "a text or null") }
        return text(key, length: length)
    }

    /// Empty where it is missing, which `check` will say.
    mutating func requiredText(_ key: String, length: ClosedRange<Int>) -> String {
        if object[key] == nil || object[key] is NSNull { reading.missing(key, "a text") }
        return text(key, length: length) ?? ""
    }

    /// - Throws: `DiagnosticList` with everything that is wrong.
    func check() throws {
        guard reading.problems.isEmpty else { throw DiagnosticList(reading.problems) }
    }
}

/// Which tickets a client wants to see.
enum ReviewParameters {
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
