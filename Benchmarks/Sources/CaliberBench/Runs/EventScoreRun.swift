import Foundation

/// Scores of events one at a time, and of ready rows.
struct EventScoreResult {
    let orders: Int
    let caliber: EventJobReport
    let scikitLearn: ScoreJobReport
}

/// Scores the last events of a log one by one, and the rows that came of them once more by scikit-learn.
struct EventScoreRun {
    let contenders: Contenders
    let orders: Int
    let events: Int
    let database: String

    func result() throws -> EventScoreResult {
        let rows = contenders.scratch.appending(path: "event.rows").path
        let model = contenders.scratch.appending(path: "event.json").path
        Progress.say("score on event: Caliber")
        let caliber = try contenders.own(
            "event-job",
            [
                "--database", database, "--dictionary", contenders.dictionary, "--events", String(events),
                "--rows", rows, "--model", model,
            ]
        ).report(EventJobReport.self)
        Progress.say("score on event: scikit-learn, ready rows")
        let scikitLearn = try contenders.peer(
            "learning_score",
            [
                LearningPeer.scikitLearn.rawValue, rows, String(caliber.scoredSeconds.count),
                String(caliber.columnCount), model,
            ]
        ).report(ScoreJobReport.self)
        for path in [rows, model] { try? FileManager.default.removeItem(atPath: path) }
        return EventScoreResult(orders: orders, caliber: caliber, scikitLearn: scikitLearn)
    }
}
