import CaliberColumns

/// What paths look like: which there are, how long they are, how long they take, and who helps whom.
package struct PathStatistics: Sendable {
    /// Paths of the same channels in the same order.
    package struct Group: Sendable, Equatable {
        package let channels: [UInt8]
        package let conversions: Int64
        package let misses: Int64
        package let value: Int128
    }

    /// Conversions to which a channel led.
    package struct Assists: Sendable, Equatable {
        /// It was the last touch.
        package var last: Int64 = 0
        package var lastValue: Int128 = 0
        /// It was the first touch.
        package var first: Int64 = 0
        package var firstValue: Int128 = 0
        /// It was on the path, and another channel was the last touch.
        package var assisted: Int64 = 0
        package var assistedValue: Int128 = 0
    }

    /// Conversions, and their value.
    package struct Bucket: Sendable, Equatable {
        package var conversions: Int64 = 0
        package var value: Int128 = 0
    }

    /// By conversions, then value, then misses; equal ones by their channels.
    package let groups: [Group]
    /// By channel.
    package let assists: [Assists]
    /// By touches on the path; 0 for conversions without any.
    package let byLength: [Int: Bucket]
    /// By whole days from the first touch to the conversion.
    package let byLagDays: [Int: Bucket]

    package static let microsecondsPerDay: Int64 = 86_400_000_000

    package init(_ paths: PathCollection, channelCount: Int) {
        let pool = StringPool()
        var conversions: [Int64] = []
        var misses: [Int64] = []
        var values: [Int128] = []
        var assists = [Assists](repeating: Assists(), count: channelCount)
        var byLength: [Int: Bucket] = [:]
        var byLagDays: [Int: Bucket] = [:]
        paths.forEach { path, index in
            let (converted, value) = (paths.conversions[index], paths.values[index])
            if converted != 0 {
                byLength[path.count, default: Bucket()].add(converted, value)
                if let age = path.ages.max() {
                    let days = Int(clamping: age / PathStatistics.microsecondsPerDay)
                    byLagDays[days, default: Bucket()].add(converted, value)
                }
                PathStatistics.credit(path, converted, value, &assists)
            }
            guard path.count > 0 else { return }
            let code = Int(pool.intern(UnsafeRawBufferPointer(path.channels)))
            if code == conversions.count {
                conversions.append(0)
                misses.append(0)
                values.append(0)
            }
            conversions[code] &+= converted
            misses[code] &+= paths.misses[index]
            values[code] &+= Int128(value)
        }
        let order = conversions.indices.sorted { left, right in
            if conversions[left] != conversions[right] { return conversions[left] > conversions[right] }
            if values[left] != values[right] { return values[left] > values[right] }
            if misses[left] != misses[right] { return misses[left] > misses[right] }
            return pool.precedes(UInt32(left), UInt32(right))
        }
        groups = order.map { code in
            Group(
                channels: Array(pool[UInt32(code)]), conversions: conversions[code], misses: misses[code],
                value: values[code])
        }
        self.assists = assists
        self.byLength = byLength
        self.byLagDays = byLagDays
    }

    private static func credit(
        _ path: TouchPath, _ conversions: Int64, _ value: Int64, _ assists: inout [Assists]
    ) {
        guard let last = path.channels.last, let first = path.channels.first else { return }
        assists[Int(last)].last &+= conversions
        assists[Int(last)].lastValue &+= Int128(value)
        assists[Int(first)].first &+= conversions
        assists[Int(first)].firstValue &+= Int128(value)
        var met = ChannelSet()
        met.insert(last)
        for channel in path.channels where met.insert(channel) {
            assists[Int(channel)].assisted &+= conversions
            assists[Int(channel)].assistedValue &+= Int128(value)
        }
    }
}

extension PathStatistics.Bucket {
    mutating func add(_ conversions: Int64, _ value: Int64) {
        self.conversions &+= conversions
        self.value &+= Int128(value)
    }
}
