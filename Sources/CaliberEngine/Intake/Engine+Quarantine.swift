import CaliberCore
import CaliberEventLog
import CaliberStore
import CaliberTables

extension Engine {
    /// What waits in quarantine, by kind of violation, most frequent first.
    public func quarantineSummary(
        _ filter: QuarantineFilter = QuarantineFilter()
    ) throws -> [(kind: ViolationKind, count: Int64, firstLocation: SourceLocation)] {
        try log.quarantineCounts(filter).map { ($0.key, $0.value.count, $0.value.firstLocation) }
            .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
    }

    public func quarantined(
        _ filter: QuarantineFilter = QuarantineFilter(), after id: Int64 = 0, limit: Int
    ) throws -> [QuarantinedEvent] {
        try log.quarantined(filter, after: id, limit: limit)
    }

    public func quarantinedEvent(_ id: Int64) throws -> QuarantinedEvent? { try log.quarantinedEvent(id) }

    /// Types of parked events, most frequent first.
    public func parkedTypes() throws -> [(type: String, count: Int64)] {
        try log.parkedCounts().map { ($0.key, $0.value) }.sorted { ($1.count, $0.type) < ($0.count, $1.type) }
    }

    @discardableResult
    public func dismissQuarantined(_ filter: QuarantineFilter) throws -> Int {
        try log.dismissQuarantined(filter, lease: try acquireLease())
    }

    /// Takes quarantined events in again under today's contracts, and parked ones whose type has a contract by now.
    public func replayQuarantine(_ filter: QuarantineFilter = QuarantineFilter()) throws -> ReplayOutcome {
        let lease = try acquireLease()
        let tables = try openTables(.writing(lease))
        let quarantine = try log.replayQuarantine(filter, lease: lease, now: now) { batches, position in
            try tables.fold(batches, upTo: position)
        }
        let parked = try log.unpark(lease: lease, now: now) { batches, position in
            try tables.fold(batches, upTo: position)
        }
        try tables.checkpoint(lease)
        return ReplayOutcome(quarantine: quarantine, parked: parked)
    }
}

/// What became of events that were taken in a second time.
public struct ReplayOutcome: Sendable {
    public let quarantine: IntakeReport
    public let parked: IntakeReport
}
