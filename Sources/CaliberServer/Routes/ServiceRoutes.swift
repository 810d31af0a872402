import CaliberAlerts
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import Foundation
import HTTPTypes
import Hummingbird

/// Everything that the service answers; the OpenAPI document describes the same, which a test holds it to.
package enum ServiceRoute: CaseIterable, Sendable {
    case events, load, meta, metric, lineage, score, status
    case reviews, review, assign, note, verdict, close
    case openAPI, healthy, ready, measures

    package var method: String {
        switch self {
        case .events, .load, .assign, .note, .verdict, .close: "POST"
        default: "GET"
        }
    }

    /// With parameters in braces.
    package var path: String {
        switch self {
        case .events: "/v1/events"
        case .load: "/v1/load"
        case .meta: "/v1/meta"
        case .metric: "/v1/metrics/{id}"
        case .lineage: "/v1/lineage/{id}"
        case .score: "/v1/orders/{id}/score"
        case .reviews: "/v1/reviews"
        case .review: "/v1/reviews/{id}"
        case .assign: "/v1/reviews/{id}/assign"
        case .note: "/v1/reviews/{id}/note"
        case .verdict: "/v1/reviews/{id}/verdict"
        case .close: "/v1/reviews/{id}/close"
        case .status: "/v1/status"
        case .openAPI: "/v1/openapi.json"
        case .healthy: "/healthz"
        case .ready: "/readyz"
        case .measures: "/metrics"
        }
    }

    /// nil: anyone.
    var role: AccessRole? {
        switch self {
        case .events: .ingest
        case .load, .meta, .metric, .lineage, .score, .status: .read
        case .reviews, .review, .assign, .note, .verdict, .close: .review
        case .openAPI, .healthy, .ready, .measures: nil
        }
    }
}

struct ServiceRoutes {
    typealias Handler = @Sendable (Request, ServiceContext) async throws -> Response

    let access: AccessControl
    let configuration: ServiceConfiguration
    let intake: IntakeRoute
    let queries: QueryRoutes
    let reviews: ReviewRoutes
    let health: HealthRoutes

    private func handler(of route: ServiceRoute) -> Handler {
        switch route {
        case .events: intake.take
        case .load: queries.load
        case .meta: queries.meta
        case .metric: queries.metric
        case .lineage: queries.lineage
        case .score: queries.score
        case .reviews: reviews.list
        case .review: reviews.show
        case .assign: reviews.assign
        case .note: reviews.note
        case .verdict: reviews.judge
        case .close: reviews.close
        case .status: health.status
        case .openAPI: health.openAPI
        case .healthy: health.healthy
        case .ready: health.ready
        case .measures: health.metrics
        }
    }

    private func role(of route: ServiceRoute) -> AccessRole? {
        route == .measures && !configuration.hasOpenMetrics ? .read : route.role
    }

    func router() -> Router<ServiceContext> {
        let router = Router(context: ServiceContext.self)
        router.add(middleware: RequestTracing(measures: queries.measures))
        for route in ServiceRoute.allCases {
            let (handler, role) = (handler(of: route), role(of: route))
            guard let method = HTTPRequest.Method(rawValue: route.method) else { continue }
            let access = access
            router.on(RouterPath(route.path), method: method) { request, context in
                var context = context
                if let role {
                    do throws(AccessProblem) {
                        context.caller = try access.admit(request.headers[.authorization], for: role)
                    } catch {
                        var problem = Problem(error)
                        problem.closesConnection = request.method == .post
                        throw problem
                    }
                }
                return try await handler(request, context)
            }
        }
        return router
    }
}

/// How the service is, for whoever watches over it.
struct HealthRoutes: Sendable {
    let engine: Engine
    let writer: IntakeWriter
    let threads: WorkerThreads
    let measures: ServiceMeasures
    let started = ContinuousClock.now

    /// The process answers.
    func healthy(_ request: Request, _ context: ServiceContext) async throws -> Response {
        Response.json(.object([("status", .string("up"))]))
    }

    /// Events would be taken now.
    func ready(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let reasons = reasons
        return Response.json(
            .object([
                ("status", .string(reasons.isEmpty ? "ready" : "not ready")),
                ("reasons", .array(reasons.map(JSONText.string))),
            ]), status: reasons.isEmpty ? .ok : .serviceUnavailable)
    }

    /// Where everything stands, as `caliber status --json` says it.
    func status(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let engine = engine
        var status = try await threads.run { try engine.operatingStatus() }
        status.service = OperatingStatus.Service(
            reasons: reasons, uptimeSeconds: started.duration(to: .now).components.seconds,
            queueByteCount: Int64(writer.budget.byteCount), queueRequestCount: Int64(writer.budget.requestCount),
            waitingQueryCount: Int64(threads.waitingCount))
        return Response.json(status.json)
    }

    /// Why events would not be taken now; empty when they would.
    private var reasons: [String] {
        var reasons: [String] = []
        switch writer.state {
        case .ready: break
        case .failing(let reason): reasons.append(reason)
        case .closed: reasons.append("The service is about to end.")
        }
        if !writer.budget.hasRoom { reasons.append("More events wait to be written than there is room for.") }
        return reasons
    }

    func metrics(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var now: [(label: String, value: Double)] = [
            ("caliber_intake_queue_bytes", Double(writer.budget.byteCount)),
            ("caliber_intake_queue_requests", Double(writer.budget.requestCount)),
            ("caliber_query_waiting", Double(threads.waitingCount)),
            ("caliber_uptime_seconds", started.duration(to: .now) / .seconds(1)),
        ]
        let engine = engine
        if let position = try? await threads.run({ try engine.position }) {
            now.append(("caliber_log_position", Double(position.sequence)))
        }
        if let gauges = try? await threads.run({ try HealthRoutes.alertGauges(engine) }) { now += gauges }
        if let memory = ServiceMeasures.residentByteCount() {
            now.append(("caliber_resident_memory_bytes", Double(memory)))
        }
        return Response.text(measures.text(now: now), as: "text/plain; version=0.0.4; charset=utf-8")
    }

    private static func alertGauges(_ engine: Engine) throws -> [(label: String, value: Double)] {
        let total = try engine.alertDesk.account().total
        let endpoints = try engine.alertDesk.endpoints()
        let counts: [(label: String, count: Int)] = [
            ("caliber_alert_words_owed", total.owed), ("caliber_alert_words_delivered", total.delivered),
            ("caliber_alert_words_merged", total.merged), ("caliber_alert_words_silenced", total.silenced),
            ("caliber_alert_words_inhibited", total.inhibited), ("caliber_alert_words_dead", total.dead),
            ("caliber_alert_words_waiting", total.waiting), ("caliber_alert_words_missing", total.missing),
            ("caliber_alert_endpoints_off", endpoints.count { $0.disabledReason != nil }),
            ("caliber_alert_endpoints_resting", endpoints.count { $0.restsUntil != nil }),
            ("caliber_reviews_open", try engine.reviewDesk.count()),
        ]
        return counts.map { ($0.label, Double($0.count)) }
    }

    func openAPI(_ request: Request, _ context: ServiceContext) async throws -> Response {
        Response.text(OpenAPIDocument.json, as: "application/json")
    }
}
