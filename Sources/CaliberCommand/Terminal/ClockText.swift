import CaliberCore

/// Moments as people read them on a clock.
enum ClockText {
    /// `2026-03-01 14:05`, in a zone.
    static func minute(_ moment: Timestamp, _ zone: BusinessZone) -> String {
        let minutes = (moment.microseconds - zone.timestamp(zone.date(of: moment)).microseconds) / 60_000_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(zone.date(of: moment)) \(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// `3 h ago`, by its largest unit.
    static func ago(_ moment: Timestamp, now: Timestamp) -> String {
        let length = now.microseconds - moment.microseconds
        guard length >= 1_000_000 else { return "now" }
        let words = DurationText.format(microseconds: length).split(separator: " ")
        return words.prefix(2).joined(separator: " ") + " ago"
    }
}
