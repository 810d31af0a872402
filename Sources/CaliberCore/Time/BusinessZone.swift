import Foundation

/// The time zone that days are days of: an IANA zone's offsets, tabled once so that no calendar is asked per row.
///
/// Source of the offsets: the system's IANA tz database, read through Foundation.
public struct BusinessZone: Hashable, Sendable {
    /// The IANA name, `Asia/Shanghai`, or a fixed offset, `+08:00`.
    public let identifier: String
    /// Moments (UTC microseconds) at which the offset changes, ascending; `offsetsSeconds[i]` holds from
    /// `transitions[i - 1]` until `transitions[i]`.
    private let transitions: [Int64]
    private let offsetsSeconds: [Int]

    public static let utc = BusinessZone(identifier: "UTC", transitions: [], offsetsSeconds: [0])

    /// Years whose offset changes are tabled; outside them the nearest tabled offset holds.
    static let tabledYears = 1970...2100

    private init(identifier: String, transitions: [Int64], offsetsSeconds: [Int]) {
        self.identifier = identifier
        self.transitions = transitions
        self.offsetsSeconds = offsetsSeconds
    }

    /// - Returns: nil when `identifier` is neither an IANA name known here nor an offset such as `+08:00`.
    public init?(identifier: String) {
        if identifier == "UTC" || identifier == "Z" {
            self = .utc
            return
        }
        if let offset = BusinessZone.fixedOffset(identifier) {
            self.init(identifier: identifier, transitions: [], offsetsSeconds: [offset])
            return
        }
        guard let zone = TimeZone(identifier: identifier), identifier.contains("/") else { return nil }
        let start = Timestamp(CivilDate(year: BusinessZone.tabledYears.lowerBound, month: 1, day: 1), .midnight)
        let end = Timestamp(CivilDate(year: BusinessZone.tabledYears.upperBound, month: 1, day: 1), .midnight)
        var moment = Date(timeIntervalSince1970: Double(start.microseconds / 1_000_000))
        var transitions: [Int64] = []
        var offsets = [zone.secondsFromGMT(for: moment)]
        while let next = zone.nextDaylightSavingTimeTransition(after: moment), next > moment,
            next.timeIntervalSince1970 < Double(end.microseconds / 1_000_000)
        {
            moment = next
            let offset = zone.secondsFromGMT(for: next)
            if offset != offsets.last! {
                transitions.append(Int64(next.timeIntervalSince1970.rounded()) * 1_000_000)
                offsets.append(offset)
            }
        }
        self.init(identifier: identifier, transitions: transitions, offsetsSeconds: offsets)
    }

    private static func fixedOffset(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            bytes[3] == UInt8(ascii: ":"), let hours = Int(text.dropFirst().prefix(2)),
            let minutes = Int(text.suffix(2)), hours <= 18, minutes < 60
        else { return nil }
        return (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    /// Seconds east of UTC at a moment. Complexity: O(log of the offset changes).
    public func offsetSeconds(at timestamp: Timestamp) -> Int {
        offsetsSeconds[interval(holding: timestamp.microseconds)]
    }

    /// The span of moments around one in which the offset stays the same, and that offset.
    public func offsetSpan(at timestamp: Timestamp) -> (from: Int64, to: Int64, offsetSeconds: Int) {
        let index = interval(holding: timestamp.microseconds)
        return (
            index == 0 ? Int64.min : transitions[index - 1],
            index == transitions.count ? Int64.max : transitions[index], offsetsSeconds[index]
        )
    }

    private func interval(holding microseconds: Int64) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= microseconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The day of this zone that a moment falls on.
    public func date(of timestamp: Timestamp) -> CivilDate {
        let local = timestamp.microseconds + Int64(offsetSeconds(at: timestamp)) * 1_000_000
        return CivilDate(dayNumber: Int32(clamping: local.flooredQuotient(by: Timestamp.microsecondsPerDay)))
    }

    /// A moment on this zone's clocks, to the minute, for people: `2026-03-01 14:05`.
    public func clockText(of timestamp: Timestamp) -> String {
        let local = timestamp.microseconds + Int64(offsetSeconds(at: timestamp)) * 1_000_000
        let day = local.flooredQuotient(by: Timestamp.microsecondsPerDay)
        let minutes = (local - day * Timestamp.microsecondsPerDay) / 60_000_000
        func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(CivilDate(dayNumber: Int32(clamping: day))) \(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
    }

    /// The moment that a local date and time name. A time that a clock change skips is read with the offset before
    /// the change; a time that occurs twice means its first occurrence.
    public func timestamp(_ date: CivilDate, _ time: TimeOfDay = .midnight) -> Timestamp {
        let local = Timestamp(date, time)
        let before = offsetSeconds(at: Timestamp(microseconds: local.microseconds - Timestamp.microsecondsPerDay))
        let after = offsetSeconds(at: Timestamp(microseconds: local.microseconds + Timestamp.microsecondsPerDay))
        for offset in [max(before, after), min(before, after)] {
            let candidate = Timestamp(microseconds: local.microseconds - Int64(offset) * 1_000_000)
            if offsetSeconds(at: candidate) == offset { return candidate }
        }
        return Timestamp(microseconds: local.microseconds - Int64(before) * 1_000_000)
    }

    /// The first moment of the period of `grain` that holds `timestamp`.
    public func start(of grain: TimeGrain, holding timestamp: Timestamp) -> Timestamp {
        guard grain == .hour else { return self.timestamp(grain.start(of: date(of: timestamp))) }
        let offset = Int64(offsetSeconds(at: timestamp)) * 1_000_000
        let local = timestamp.microseconds + offset
        return Timestamp(microseconds: local.flooredQuotient(by: 3_600_000_000) * 3_600_000_000 - offset)
    }

    /// The first moment of the period after the one that begins at `start`.
    public func next(_ grain: TimeGrain, after start: Timestamp) -> Timestamp {
        guard grain == .hour else { return timestamp(grain.next(after: date(of: start))) }
        return Timestamp(microseconds: start.microseconds + 3_600_000_000)
    }
}
