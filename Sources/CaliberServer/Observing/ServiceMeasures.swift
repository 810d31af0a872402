import CaliberEventLog
import CoreMetrics
import Foundation

/// What the service counts and times; the names are a promise to whoever draws them.
final class ServiceMeasures: Sendable {
    private let registry = MetricsRegistry()
    private let events: [String: Counter]
    let commits: Counter
    let commitSeconds: Recorder
    let requestsPerCommit: Recorder
    let writeFailures: Counter
    let scores: Counter
    let reviews: Counter
    let scoreSeconds: Recorder
    let scoreLagSeconds: Recorder
    let scoringFailures: Counter
    let followerFailures: Counter
    let findingsOpened: Counter
    let findingsClosed: Counter
    let refusedIntakes: Counter
    let querySeconds: Recorder
    let refusedQueries: Counter
    let isWriting: Gauge

    static let meanings: [String: String] = [
        "caliber_alert_words_owed": "Words about alerts that endpoints were to hear; the sum of what became of them.",
        "caliber_alert_words_delivered": "Words that arrived.",
        "caliber_alert_words_merged": "Words that a later one in the same message stands for.",
        "caliber_alert_words_silenced": "Words that a silence kept back.",
        "caliber_alert_words_inhibited": "Words that another alert said enough about.",
        "caliber_alert_words_dead": "Words in dead letters, which wait for a replay.",
        "caliber_alert_words_waiting": "Words on their way.",
        "caliber_alert_words_missing": "Words that the account can't find: zero, or something is wrong.",
        "caliber_alert_endpoints_off": "Endpoints that were turned off.",
        "caliber_alert_endpoints_resting": "Endpoints that are left alone after failures, or because they asked.",
        "caliber_reviews_open": "Review tickets that wait for a verdict.",
        "caliber_intake_events_total": "Events that came in, by what became of them.",
        "caliber_intake_commits_total": "Commits, each synced to the disk.",
        "caliber_intake_commit_seconds": "From taking requests off the queue to their events being durable and folded.",
        "caliber_intake_commit_requests": "Requests whose events became durable together.",
        "caliber_intake_refused_total": "Requests with events that found no room (429).",
        "caliber_intake_queue_bytes": "Events that are received and not durable yet.",
        "caliber_intake_queue_requests": "Requests with such events.",
        "caliber_write_failures_total": "Times that writing failed.",
        "caliber_writing": "1 while the service has the right to write and writing works.",
        "caliber_scores_total": "Scores taken in.",
        "caliber_scores_review_total": "Scores below 60.",
        "caliber_score_seconds": "One pass of scoring.",
        "caliber_score_lag_seconds": "From an event being durable to its scores being so.",
        "caliber_scoring_failures_total": "Times that a model had to be left out.",
        "caliber_follower_failures_total": "Times that what follows commits failed.",
        "caliber_findings_opened_total": "Findings of watches.",
        "caliber_findings_closed_total": "Findings of watches that are over.",
        "caliber_http_requests_total": "Requests, by route and status.",
        "caliber_http_request_seconds": "Requests, to the answer's first byte, by route.",
        "caliber_query_seconds": "Queries, from being taken off the queue to the answer.",
        "caliber_query_refused_total": "Queries that found no room (503).",
        "caliber_query_waiting": "Queries that wait for a thread.",
        "caliber_log_position": "Events in the log, scores included.",
        "caliber_resident_memory_bytes": "Memory of the process.",
        "caliber_uptime_seconds": "Since the service was started.",
    ]

    init() {
        let registry = registry
        func counter(_ label: String) -> Counter { Counter(label: label, dimensions: [], factory: registry) }
        func recorder(_ label: String) -> Recorder {
            Recorder(label: label, dimensions: [], aggregate: true, factory: registry)
        }
        let outcomes = ["accepted", "duplicate", "quarantined", "parked"]
        events = Dictionary(
            uniqueKeysWithValues: outcomes.map { outcome in
                (
                    outcome,
                    Counter(
                        label: "caliber_intake_events_total", dimensions: [("outcome", outcome)], factory: registry)
                )
            })
        commits = counter("caliber_intake_commits_total")
        commitSeconds = recorder("caliber_intake_commit_seconds")
        requestsPerCommit = recorder("caliber_intake_commit_requests")
        writeFailures = counter("caliber_write_failures_total")
        scores = counter("caliber_scores_total")
        reviews = counter("caliber_scores_review_total")
        scoreSeconds = recorder("caliber_score_seconds")
        scoreLagSeconds = recorder("caliber_score_lag_seconds")
        scoringFailures = counter("caliber_scoring_failures_total")
        followerFailures = counter("caliber_follower_failures_total")
        findingsOpened = counter("caliber_findings_opened_total")
        findingsClosed = counter("caliber_findings_closed_total")
        refusedIntakes = counter("caliber_intake_refused_total")
        querySeconds = recorder("caliber_query_seconds")
        refusedQueries = counter("caliber_query_refused_total")
        isWriting = Gauge(label: "caliber_writing", dimensions: [], factory: registry)
    }

    func note(_ report: IntakeReport, seconds: Double, requests: Int) {
        events["accepted"]?.increment(by: report.account.accepted)
        events["duplicate"]?.increment(by: report.account.duplicate)
        events["quarantined"]?.increment(by: report.account.quarantined)
        events["parked"]?.increment(by: report.account.parked)
        commits.increment()
        commitSeconds.record(seconds)
        requestsPerCommit.record(requests)
    }

    /// - Parameter route: as the OpenAPI document has it, never a client's text.
    func note(route: String, status: Int, seconds: Double) {
        Counter(
            label: "caliber_http_requests_total", dimensions: [("route", route), ("status", String(status))],
            factory: registry
        ).increment()
        Recorder(
            label: "caliber_http_request_seconds", dimensions: [("route", route)], aggregate: true, factory: registry
        ).record(seconds)
    }

    /// - Parameter now: gauges that are looked at when asked for.
    func text(now: [(label: String, value: Double)]) -> String {
        for (label, value) in now { Gauge(label: label, dimensions: [], factory: registry).record(value) }
        return registry.text(meanings: ServiceMeasures.meanings)
    }

    /// The process's resident memory, bytes; nil where the system doesn't say.
    static func residentByteCount() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
