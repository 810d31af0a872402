import CaliberCore
import CoreMetrics
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What a request carries with it through the service.
struct ServiceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// As the client sent it, or made up; in the answer and in every log line.
    var requestID = ""
    var caller = AccessControl.Caller.anyone

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Bodies of queries.
    var maxUploadSize: Int { ServiceContext.queryByteLimit }

    static let queryByteLimit = 1 << 20
}

/// Gives every request an id, logs and counts it, and turns what is thrown into problem details.
struct RequestTracing: RouterMiddleware {
    let measures: ServiceMeasures
    /// What a connection may still send once its request was refused, before it is closed.
    static let lingerSeconds: Int64 = 2

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = RequestTracing.id(request.headers[.requestID])
        context.logger[metadataKey: "hb.request.id"] = nil
        context.logger[metadataKey: "request_id"] = "\(context.requestID)"
        let start = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let problem = Problem(describing: error)
            response = problem.response(requestID: context.requestID)
            if problem.status.code >= 500 {
                context.logger.error(
                    "request failed", metadata: ["reason": "\(problem.diagnostics.map(\.description))"])
            }
            if problem.closesConnection {
                let channel = context.channel
                channel.eventLoop.scheduleTask(in: .seconds(RequestTracing.lingerSeconds)) {
                    channel.close(promise: nil)
                }
            }
        }
        response.headers[.requestID] = context.requestID
        let seconds = start.duration(to: .now) / .seconds(1)
        let route = context.endpointPath ?? "none"
        measures.note(route: route, status: response.status.code, seconds: seconds)
        context.logger.debug(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(route)", "status": "\(response.status.code)",
                "seconds": "\(seconds)", "caller": "\(context.caller)",
            ])
        return response
    }

    /// A client's id is kept where it is harmless in logs.
    private static func id(_ sent: String?) -> String {
        if let sent, (1...64).contains(sent.utf8.count), sent.utf8.allSatisfy(isHarmless) { return sent }
        return String(AccessToken.chance(byteCount: 10))
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension HTTPField.Name {
    static var requestID: HTTPField.Name { HTTPField.Name("X-Request-Id") ?? .server }
}
