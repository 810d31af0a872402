import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// The paths of an attribution, as its tables have them at one moment.
package struct AttributionReading: Sendable {
    package let definition: AttributionDefinition
    /// By position: what a touch's channel is a number of.
    package let channels: [String]
    package let isDirect: [Bool]
    private let measure: AttributedMeasure
    private let zone: BusinessZone

    package init(_ definition: AttributionDefinition, measure: AttributedMeasure, zone: BusinessZone) {
        self.definition = definition
        self.measure = measure
        self.zone = zone
        channels = definition.channels
        isDirect = channels.map(definition.directChannels.contains)
    }

    /// Paths that end in a time: conversions in it with all of their touches, and runs of touches that led nowhere and
    /// have their last one in it.
    ///
    /// - Parameters:
    ///   - from: its first moment, microseconds.
    ///   - until: the first one after it.
    ///   - person: whose a buyer's key is; nil: each key is a person.
    package func paths(
        touches: TableSnapshot, conversions: TableSnapshot, from: Int64? = nil, until: Int64? = nil,
        person: (@Sendable (UnsafeRawBufferPointer) -> String?)? = nil
    ) throws -> PathCollection {
        let codes = BuyerCodes(person: person)
        let gatheredTouches = try gather(touches: touches, codes)
        let gatheredConversions = try gather(conversions: conversions, codes)
        let touched = BuyerRows(gatheredTouches, buyerCount: codes.count)
        let converted = BuyerRows(gatheredConversions, buyerCount: codes.count)
        var paths = PathCollection()
        // Nobody's conversions have no touches, and belong to the total all the same.
        for (moment, value) in zip(gatheredConversions.strangerTimes, gatheredConversions.strangerValues)
        where moment >= from ?? .min && moment < until ?? .max {
            paths.append([], conversions: 1, value: value)
        }
        paths.reserve(paths: converted.times.count, touches: touched.times.count)
        var building = PathBuilding(rules: definition.paths, isDirect: isDirect)
        touched.times.withUnsafeBufferPointer { touchTimes in
            touched.channels.withUnsafeBufferPointer { channels in
                converted.times.withUnsafeBufferPointer { conversionTimes in
                    for buyer in 0..<codes.count {
                        let touchRange = touched.starts[buyer]..<touched.starts[buyer + 1]
                        let range = converted.starts[buyer]..<converted.starts[buyer + 1]
                        let rows = PathBuilding.Buyer(
                            touchTimes: UnsafeBufferPointer(rebasing: touchTimes[touchRange]),
                            channels: UnsafeBufferPointer(rebasing: channels[touchRange]),
                            conversionTimes: UnsafeBufferPointer(rebasing: conversionTimes[range]))
                        building.build(rows) { path, conversion, end in
                            guard end >= from ?? .min, end < until ?? .max else { return }
                            paths.append(
                                path, conversions: conversion == nil ? 0 : 1, misses: conversion == nil ? 1 : 0,
                                value: conversion.map { converted.values[range.lowerBound + $0] } ?? 0)
                        }
                    }
                }
            }
        }
        return paths
    }

    private func gather(touches: TableSnapshot, _ codes: BuyerCodes) throws -> BuyerRows.Gathered {
        let rules = definition.rules.map { RowProgram($0.condition, zone: zone) }
        let positions = Dictionary(uniqueKeysWithValues: channels.enumerated().map { ($1, UInt8($0)) })
        let channelOfRule = definition.rules.map { positions[$0.channel] ?? 0 }
        let unmatched = positions[definition.unmatched] ?? 0
        return try RowGathering(definition.touches, zone: zone).gather(touches, codes) { segment, kept, _, gathered in
            // From the last rule to the first, so that the first one that holds is what stays.
            var channels = [UInt8](repeating: unmatched, count: segment.rowCount)
            for (rule, channel) in zip(rules, channelOfRule).reversed() {
                try rule.run(over: segment) { start, result in
                    for index in 0..<result.count where result.validity[index] != 0 && result.lanes[index] != 0 {
                        channels[start + index] = channel
                    }
                }
            }
            gathered.channels.append(contentsOf: kept.lazy.map { channels[$0] })
        }
    }

    /// A conversion that the metric does not count is worth nothing.
    private func gather(conversions: TableSnapshot, _ codes: BuyerCodes) throws -> BuyerRows.Gathered {
        let value = measure.value.map { RowProgram($0, zone: zone) }
        let condition = measure.condition.map { RowProgram($0, zone: zone) }
        return try RowGathering(definition.conversions, zone: zone).gather(conversions, codes) {
            segment, kept, strangers, gathered in
            let mask = try condition?.mask(of: segment)
            let values = try value?.lanes(of: segment)
            func worth(_ row: Int) -> Int64 {
                guard mask.map({ $0[row] != 0 }) ?? true else { return 0 }
                guard let values else { return 1 }
                return values.validity[row] == 0 ? 0 : values.lanes[row]
            }
            gathered.values.append(contentsOf: kept.lazy.map(worth))
            gathered.strangerValues.append(contentsOf: strangers.lazy.map(worth))
        }
    }
}
