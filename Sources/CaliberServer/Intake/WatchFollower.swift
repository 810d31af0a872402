import CaliberCore
import CaliberEngine
import CaliberEventLog
import CoreMetrics
import Logging

/// Has the dictionary's watches look after each pass, and when their time has come, and what they find delivered.
final class WatchFollower: CommitFollower {
    private let measures: ServiceMeasures
    private let logger: Logger
    private var watches: WatchSession?
    private var delivery: AlertDelivery?
    private var forgottenAt: ContinuousClock.Instant?
    /// How often alerts that were over long ago are let go of.
    private static let forgetInterval = Duration.seconds(3600)

    init(measures: ServiceMeasures, logger: Logger) {
        self.measures = measures
        self.logger = logger
    }

    func began(_ intake: IntakeSession) throws {
        watches = try intake.watches()
        let (measures, logger) = (measures, logger)
        delivery = try intake.deliverAlerts { problem in
            measures.followerFailures.increment()
            logger.error("alerts", metadata: ["code": "\(problem.code)", "reason": "\(problem.message)"])
        }
    }

    func followed(_ intake: IntakeSession, upTo position: LogPosition) throws { try passed(intake) }

    func passed(_ intake: IntakeSession) throws {
        try look()
        if let forgottenAt, ContinuousClock.now - forgottenAt < WatchFollower.forgetInterval { return }
        if try !intake.forgetOldAlerts() { forgottenAt = .now }
    }

    /// The threads that deliver write by the same right: they end before it is given back.
    func ends(_ intake: IntakeSession) throws {
        watches = nil
        delivery?.stop()
        delivery = nil
    }

    private func look() throws {
        let findings = try watches?.look() ?? []
        if !findings.isEmpty { delivery?.wake() }
        for finding in findings {
            let isOver = finding.closedAt != nil
            (isOver ? measures.findingsClosed : measures.findingsOpened).increment()
            logger.notice(
                isOver ? "over" : "found",
                metadata: [
                    "watch": "\(finding.watch)", "subject": "\(finding.subject)", "severity": "\(finding.severity)",
                    "title": "\(finding.title)",
                ])
        }
    }
}
