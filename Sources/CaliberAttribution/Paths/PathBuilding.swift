import CaliberDictionary

/// The paths of one buyer after the other, by the rules of an attribution.
///
/// Its scratch memory is kept from buyer to buyer.
package struct PathBuilding {
    /// The touches and conversions of one buyer, each in the order of time; microseconds.
    package struct Buyer {
        package let touchTimes: UnsafeBufferPointer<Int64>
        package let channels: UnsafeBufferPointer<UInt8>
        package let conversionTimes: UnsafeBufferPointer<Int64>

        package init(
            touchTimes: UnsafeBufferPointer<Int64>, channels: UnsafeBufferPointer<UInt8>,
            conversionTimes: UnsafeBufferPointer<Int64>
        ) {
            self.touchTimes = touchTimes
            self.channels = channels
            self.conversionTimes = conversionTimes
        }
    }

    private let rules: PathRules
    private let isDirect: [Bool]
    private var codes: [UInt8] = []
    private var ages: [Int64] = []
    /// Touches by their places among the buyer's.
    private var kept: [Int] = []

    /// - Parameter isDirect: by channel.
    package init(rules: PathRules, isDirect: [Bool]) {
        self.rules = rules
        self.isDirect = isDirect
    }

    /// Hands out a path for each conversion, in their order, and one for each run of touches that led to none: touches
    /// that are in no conversion's window, cut where one is, and where more than the lookback lies between two.
    ///
    /// - Parameter take: the path, the conversion's place (nil: it led nowhere), and when it ended.
    package mutating func build(_ buyer: Buyer, _ take: (TouchPath, Int?, Int64) -> Void) {
        var missed = 0
        // The first touch that may be in a window, and the first one after the conversion.
        var (start, end) = (0, 0)
        for (place, moment) in buyer.conversionTimes.enumerated() {
            var earliest = moment.subtractingReportingOverflow(rules.lookback).partialValue
            if rules.lookback < 0 || earliest > moment { earliest = .min }
            if rules.repeated == .restart, place > 0 {
                let (after, overflows) = buyer.conversionTimes[place - 1].addingReportingOverflow(1)
                earliest = max(earliest, overflows ? .max : after)
            }
            while end < buyer.touchTimes.count, buyer.touchTimes[end] <= moment { end += 1 }
            while start < end, buyer.touchTimes[start] < earliest { start += 1 }
            hand(start..<max(start, end), of: buyer, until: moment, conversion: place, take)
            if start > missed { handMissed(missed..<start, of: buyer, take) }
            missed = max(missed, end)
        }
        handMissed(missed..<buyer.touchTimes.count, of: buyer, take)
    }

    private mutating func handMissed(_ touches: Range<Int>, of buyer: Buyer, _ take: (TouchPath, Int?, Int64) -> Void) {
        var start = touches.lowerBound
        for place in touches {
            let isLast = place + 1 == touches.upperBound
            let gap =
                isLast
                ? 0
                : buyer.touchTimes[place + 1].subtractingReportingOverflow(buyer.touchTimes[place])
                    .partialValue
            if isLast || gap > rules.lookback || gap < 0 {
                hand(start..<place + 1, of: buyer, until: buyer.touchTimes[place], conversion: nil, take)
                start = place + 1
            }
        }
    }

    private mutating func hand(
        _ touches: Range<Int>, of buyer: Buyer, until end: Int64, conversion: Int?,
        _ take: (TouchPath, Int?, Int64) -> Void
    ) {
        choose(touches, buyer.channels)
        codes.removeAll(keepingCapacity: true)
        ages.removeAll(keepingCapacity: true)
        for place in kept {
            codes.append(buyer.channels[place])
            ages.append(end &- buyer.touchTimes[place])
        }
        codes.withUnsafeBufferPointer { codes in
            ages.withUnsafeBufferPointer { ages in take(TouchPath(channels: codes, ages: ages), conversion, end) }
        }
    }

    /// Which touches make the path, in the order of it.
    private mutating func choose(_ touches: Range<Int>, _ channels: UnsafeBufferPointer<UInt8>) {
        kept.removeAll(keepingCapacity: true)
        let drops = rules.direct == .drop && touches.contains { !isDirect[Int(channels[$0])] }
        for place in touches where !drops || !isDirect[Int(channels[place])] { kept.append(place) }
        if let limit = rules.stepLimit, kept.count > limit { kept.removeFirst(kept.count - limit) }
        switch rules.transform {
        case .none, .unique: break
        case .exposure: collapse(channels)
        case .first: keepFirsts(channels)
        case .frequency: gather(channels)
        }
    }

    /// Of touches of one channel in a row the latest stays.
    private mutating func collapse(_ channels: UnsafeBufferPointer<UInt8>) {
        var count = 0
        for place in kept {
            if count > 0, channels[kept[count - 1]] == channels[place] { count -= 1 }
            kept[count] = place
            count += 1
        }
        kept.removeLast(kept.count - count)
    }

    private mutating func keepFirsts(_ channels: UnsafeBufferPointer<UInt8>) {
        var seen = ChannelSet()
        kept.removeAll { !seen.insert(channels[$0]) }
    }

    private mutating func gather(_ channels: UnsafeBufferPointer<UInt8>) {
        var rank = [Int](repeating: 0, count: 256)
        var seen = ChannelSet()
        for place in kept where seen.insert(channels[place]) { rank[Int(channels[place])] = seen.count }
        // By the channel's first place, then by time: both are told by the touch's own.
        kept.sort { (rank[Int(channels[$0])], $0) < (rank[Int(channels[$1])], $1) }
    }
}
