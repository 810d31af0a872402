import CaliberAttribution
import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTables

/// What is asked of an attribution.
public struct AttributionQuery: Hashable, Sendable {
    /// nil: the only one that there is.
    public var attribution: String?
    public var models: [AttributionModel]
    /// A metric that adds up rows of the conversions; nil: the attribution's own.
    public var metric: MetricReference?
    /// The first and the last day or moment at which conversions count. ISO 8601.
    public var startTime: String?
    public var endTime: String?

    public init(
        attribution: String? = nil, models: [AttributionModel], metric: MetricReference? = nil,
        startTime: String? = nil, endTime: String? = nil
    ) {
        self.attribution = attribution
        self.models = models
        self.metric = metric
        self.startTime = startTime
        self.endTime = endTime
    }
}

/// How the channels share the conversions of a time, by some models, and what the paths are like.
///
/// By every model the channels' parts add up to `conversions` and `value`, to the last hundredth and the last unit.
public struct AttributionReport: Sendable {
    /// What one model gives to one channel.
    public struct Part: Hashable, Sendable {
        public let conversionHundredths: Int128
        /// In whole units of the metric: minor ones for money.
        public let value: Int128
        /// Of a Markov chain: the part of conversions that would be lost without the channel.
        public let removalEffect: Double?
    }

    public let definition: AttributionDefinition
    public let metric: MetricDefinition
    /// `money` or `integer`.
    public let type: LogicalType
    public let query: AttributionQuery
    public let zone: BusinessZone
    /// In the order of the rules; the last one is that of conversions without any touch.
    public let channels: [String]
    /// By model of the query and channel.
    public let parts: [[Part]]
    public let conversions: Int64
    public let value: Int128
    /// Conversions without any touch.
    public let untouchedConversions: Int64
    /// Paths that led to nothing.
    public let misses: Int64
    public let statistics: AttributionStatistics

    /// The channel of conversions without any touch.
    public static let untouched = "No_Touch"

    /// The metric's value as text: `1234.50` for money.
    public func text(ofValue value: Int128) -> String {
        guard case .money(let currency) = type else { return String(value) }
        return DecimalText.format(value, scale: currency.minorDigits)
    }

    /// Places of channels that had a touch or a conversion, the most valuable by the first model first.
    public var ranked: [Int] {
        let touched = statistics.touchedChannels
        let shown = channels.indices.filter { channel in
            channel == channels.count - 1 ? untouchedConversions != 0 : touched.contains(channel)
        }
        guard let first = parts.first else { return shown }
        return shown.sorted { left, right in
            // What no channel can be thanked for stands last.
            let isLast = (left == channels.count - 1, right == channels.count - 1)
            if isLast.0 != isLast.1 { return isLast.1 }
            if first[left].value != first[right].value { return first[left].value > first[right].value }
            if first[left].conversionHundredths != first[right].conversionHundredths {
                return first[left].conversionHundredths > first[right].conversionHundredths
            }
            return left < right
        }
    }
}

/// What the paths of a report are like.
public struct AttributionStatistics: Sendable {
    public struct Path: Hashable, Sendable {
        /// Places of channels.
        public let channels: [Int]
        public let conversions: Int64
        public let misses: Int64
        public let value: Int128
    }

    public struct Assists: Hashable, Sendable {
        public let last: Int64
        public let lastValue: Int128
        public let first: Int64
        public let assisted: Int64
        public let assistedValue: Int128
    }

    public struct Bucket: Hashable, Sendable {
        /// `1`, `2–3`, `11+`.
        public let label: String
        public let conversions: Int64
        public let value: Int128
    }

    /// The most frequent first.
    public let paths: [Path]
    /// By channel.
    public let assists: [Assists]
    /// Days from the first touch to the conversion.
    public let lags: [Bucket]
    /// Touches on the path.
    public let lengths: [Bucket]
    /// Channels that are on some path.
    let touchedChannels: Set<Int>

    init(_ statistics: PathStatistics) {
        paths = statistics.groups.map { group in
            Path(
                channels: group.channels.map(Int.init), conversions: group.conversions, misses: group.misses,
                value: group.value)
        }
        touchedChannels = Set(paths.flatMap(\.channels))
        assists = statistics.assists.map { assists in
            Assists(
                last: assists.last, lastValue: assists.lastValue, first: assists.first, assisted: assists.assisted,
                assistedValue: assists.assistedValue)
        }
        lags = AttributionStatistics.buckets(
            statistics.byLagDays, from: [0, 1, 2, 4, 8, 15, 31], below: "less than 1")
        lengths = AttributionStatistics.buckets(
            statistics.byLength, from: [0, 1, 2, 3, 4, 5, 6, 8, 11, 21], below: "none")
    }

    /// Counts put together from each bound up to the next one.
    private static func buckets(_ counts: [Int: PathStatistics.Bucket], from bounds: [Int], below: String) -> [Bucket] {
        bounds.indices.compactMap { index in
            let start = bounds[index]
            let end = index + 1 < bounds.count ? bounds[index + 1] : nil
            let inside = counts.filter { $0.key >= start && $0.key < end ?? .max }.values
            guard !inside.isEmpty else { return nil }
            let label =
                switch end {
                case _ where start == 0: below
                case nil: "\(start)+"
                case let end?: end == start + 1 ? "\(start)" : "\(start)–\(end - 1)"
                }
            return Bucket(
                label: label, conversions: inside.reduce(0) { $0 &+ $1.conversions },
                value: inside.reduce(0) { $0 + $1.value })
        }
    }
}
