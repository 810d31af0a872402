import CaliberCore
import CaliberSinks
import GRDB

/// Someone does not want to hear of some alerts for some time. The alerts stay, and are told afterwards if they still fire.
public struct AlertSilence: Sendable, Equatable {
    public let number: Int64
    /// All of them hold for what is silenced.
    public let matchers: [LabelMatcher]
    public let from: Timestamp
    public let until: Timestamp
    public let author: String
    public let comment: String
    public let createdAt: Timestamp

    public func isActive(at moment: Timestamp) -> Bool {
        from <= moment && moment < until
    }

    func silences(_ labels: [String: String], at moment: Timestamp) -> Bool {
        isActive(at: moment) && matchers.allSatisfy { $0.matches(labels) }
    }
}

/// The silences that there are.
public enum AlertSilences {
    /// Adds a silence, within the caller's transaction.
    ///
    /// - Returns: its number.
    /// - Throws: `AlertProblem` when it has no conditions or no author, ends before it begins or is over.
    package static func add(
        _ matchers: [LabelMatcher], from: Timestamp, until: Timestamp, author: String, comment: String,
        at now: Timestamp, in database: Database
    ) throws -> Int64 {
        guard !matchers.isEmpty else { throw AlertProblem.boundlessSilence }
        guard !author.isEmpty else { throw AlertProblem.anonymous(what: "A silence") }
        guard until > from else { throw AlertProblem.silenceEndsBeforeItBegins(from: from, until: until) }
        guard until > now else { throw AlertProblem.silenceOver(until: until, now: now) }
        try database.execute(
            sql: """
                INSERT INTO alertSilence (matchers, fromMoment, untilMoment, author, comment, createdAt)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                try AlertJSON.text(matchers.map(\.description)), from.microseconds, until.microseconds, author,
                comment, now.microseconds,
            ])
        return database.lastInsertedRowID
    }

    /// Ends a silence now, within the caller's transaction: what it muted and still fires is told.
    ///
    /// - Returns: whether it had not ended yet.
    /// - Throws: `AlertProblem.unknownSilence`.
    @discardableResult
    package static func end(_ number: Int64, at now: Timestamp, in database: Database) throws -> Bool {
        let until = try Int64.fetchOne(
            database, sql: "SELECT untilMoment FROM alertSilence WHERE alertSilenceID = ?", arguments: [number])
        guard let until else { throw AlertProblem.unknownSilence(number: number) }
        guard until > now.microseconds else { return false }
        try database.execute(
            sql: """
                UPDATE alertSilence SET fromMoment = min(fromMoment, :now), untilMoment = :now
                WHERE alertSilenceID = :number
                """, arguments: ["now": now.microseconds, "number": number])
        try AlertGroupRow.look(mutedBySilence: number, at: now, in: database)
        return true
    }

    /// The silences that have not ended by a moment; all of them when none is given. Newest first.
    package static func list(endingAfter moment: Timestamp?, in database: Database) throws -> [AlertSilence] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM alertSilence WHERE untilMoment > ? ORDER BY alertSilenceID DESC",
            arguments: [moment?.microseconds ?? .min]
        ).map(silence)
    }

    private static func silence(_ row: Row) throws -> AlertSilence {
        let number: Int64 = row["alertSilenceID"]
        let texts = AlertJSON.value([String].self, from: row["matchers"])
        guard let texts, let matchers = try? texts.map({ try LabelMatcher(parsing: $0) }) else {
            throw AlertProblem.unreadable(table: "alertSilence", key: String(number))
        }
        return AlertSilence(
            number: number, matchers: matchers, from: Timestamp(microseconds: row["fromMoment"]),
            until: Timestamp(microseconds: row["untilMoment"]), author: row["author"], comment: row["comment"],
            createdAt: Timestamp(microseconds: row["createdAt"]))
    }

    /// Those that are active; one that can't be read silences nothing, which is a message too many, not one too few.
    static func active(at now: Timestamp, in database: Database) throws -> [AlertSilence] {
        try Row.fetchAll(
            database,
            sql: "SELECT * FROM alertSilence WHERE untilMoment > ? AND fromMoment <= ? ORDER BY alertSilenceID",
            arguments: [now.microseconds, now.microseconds]
        ).compactMap { try? silence($0) }
    }
}

/// What keeps alerts from being told at a moment.
struct Muting {
    enum Reason: Equatable {
        case silence(number: Int64)
        case alert(id: String)
    }

    let silences: [AlertSilence]
    private let inhibitors: [(id: String, labels: [String: String])]
    private let rules: [InhibitionRule]
    private let now: Timestamp

    init(rules: [InhibitionRule], at now: Timestamp, in database: Database) throws {
        self.rules = rules
        self.now = now
        silences = try AlertSilences.active(at: now, in: database)
        guard !rules.isEmpty else {
            inhibitors = []
            return
        }
        inhibitors = try String.fetchAll(
            database, sql: "SELECT body FROM alert WHERE status = 'firing' AND isInhibitor ORDER BY alertID"
        ).compactMap { AlertJSON.value(Alert.self, from: $0) }.map { ($0.id, $0.matchedLabels) }
    }

    /// Whether nothing is muted, so that nobody need look.
    var isIdle: Bool { silences.isEmpty && inhibitors.isEmpty }

    func reason(toMute alert: Alert) -> Reason? {
        let labels = alert.matchedLabels
        if let silence = silences.first(where: { $0.silences(labels, at: now) }) {
            return .silence(number: silence.number)
        }
        let inhibitor = inhibitors.first { other in
            other.id != alert.id && rules.contains { $0.mutes(labels, because: other.labels) }
        }
        return inhibitor.map { .alert(id: $0.id) }
    }

    /// When a reason ends by itself.
    func end(of reason: Reason) -> Timestamp? {
        guard case .silence(let number) = reason else { return nil }
        return silences.first { $0.number == number }?.until
    }
}
