import CaliberAlerts
import CaliberCore
import CaliberEventLog
import CaliberQuery

extension OperatingStatus {
    /// As the command line prints it and the service answers it; documented in docs/operations.md.
    package var json: JSONText {
        .object([
            ("at", moment(at)),
            ("service", service.map(\.json) ?? .null),
            ("writer", writer.map(\.json) ?? .null),
            ("database", files.json),
            (
                "log",
                .object([("position", number(position.sequence)), ("last_received_at", moment(lastReceivedAt))])
            ),
            ("intake", json(account)),
            (
                "quarantine",
                .object([
                    ("open", number(quarantine.openCount)), ("dismissed", number(quarantine.dismissedCount)),
                    ("parked", number(quarantine.parkedCount)),
                ])
            ),
            ("tables", .array(tables.map(\.json))),
            ("scores", scoring.json),
            ("watches", .array(watches.map(\.json))),
            ("reviews", .object([("open", number(openReviewCount))])),
            ("alerts", json(alerts)),
            ("troubled_endpoints", .array(endpoints.map(\.json))),
        ])
    }

    /// Broken into lines, for the command line.
    public var printedJSON: String { json.indented(depth: 2) + "\n" }

    private func json(_ account: IntakeAccount) -> JSONText {
        .object([
            ("received", number(account.received)), ("accepted", number(account.accepted)),
            ("duplicate", number(account.duplicate)), ("quarantined", number(account.quarantined)),
            ("parked", number(account.parked)), ("adds_up", .boolean(account.isBalanced)),
        ])
    }

    private func json(_ alerts: AlertAccount) -> JSONText {
        func line(_ line: AlertAccount.Line) -> [(String, JSONText)] {
            [
                ("owed", number(line.owed)), ("delivered", number(line.delivered)), ("merged", number(line.merged)),
                ("silenced", number(line.silenced)), ("inhibited", number(line.inhibited)), ("dead", number(line.dead)),
                ("waiting", number(line.waiting)), ("adds_up", .boolean(line.missing == 0)),
            ]
        }
        return .object(
            line(alerts.total) + [
                ("unrouted", number(alerts.unroutedCount)),
                (
                    "endpoints",
                    .array(alerts.lines.map { .object([("endpoint", .string($0.endpoint))] + line($0.line)) })
                ),
            ])
    }
}

private func number(_ value: some BinaryInteger) -> JSONText { .literal(String(value)) }

private func number(_ value: Int64?) -> JSONText { value.map { number($0) } ?? .null }

private func moment(_ value: Timestamp?) -> JSONText { .optional(value?.description) }

extension OperatingStatus.Files {
    fileprivate var json: JSONText {
        .object([
            ("path", .string(databasePath)), ("bytes", number(databaseByteCount)),
            ("wal_bytes", number(writeAheadLogByteCount)), ("free_bytes", number(freeByteCount)),
        ])
    }
}

extension OperatingStatus.Writer {
    fileprivate var json: JSONText {
        .object([
            ("writing", .boolean(isWriting)), ("holder", .string(holder)), ("token", number(fencingToken)),
            ("since", moment(since)), ("confirmed_at", moment(confirmedAt)),
        ])
    }
}

extension OperatingStatus.Table {
    fileprivate var json: JSONText {
        .object([
            ("table", .string(name)), ("rows", number(rowCount)), ("segments", number(segmentCount)),
            ("position", number(position.sequence)), ("behind", number(behindCount)),
            ("stored_up_to", moment(storedUpTo)),
        ])
    }
}

extension OperatingStatus.Scoring {
    fileprivate var json: JSONText {
        .object([
            ("last_position", number(lastPosition?.sequence)), ("last_at", moment(lastScoredAt)),
            ("events_since", number(eventsSinceCount)),
            (
                "models",
                .array(
                    models.map { model in
                        .object([
                            ("model", .string(model.name)),
                            ("put_away_position", number(model.putAwayPosition.sequence)),
                            ("events_since", number(model.eventsSinceCount)),
                        ])
                    })
            ),
        ])
    }
}

extension OperatingStatus.Watch {
    fileprivate var json: JSONText {
        .object([("watch", .string(name)), ("open", number(openCount)), ("last_look_at", moment(lastLookAt))])
    }
}

extension OperatingStatus.Endpoint {
    fileprivate var json: JSONText {
        .object([
            ("endpoint", .string(name)), ("failures", number(failureCount)), ("failing_since", moment(failingSince)),
            ("rests_until", moment(restsUntil)), ("disabled_at", moment(disabledAt)),
            ("disabled_reason", .optional(disabledReason)),
        ])
    }
}

extension OperatingStatus.Service {
    fileprivate var json: JSONText {
        .object([
            ("ready", .boolean(reasons.isEmpty)), ("reasons", .array(reasons.map(JSONText.string))),
            ("uptime_seconds", number(uptimeSeconds)), ("queue_bytes", number(queueByteCount)),
            ("queue_requests", number(queueRequestCount)), ("waiting_queries", number(waitingQueryCount)),
        ])
    }
}
