import CaliberEngine
import CaliberEventLog
import CoreMetrics
import Logging

/// Has the dictionary's watches look after each pass, and when their time has come.
final class WatchFollower: CommitFollower {
    private let measures: ServiceMeasures
    private let logger: Logger
    private var watches: WatchSession?

    init(measures: ServiceMeasures, logger: Logger) {
        self.measures = measures
        self.logger = logger
    }

    func began(_ intake: IntakeSession) throws { watches = try intake.watches() }

    func followed(_ intake: IntakeSession, upTo position: LogPosition) throws { try look() }

    func passed(_ intake: IntakeSession) throws { try look() }

    func ends(_ intake: IntakeSession) throws { watches = nil }

    private func look() throws {
        for finding in try watches?.look() ?? [] {
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
