import CaliberAlerts
import CaliberChecks
import CaliberCore
import CaliberDictionary
import CaliberTables

/// The dictionary's watches, looking at what an intake has taken in.
///
/// What a look finds is kept in one transaction with what the watch knows from then on, the alerts that it raises and ends,
/// and the tickets that it opens: a process that dies between two looks says nothing twice and forgets nothing.
public final class WatchSession {
    private let intake: IntakeSession
    private let store: WatchStore
    private let words: FindingWords
    private var watches: [Watch] = []

    private struct Watch {
        let definition: WatchDefinition
        let looking: Looking
        /// nil before the first look.
        var lastLook: Timestamp?
        /// As they were kept.
        var streaks: [String: WatchMemory.Streak]
    }

    private enum Looking {
        case rows(RowWatch)
        case streak(StreakWatch)
    }

    init(_ intake: IntakeSession) throws {
        self.intake = intake
        store = WatchStore(store: intake.engine.store)
        words = FindingWords(outbox: AlertOutbox(routing: intake.engine.settings.alerts.routing))
        try load()
    }

    private func load() throws {
        let zone = intake.engine.dictionary.settings.timeZone
        watches = try intake.engine.dictionary.watches.map { definition in
            let memory = try store.memory(of: definition, now: intake.engine.now())
            let looking =
                StreakWatch(definition, zone: zone, memory: memory).map { Looking.streak($0) }
                ?? .rows(RowWatch(definition, zone: zone, memory: memory))
            return Watch(
                definition: definition, looking: looking, lastLook: try store.lastLook(of: definition.name),
                streaks: memory.streaks)
        }
    }

    /// Looks by every watch whose time has come; those without a schedule look each time.
    ///
    /// - Parameter everyWatch: looks by all, whatever their schedule says.
    /// - Returns: what is new, and what is over, watch by watch.
    public func look(everyWatch: Bool = false) throws -> [WatchFinding] {
        let now = intake.engine.now()
        var found: [WatchFinding] = []
        do {
            for index in watches.indices where everyWatch || isDue(watches[index], now) {
                found += try look(&watches[index], now)
            }
        } catch {
            // What a look has in memory may be ahead of what was kept.
            try load()
            throw error
        }
        return found
    }

    private func isDue(_ watch: Watch, _ now: Timestamp) -> Bool {
        guard case .every(let microseconds) = watch.definition.schedule, let last = watch.lastLook else { return true }
        // A clock that was set back must not silence a watch.
        return now.microseconds >= last.microseconds + microseconds || now < last
    }

    private func look(_ watch: inout Watch, _ now: Timestamp) throws -> [WatchFinding] {
        let snapshot = try intake.snapshot(of: watch.definition.table)
        let findings: [Finding]
        var streaks: [String: WatchMemory.Streak] = [:]
        switch watch.looking {
        case .rows(let rows): findings = try rows.look(at: snapshot, now: now)
        case .streak(let streak):
            findings = try streak.look(at: snapshot, now: now)
            streaks = streak.memory.streaks
        }
        watch.lastLook = now
        // A look that found nothing is not worth a durable write of its own, unless streaks went on.
        guard !findings.isEmpty || streaks != watch.streaks || watch.definition.schedule != .onChange else {
            return []
        }
        let definition = watch.definition
        let moved = streaks.filter { watch.streaks[$0.key] != $0.value }
        try intake.write { database in
            try store.keep(findings, of: definition, moved, lookedAt: now, in: database)
            for finding in findings { try words.say(finding, at: now, in: database) }
        }
        watch.streaks = streaks
        return findings.filter { !$0.isWorse }.map(WatchFinding.init)
    }
}

extension IntakeSession {
    /// The dictionary's watches over what this session takes in.
    public func watches() throws -> WatchSession { try WatchSession(self) }

    /// A table as it is now.
    func snapshot(of table: String) throws -> TableSnapshot { try tables.snapshot(of: table) }
}

extension Engine {
    /// What watches have found, the latest first.
    ///
    /// - Parameters:
    ///   - openOnly: leaves out what is over.
    ///   - watch: of one watch alone.
    public func watchFindings(openOnly: Bool = true, watch: String? = nil) throws -> [WatchFinding] {
        try WatchStore(store: store).findings(openOnly: openOnly, watch: watch)
    }
}
