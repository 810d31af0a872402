import CaliberCore

extension PlannedTimeRange {
    /// Reads a query's range. A day as start means its first moment, as end its last.
    package init(start: String?, end: String?, zone: BusinessZone) throws(QueryProblem) {
        let from = try start.map { text throws(QueryProblem) in
            try PlannedTimeRange.moments(of: text, zone: zone, option: "--start-time").first
        }
        let until = try end.map { text throws(QueryProblem) in
            try PlannedTimeRange.moments(of: text, zone: zone, option: "--end-time").past
        }
        if let from, let until, until <= from { throw .emptyTimeRange(start: start ?? "", end: end ?? "") }
        self.init(from: from, until: until)
    }

    /// The first moment that a text means, and the first one past it.
    private static func moments(
        of text: String, zone: BusinessZone, option: String
    ) throws(QueryProblem) -> (first: Int64, past: Int64) {
        var copy = text
        let date = copy.withUTF8 { bytes in try? TimestampText.parseDate(bytes) }
        if let date {
            return (
                zone.timestamp(date).microseconds,
                zone.timestamp(CivilDate(dayNumber: date.dayNumber + 1)).microseconds
            )
        }
        guard let moment = try? TimestampText.parse(text, zone: zone) else {
            throw .malformedTime(option: option, text: text)
        }
        return (moment.microseconds, moment.microseconds + 1)
    }
}
