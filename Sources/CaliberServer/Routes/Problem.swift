import CaliberCore
import CaliberQuery
import HTTPTypes
import Hummingbird
import NIOCore

/// Why a request was not done, for the client: problem details (RFC 9457) with the diagnostics' stable codes.
struct Problem: Error {
    let status: HTTPResponse.Status
    let diagnostics: [Diagnostic]
    /// Seconds after which the same request may do better.
    var retryAfterSeconds: Int?
    var headers = HTTPFields()
    /// The rest of the request is not worth reading.
    var closesConnection = false

    init(
        _ status: HTTPResponse.Status, _ diagnostics: [Diagnostic], retryAfterSeconds: Int? = nil,
        closesConnection: Bool = false
    ) {
        self.status = status
        self.diagnostics = diagnostics
        self.retryAfterSeconds = retryAfterSeconds
        self.closesConnection = closesConnection
    }

    init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, remedy: String? = nil,
        retryAfterSeconds: Int? = nil, closesConnection: Bool = false
    ) {
        self.init(
            status, [Diagnostic(code, message, remedy: remedy)], retryAfterSeconds: retryAfterSeconds,
            closesConnection: closesConnection)
    }

    init(_ problem: AccessProblem) {
        switch problem {
        case .noKey:
            self.init(
                .unauthorized, "no-key", "The request carries no API key.",
                remedy: "Send it as Authorization: Bearer KEY.")
        case .unknownKey:
            self.init(.unauthorized, "unknown-key", "The API key is not known, or was revoked.")
        case .forbidden(let role):
            self.init(
                .forbidden, "forbidden", "The API key lacks the role \(role.rawValue).",
                remedy: "Use another key, or make one with `caliber keys create`.")
        }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    }

    func response(requestID: String) -> Response {
        var members: [(String, JSONText)] = [
            ("type", .string("about:blank")), ("title", .string(status.reasonPhrase)),
            ("status", .literal(String(status.code))),
            ("code", .string(diagnostics.first?.code ?? "unexpected")),
            ("detail", .string(diagnostics.map(\.message).joined(separator: " "))),
            ("request_id", .string(requestID)),
        ]
        members.append(("errors", .array(diagnostics.map(Problem.json))))
        var fields = headers
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        if let retryAfterSeconds { fields[.retryAfter] = String(retryAfterSeconds) }
        if closesConnection { fields[.connection] = "close" }
        return Response(
            status: status, headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(string: JSONText.object(members).compact + "\n")))
    }

    static func json(_ diagnostic: Diagnostic) -> JSONText {
        var members: [(String, JSONText)] = [
            ("code", .string(diagnostic.code)), ("message", .string(diagnostic.message)),
        ]
        if let location = diagnostic.location {
            var place: [(String, JSONText)] = [("file", .string(location.file))]
            if let line = location.line { place.append(("line", .literal(String(line)))) }
            if let column = location.column { place.append(("column", .literal(String(column)))) }
            members.append(("at", .object(place)))
        }
        if let remedy = diagnostic.remedy { members.append(("remedy", .string(remedy))) }
        if !diagnostic.suggestions.isEmpty {
            members.append(("suggestions", .array(diagnostic.suggestions.map(JSONText.string))))
        }
        return .object(members)
    }
}
