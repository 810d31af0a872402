import CaliberCore

/// What Caliber itself says around the words of alerts.
struct Wording: Sendable {
    let language: SinkLanguage
    let zone: BusinessZone

    private func choose(_ english: String, _ chinese: String) -> String {
        switch language {
        case .en: english
        case .zh: chinese
        }
    }

    /// `[CRITICAL]`, or `[RESOLVED]` where it is over.
    func badge(of alert: Alert) -> String {
        guard alert.status == .firing else { return bracketed(choose("RESOLVED", "已恢复")) }
        return switch alert.severity {
        case .info: bracketed(choose("INFO", "提示"))
        case .warning: bracketed(choose("WARNING", "警告"))
        case .critical: bracketed(choose("CRITICAL", "严重"))
        }
    }

    /// What a message is, where it is not just alerts of a group.
    func badge(of kind: AlertMessage.Kind) -> String? {
        switch kind {
        case .alerts: nil
        case .digest: bracketed(choose("DIGEST", "汇总"))
        case .test: bracketed(choose("TEST", "测试"))
        case .notice: bracketed(choose("NOTICE", "通知"))
        }
    }

    private func bracketed(_ text: String) -> String { choose("[\(text)]", "【\(text)】") }

    var since: String { choose("Since: ", "开始：") }
    var resolved: String { choose("Resolved: ", "恢复：") }
    var why: String { choose("Why: ", "原因：") }
    var facts: String { choose("Facts: ", "数据：") }
    var whatToDo: String { choose("What to do: ", "建议：") }
    var then: String { choose("Then: ", "然后：") }
    var open: String { choose("Open", "查看详情") }
    var group: String { choose("Group: ", "分组：") }
    var listSeparator: String { choose("; ", "；") }

    /// What the reader of such a message should know first; nil for alerts.
    func introduction(of kind: AlertMessage.Kind, alertCount: Int) -> String? {
        switch kind {
        case .alerts: nil
        case .digest:
            choose(
                "\(alerts(alertCount)) had to wait, because no more messages may be sent here at once.",
                "因发送频率限制，合并发送 \(alertCount) 条告警。")
        case .test: choose("Alerts of Caliber arrive here.", "这里可以收到 Caliber 的告警。")
        case .notice: choose("Caliber speaks of itself.", "关于 Caliber 自身的通知。")
        }
    }

    func counts(firing: Int, resolved: Int) -> String {
        let parts = [
            firing > 0 ? choose("\(alerts(firing)) firing", "\(firing) 条告警触发中") : nil,
            resolved > 0 ? choose("\(alerts(resolved)) resolved", "\(resolved) 条告警已恢复") : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: choose(", ", "，"))
    }

    func omitted(_ count: Int) -> String {
        choose(
            count == 1 ? "1 more alert is not listed here." : "\(count) more alerts are not listed here.",
            "另有 \(count) 条告警未列出。")
    }

    /// Behind the title of the first alert.
    func more(_ count: Int) -> String { choose(" (+\(count) more)", "（另 \(count) 条）") }

    /// `1 alert`, `3 alerts`.
    private func alerts(_ count: Int) -> String { count == 1 ? "1 alert" : "\(count) alerts" }

    /// `2026-03-02 00:10:05 (+08:00)`.
    func time(_ moment: Timestamp) -> String {
        let text = moment.formatted(offsetSeconds: zone.offsetSeconds(at: moment))
        let day = text.prefix { $0 != "T" }
        let clock = text.dropFirst(day.count + 1).prefix(8)
        let offset = text.hasSuffix("Z") ? "UTC" : String(text.suffix(6))
        return "\(day) \(clock) (\(offset))"
    }

    /// How long something lasted: `2 h 10 min`.
    func after(microseconds: Int64) -> String {
        let length = DurationText.format(microseconds: max(0, microseconds))
        let units = [(" d", " 天"), (" h", " 小时"), (" min", " 分钟"), (" s", " 秒")]
        let chinese = units.reduce(length) { text, unit in
            text.split(separator: unit.0, omittingEmptySubsequences: false).joined(separator: unit.1)
        }
        return choose("after \(length)", "历时 \(chinese)")
    }
}
