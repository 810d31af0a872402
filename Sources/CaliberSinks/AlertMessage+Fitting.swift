extension AlertMessage {
    /// Firing as long as one of its alerts is.
    var status: AlertStatus { alerts.contains { $0.status == .firing } ? .firing : .resolved }

    /// What is made of the message, or of as many of its first alerts as fit; where not even one does, of the first one
    /// in fewer words. Alerts that are left out are counted.
    ///
    /// - Parameters:
    ///   - make: more alerts must never make something that fits better.
    func fitted<Made>(
        _ make: (_ message: AlertMessage, _ isShortened: Bool) -> Made, fits: (Made) -> Bool
    ) -> Made {
        let whole = make(self, false)
        if fits(whole) || alerts.isEmpty { return whole }
        var fitting: (count: Int, made: Made)?
        var tooMany = alerts.count
        while tooMany - (fitting?.count ?? 0) > 1 {
            let middle = ((fitting?.count ?? 0) + tooMany) / 2
            let made = make(listing(middle), false)
            if fits(made) { fitting = (middle, made) } else { tooMany = middle }
        }
        if let fitting { return fitting.made }
        var last = whole
        for (textLength, memberCount) in [(1000, 10), (300, 6), (100, 4), (40, 2)] {
            last = make(listing(1).shortened(textLength: textLength, memberCount: memberCount), true)
            if fits(last) { break }
        }
        return last
    }

    private func listing(_ count: Int) -> AlertMessage {
        AlertMessage(
            id: id, kind: kind, endpoint: endpoint, groupKey: groupKey, groupLabels: groupLabels,
            alerts: Array(alerts.prefix(count)), omittedCount: omittedCount + alerts.count - count,
            createdAt: createdAt)
    }

    private func shortened(textLength: Int, memberCount: Int) -> AlertMessage {
        AlertMessage(
            id: id, kind: kind, endpoint: endpoint, groupKey: groupKey.shortened(toScalars: textLength),
            groupLabels: groupLabels.shortened(textLength: textLength, memberCount: memberCount),
            alerts: alerts.map { $0.shortened(textLength: textLength, memberCount: memberCount) },
            omittedCount: omittedCount, createdAt: createdAt)
    }
}

extension Alert {
    /// The same alert in fewer words: each text up to a number of scalars, each list up to a number of members.
    fileprivate func shortened(textLength: Int, memberCount: Int) -> Alert {
        Alert(
            id: id, watch: watch.shortened(toScalars: textLength), severity: severity, status: status,
            title: title.shortened(toScalars: textLength), summary: summary.shortened(toScalars: textLength),
            cause: cause?.shortened(toScalars: textLength),
            advice: advice.prefix(memberCount).map { $0.shortened(toScalars: textLength) },
            labels: labels.shortened(textLength: textLength, memberCount: memberCount),
            facts: facts.prefix(memberCount).map {
                Fact(
                    name: $0.name.shortened(toScalars: textLength), value: $0.value.shortened(toScalars: textLength))
            },
            startsAt: startsAt, endsAt: endsAt, link: link.flatMap { $0.utf8.count <= 4 * textLength ? $0 : nil })
    }
}

extension [String: String] {
    fileprivate func shortened(textLength: Int, memberCount: Int) -> [String: String] {
        let kept = sorted { $0.key < $1.key }.prefix(memberCount).map { name, value in
            (name.shortened(toScalars: textLength), value.shortened(toScalars: textLength))
        }
        return Dictionary(kept) { first, _ in first }
    }
}

extension String {
    /// Itself, or its beginning and `…` where it is longer; a character is never taken apart.
    func shortened(toScalars limit: Int) -> String {
        if unicodeScalars.count <= limit { return self }
        var kept = ""
        var left = limit - 1
        for character in self {
            left -= character.unicodeScalars.count
            guard left >= 0 else { break }
            kept.append(character)
        }
        return kept + "…"
    }
}
