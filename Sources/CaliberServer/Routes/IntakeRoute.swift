import CaliberCore
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CoreMetrics
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /v1/events`: answers when the events are durable, with the account of them.
struct IntakeRoute: Sendable {
    let writer: IntakeWriter
    let measures: ServiceMeasures
    let bodyByteLimit: Int

    /// Seconds that a client is asked to wait when there is no room.
    private static let pauseSeconds = 1

    func take(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let contentType = request.headers[.contentType]
        guard let format = EventLines.Format(contentType: contentType) else {
            throw Problem(
                .unsupportedMediaType, "content-type", "Events do not come as \(QuotedText.json(contentType ?? "")).",
                remedy: "Send application/cloudevents+json, application/cloudevents-batch+json or "
                    + "application/x-ndjson, in UTF-8.", closesConnection: true)
        }
        guard let coding = ContentUnpacking.Coding(header: request.headers[.contentEncoding]) else {
            var problem = Problem(
                .unsupportedMediaType, "content-encoding",
                "A body is not unpacked from \(QuotedText.json(request.headers[.contentEncoding] ?? "")).",
                remedy: "Send it plain, or as gzip or zstd.", closesConnection: true)
            problem.headers[.acceptEncoding] = "gzip, zstd"
            throw problem
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bodyByteLimit {
            throw tooLarge
        }
        guard let share = writer.budget.admit() else { throw busy(closes: true) }
        let lines = try await lines(of: request.body, coding, format, share)
        let answer = await withCheckedContinuation { continuation in
            writer.queue.add(
                WaitingIntake(
                    lines: lines, origin: "http:\(context.requestID)", share: share, answer: continuation))
        }
        switch answer {
        case .taken(let report, let position): return IntakeRoute.response(report, position)
        case .failed(let error as WriterProblem): throw error
        case .failed(let error):
            throw Problem(.serviceUnavailable, Diagnostic.describing(error), retryAfterSeconds: 2)
        case .closing:
            throw Problem(.serviceUnavailable, "closing", "The service is about to end.", retryAfterSeconds: 5)
        }
    }

    private func lines(
        of body: RequestBody, _ coding: ContentUnpacking.Coding, _ format: EventLines.Format,
        _ share: IntakeBudget.Share
    ) async throws -> EventLines {
        do {
            let unpacking = try ContentUnpacking(coding, byteLimit: bodyByteLimit)
            for try await buffer in body {
                try buffer.withUnsafeReadableBytes { piece in
                    try unpacking.take(piece) { share.reserve($0) }
                }
            }
            try unpacking.finish()
            return try EventLines(unpacking.takeBytes(), as: format)
        } catch let failure as ContentUnpacking.Failure {
            switch failure {
            case .tooLarge: throw tooLarge
            case .noRoom: throw busy(closes: true)
            case .truncated:
                throw Problem(
                    .badRequest, "body-truncated", "The body ends in the middle of its \(coding.rawValue) data.",
                    remedy: "Nothing was taken in. Send it again.")
            case .damaged(let reason):
                throw Problem(
                    .badRequest, "body-damaged", "The body is damaged \(coding.rawValue) data: \(reason).",
                    remedy: "Nothing was taken in. Send it again.", closesConnection: true)
            }
        } catch let failure as EventLines.Failure {
            throw Problem(.badRequest, [IntakeRoute.diagnostic(failure)])
        }
    }

    private static func diagnostic(_ failure: EventLines.Failure) -> Diagnostic {
        let (what, offset): (String, Int?) =
            switch failure {
            case .notAnArray: ("It is no JSON array", nil)
            case .unbalanced(let offset): ("A quotation mark or bracket has no partner", offset)
            case .trailingText(let offset): ("Text follows the array", offset)
            case .missingComma(let offset): ("A comma is missing or stands alone", offset)
            }
        let place = offset.map { ", at byte \($0)" } ?? ""
        return Diagnostic(
            "batch-malformed", "The batch can't be cut into events. \(what)\(place).",
            remedy: "Nothing was taken in. Send a JSON array of events.")
    }

    private var tooLarge: Problem {
        Problem(
            .contentTooLarge, "body-too-large", "The body is larger than \(bodyByteLimit >> 20) MiB, unpacked.",
            remedy: "Nothing was taken in. Send it in parts.", closesConnection: true)
    }

    private func busy(closes: Bool) -> Problem {
        measures.refusedIntakes.increment()
        return Problem(
            .tooManyRequests, "intake-busy", "More events wait to be written than there is room for.",
            remedy: "Nothing was taken in. Send it again after Retry-After.",
            retryAfterSeconds: IntakeRoute.pauseSeconds, closesConnection: closes)
    }

    private static func response(_ report: SectionReport, _ position: LogPosition) -> Response {
        let account = report.account
        var members: [(String, JSONText)] = [
            ("received", .literal(String(account.received))), ("accepted", .literal(String(account.accepted))),
            ("duplicate", .literal(String(account.duplicate))),
            ("quarantined", .literal(String(account.quarantined))), ("parked", .literal(String(account.parked))),
            ("position", .literal(String(position.sequence))),
        ]
        if !report.refusals.isEmpty { members.append(("refusals", .array(report.refusals.map(refusal)))) }
        if !report.parkedByType.isEmpty {
            let types = report.parkedByType.sorted { $0.key < $1.key }
            members.append(("parked_types", .object(types.map { ($0.key, .literal(String($0.value))) })))
        }
        return Response.json(.object(members))
    }

    private static func refusal(_ refusal: SectionReport.Refusal) -> JSONText {
        var members: [(String, JSONText)] = [
            ("line", .literal(String(refusal.line))), ("code", .string(refusal.diagnostic.code)),
            ("message", .string(refusal.diagnostic.message)),
        ]
        for (name, text) in [
            ("id", refusal.eventID), ("contract", refusal.contract), ("field", refusal.field),
            ("remedy", refusal.diagnostic.remedy),
        ] {
            if let text { members.append((name, .string(text))) }
        }
        if !refusal.diagnostic.suggestions.isEmpty {
            members.append(("suggestions", .array(refusal.diagnostic.suggestions.map(JSONText.string))))
        }
        return .object(members)
    }
}

extension Response {
    static func json(_ json: JSONText, status: HTTPResponse.Status = .ok) -> Response {
        text(json.compact + "\n", as: "application/json", status: status)
    }

    static func text(_ text: String, as contentType: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
