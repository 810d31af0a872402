import CaliberAlerts
import CaliberCore
import CaliberEventLog

extension OperatingStatus {
    /// For people: a line for each thing, what needs someone marked with an exclamation mark.
    public var text: String {
        var lines: [Line] = writerLines + [diskLine, logLine]
        lines += tables.map(line(of:))
        if let line = scoresLine { lines.append(line) }
        lines += scoring.models.map(line(of:))
        if quarantine.openCount > 0 || quarantine.parkedCount > 0 { lines.append(quarantineLine) }
        lines += watches.map(line(of:))
        if openReviewCount > 0 { lines.append(Line("reviews", "\(counted(openReviewCount, "ticket")) open")) }
        if let line = alertsLine { lines.append(line) }
        lines += endpoints.map(line(of:))
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { line in
            let padding = String(repeating: " ", count: width - line.name.count)
            return "\(line.needsSomeone ? "!" : " ") \(line.name)\(padding)  \(line.text)\n"
        }.joined()
    }

    private struct Line {
        let name: String
        let text: String
        let needsSomeone: Bool

        init(_ name: String, _ text: String, needsSomeone: Bool = false) {
            self.name = name
            self.text = text
            self.needsSomeone = needsSomeone
        }
    }

    private var writerLines: [Line] {
        guard let writer else { return [Line("writer", "nobody has written yet")] }
        let token = "token \(writer.fencingToken)"
        guard writer.isWriting else {
            return [Line("writer", "nobody; \(writer.holder), \(token), last wrote \(ago(writer.confirmedAt))")]
        }
        let since = writer.since.map { ", for \(age($0))" } ?? ""
        // A writer that lives says so every eight seconds; past the lease's end another may take its place.
        let isSilent = at.microseconds - writer.confirmedAt.microseconds > OperatingStatus.silenceMicroseconds
        return [
            Line(
                "writer", "\(writer.holder), \(token)\(since); it last wrote \(ago(writer.confirmedAt))",
                needsSomeone: isSilent)
        ]
    }

    private static let silenceMicroseconds: Int64 = 30_000_000

    private var diskLine: Line {
        let used = files.databaseByteCount + files.writeAheadLogByteCount
        var text = size(files.databaseByteCount)
        if files.writeAheadLogByteCount > 0 { text += " and \(size(files.writeAheadLogByteCount)) of write-ahead log" }
        if let free = files.freeByteCount { text += "; \(size(free)) free" }
        return Line("disk", text, needsSomeone: files.freeByteCount.map { $0 < used / 10 } ?? false)
    }

    private var logLine: Line {
        let last = lastReceivedAt.map { "; the last came \(ago($0))" } ?? ""
        return Line(
            "log",
            counted(position.sequence, "event") + last + (account.isBalanced ? "" : "; the account does not add up"),
            needsSomeone: !account.isBalanced)
    }

    private func line(of table: Table) -> Line {
        var text = "checkpoint of \(counted(table.rowCount, "row")) at event \(grouped(table.position.sequence))"
        if let storedUpTo = table.storedUpTo { text += ", which came \(ago(storedUpTo))" }
        text += table.behindCount == 0 ? "; up to date" : "; \(counted(table.behindCount, "event")) since"
        return Line(table.name, text)
    }

    private var scoresLine: Line? {
        guard let last = scoring.lastPosition, let since = scoring.eventsSinceCount else { return nil }
        let when = scoring.lastScoredAt.map { ", \(ago($0))" } ?? ""
        return Line("scores", "the last is event \(grouped(last.sequence))\(when); \(counted(since, "event")) since")
    }

    private func line(of model: Model) -> Line {
        Line(
            model.name,
            "features put away at event \(grouped(model.putAwayPosition.sequence)); "
                + "\(counted(model.eventsSinceCount, "event")) since")
    }

    private var quarantineLine: Line {
        Line(
            "quarantine", "\(grouped(quarantine.openCount)) open, \(grouped(quarantine.parkedCount)) parked",
            needsSomeone: quarantine.openCount > 0)
    }

    private func line(of watch: Watch) -> Line {
        let look = watch.lastLookAt.map { "; looked \(ago($0))" } ?? ""
        return Line(
            watch.name, "\(counted(watch.openCount, "finding")) open\(look)", needsSomeone: watch.openCount > 0)
    }

    private var alertsLine: Line? {
        let total = alerts.total
        guard total.owed > 0 || alerts.unroutedCount > 0 else { return nil }
        var parts = [
            (total.delivered, "delivered"), (total.merged, "merged"), (total.silenced, "silenced"),
            (total.inhibited, "inhibited"), (total.dead, "dead"), (total.waiting, "waiting"),
        ].filter { $0.0 > 0 }.map { "\(grouped($0.0)) \($0.1)" }
        if parts.isEmpty { parts = ["none"] }
        var text = "\(grouped(total.owed)) owed = \(parts.joined(separator: " + "))"
        if total.missing != 0 { text += "; \(grouped(total.missing)) are missing" }
        if alerts.unroutedCount > 0 { text += "; \(grouped(alerts.unroutedCount)) were for nobody" }
        return Line("alerts", text, needsSomeone: total.missing != 0 || total.dead > 0)
    }

    private func line(of endpoint: Endpoint) -> Line {
        let failures = counted(endpoint.failureCount, "failure")
        let since = endpoint.failingSince.map { " since \($0)" } ?? ""
        if let disabledAt = endpoint.disabledAt {
            return Line(
                endpoint.name, "turned off \(ago(disabledAt)): \(endpoint.disabledReason ?? "no reason is kept")",
                needsSomeone: true)
        }
        if let until = endpoint.restsUntil {
            return Line(endpoint.name, "rests for \(left(until)) after \(failures)\(since)", needsSomeone: true)
        }
        return Line(endpoint.name, "\(failures)\(since)", needsSomeone: true)
    }

    // MARK: - Words

    private func age(_ moment: Timestamp) -> String {
        DurationText.format(microseconds: max(0, at.microseconds - moment.microseconds))
    }

    private func ago(_ moment: Timestamp) -> String {
        // A clock that was set back makes the past lie ahead.
        moment > at ? "at \(moment), which is ahead of this clock" : age(moment) + " ago"
    }

    private func left(_ moment: Timestamp) -> String {
        DurationText.format(microseconds: max(0, moment.microseconds - at.microseconds))
    }

    private func counted(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `12,345,678`.
    private func grouped(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    private func size(_ byteCount: Int64) -> String {
        var (tenths, unit) = (byteCount.magnitude * 10, 0)
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        while tenths >= 10_000, unit < units.count - 1 {
            tenths = (tenths + 500) / 1000
            unit += 1
        }
        return unit == 0 ? "\(byteCount) bytes" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
