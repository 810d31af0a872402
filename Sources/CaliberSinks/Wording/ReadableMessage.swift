import CaliberCore

/// One line for people, before any markup.
struct ReadableLine: Equatable {
    enum Style {
        /// The line that an alert begins with.
        case heading
        case plain
        /// `text` is the address.
        case link
    }

    let style: Style
    /// What stands before the text, colon included; of a link, what is read in place of the address.
    let label: String?
    let text: String

    init(_ text: String, label: String? = nil, style: Style = .plain) {
        self.style = style
        self.label = label
        self.text = text
    }

    /// Without markup.
    var shown: String {
        switch style {
        case .heading, .plain: (label ?? "") + text
        case .link: label.map { "\($0): \(text)" } ?? text
        }
    }
}

/// A message in plain words, in blocks of lines: what it is, one block for each alert, what is missing.
struct ReadableMessage {
    let title: String
    let blocks: [[ReadableLine]]

    /// - Parameter neutral: takes from words of others what the receiver would take for markup; it gives one line.
    init(_ message: AlertMessage, wording: Wording, neutral: @escaping (String) -> String) {
        let writer = MessageWriter(message: message, wording: wording, neutral: neutral)
        title = writer.title
        let isShort = message.kind == .digest
        var blocks = [writer.opening]
        blocks += message.alerts.map { isShort ? writer.shortBlock(of: $0) : writer.block(of: $0) }
        if message.omittedCount > 0 { blocks.append([ReadableLine(wording.omitted(message.omittedCount))]) }
        blocks.removeAll { $0.isEmpty }
        // Receivers refuse empty texts.
        self.blocks = blocks.isEmpty ? [[ReadableLine(title, style: .heading)]] : blocks
    }
}

private struct MessageWriter {
    let message: AlertMessage
    let wording: Wording
    let neutral: (String) -> String

    private var alertCount: Int { message.alerts.count + message.omittedCount }

    /// One line that says it all: list of chats, subject of a mail.
    var title: String {
        let first = message.alerts.first.map { "\(wording.badge(of: $0)) \(neutral($0.title))" }
        let words = [wording.badge(of: message.kind), first].compactMap { $0 }.joined(separator: " ")
        guard !words.isEmpty else { return "Caliber" }
        return alertCount > 1 ? words + wording.more(alertCount - 1) : words
    }

    var opening: [ReadableLine] {
        var lines: [ReadableLine] = []
        if let introduction = wording.introduction(of: message.kind, alertCount: alertCount) {
            let badge = wording.badge(of: message.kind).map { "\($0) " } ?? ""
            lines.append(ReadableLine(badge + introduction, style: .heading))
        }
        guard alertCount > 1 else { return lines }
        let resolved = message.alerts.count { $0.status == .resolved }
        lines.append(
            ReadableLine(wording.counts(firing: message.alerts.count - resolved, resolved: resolved)))
        if !message.groupLabels.isEmpty {
            let labels = message.groupLabels.sorted { $0.key < $1.key }
            let text = labels.map { "\(neutral($0.key)) \(neutral($0.value))" }
            lines.append(ReadableLine(text.joined(separator: wording.listSeparator), label: wording.group))
        }
        return lines
    }

    func block(of alert: Alert) -> [ReadableLine] {
        var lines = [heading(of: alert)]
        if !alert.summary.isEmpty { lines.append(ReadableLine(neutral(alert.summary))) }
        lines += times(of: alert)
        if let cause = alert.cause, !cause.isEmpty { lines.append(ReadableLine(neutral(cause), label: wording.why)) }
        if !alert.facts.isEmpty {
            let facts = alert.facts.map { "\(neutral($0.name)) \(neutral($0.value))" }
            lines.append(ReadableLine(facts.joined(separator: wording.listSeparator), label: wording.facts))
        }
        // What is over asks for nothing.
        for (index, advice) in alert.advice.enumerated() where alert.status == .firing {
            lines.append(ReadableLine(neutral(advice), label: index == 0 ? wording.whatToDo : wording.then))
        }
        if let link = alert.link.flatMap(SafeLink.written) {
            lines.append(ReadableLine(link, label: wording.open, style: .link))
        }
        return lines
    }

    /// For digests: what, since when, why.
    func shortBlock(of alert: Alert) -> [ReadableLine] {
        var lines = [heading(of: alert)]
        lines += times(of: alert)
        if let cause = alert.cause, !cause.isEmpty { lines.append(ReadableLine(neutral(cause), label: wording.why)) }
        return lines
    }

    private func heading(of alert: Alert) -> ReadableLine {
        ReadableLine("\(wording.badge(of: alert)) \(neutral(alert.title))", style: .heading)
    }

    private func times(of alert: Alert) -> [ReadableLine] {
        let since = ReadableLine(wording.time(alert.startsAt), label: wording.since)
        guard alert.status == .resolved, let end = alert.endsAt else { return [since] }
        let (length, overflow) = end.microseconds.subtractingReportingOverflow(alert.startsAt.microseconds)
        let lasted = overflow ? "" : " (\(wording.after(microseconds: length)))"
        return [since, ReadableLine(wording.time(end) + lasted, label: wording.resolved)]
    }
}

/// Addresses of pages, made so that no markup can end them early.
enum SafeLink {
    /// - Returns: nil for what is no http or https address.
    static func written(_ text: String) -> String? {
        guard text.utf8.count <= 2000, let address = try? WebAddress(encoded(text)),
            address.scheme == "https" || address.scheme == "http"
        else { return nil }
        return encoded(text)
    }

    private static func encoded(_ text: String) -> String {
        var written = ""
        for byte in text.utf8 {
            let isPlain = byte.isASCIILetterOrDigit || "-._~:/?#@!$&',;=%+".utf8.contains(byte)
            written += isPlain ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte)
        }
        return written
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
    }
}
