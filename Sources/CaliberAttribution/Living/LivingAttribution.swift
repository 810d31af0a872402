import CaliberDictionary

/// The totals of an attribution while touches and conversions come in, in any order.
///
/// What comes in changes the paths of its buyers alone: those are taken back as they were, and added as they are now. So
/// the totals are a function of the set of rows, and a batch costs what its own buyers' rows cost.
package struct LivingAttribution: Sendable {
    package struct Touch: Hashable, Sendable {
        package let buyer: String
        /// What it is known by among the buyer's; touches of one moment follow each other by it.
        package let id: String
        /// Microseconds.
        package let at: Int64
        package let channel: UInt8

        package init(buyer: String, id: String, at: Int64, channel: UInt8) {
            self.buyer = buyer
            self.id = id
            self.at = at
            self.channel = channel
        }
    }

    package struct Conversion: Hashable, Sendable {
        package let buyer: String
        package let id: String
        package let at: Int64
        package let value: Int64

        package init(buyer: String, id: String, at: Int64, value: Int64) {
            self.buyer = buyer
            self.id = id
            self.at = at
            self.value = value
        }
    }

    private struct Row: Sendable {
        let at: Int64
        let id: String
        let content: Int64

        func precedes(_ other: Row) -> Bool { (at, id) < (other.at, other.id) }
    }

    private struct Journey: Sendable {
        var touches: [Row] = []
        var conversions: [Row] = []
    }

    package private(set) var totals: AttributionTotals
    private var journeys: [String: Journey] = [:]
    private var building: PathBuilding

    package init(rules: PathRules, weights: CreditWeights, models: [AttributionModel], isDirect: [Bool]) {
        totals = AttributionTotals(models: models, weights: weights, isDirect: isDirect)
        building = PathBuilding(rules: rules, isDirect: isDirect)
    }

    /// Rows as they are now; one that a buyer had before under the same id gives way.
    package mutating func take(touches: [Touch], conversions: [Conversion]) {
        let touchesByBuyer = Dictionary(grouping: touches, by: \.buyer)
        let conversionsByBuyer = Dictionary(grouping: conversions, by: \.buyer)
        for buyer in Set(touchesByBuyer.keys).union(conversionsByBuyer.keys) {
            change(buyer) { journey in
                for touch in touchesByBuyer[buyer] ?? [] {
                    LivingAttribution.put(
                        Row(at: touch.at, id: touch.id, content: Int64(touch.channel)), into: &journey.touches)
                }
                for conversion in conversionsByBuyer[buyer] ?? [] {
                    LivingAttribution.put(
                        Row(at: conversion.at, id: conversion.id, content: conversion.value),
                        into: &journey.conversions)
                }
            }
        }
    }

    /// Two buyers turn out to be one person.
    package mutating func join(_ absorbed: String, into survivor: String) {
        guard absorbed != survivor, let other = journeys[absorbed] else { return }
        change(absorbed) { $0 = Journey() }
        journeys[absorbed] = nil
        change(survivor) { journey in
            for row in other.touches { LivingAttribution.put(row, into: &journey.touches) }
            for row in other.conversions { LivingAttribution.put(row, into: &journey.conversions) }
        }
    }

    private mutating func change(_ buyer: String, _ body: (inout Journey) -> Void) {
        var journey = journeys[buyer] ?? Journey()
        add(journey, sign: -1)
        body(&journey)
        add(journey, sign: 1)
        journeys[buyer] = journey
    }

    private static func put(_ row: Row, into rows: inout [Row]) {
        rows.removeAll { $0.id == row.id }
        let place = rows.firstIndex { row.precedes($0) } ?? rows.count
        rows.insert(row, at: place)
    }

    private mutating func add(_ journey: Journey, sign: Int64) {
        guard !journey.touches.isEmpty || !journey.conversions.isEmpty else { return }
        let times = journey.touches.map(\.at)
        let channels = journey.touches.map { UInt8(truncatingIfNeeded: $0.content) }
        let moments = journey.conversions.map(\.at)
        var scratch = [UInt64](repeating: 0, count: max(1, times.count))
        times.withUnsafeBufferPointer { times in
            channels.withUnsafeBufferPointer { channels in
                moments.withUnsafeBufferPointer { moments in
                    scratch.withUnsafeMutableBufferPointer { scratch in
                        guard let room = scratch.baseAddress else { return }
                        let buyer = PathBuilding.Buyer(
                            touchTimes: times, channels: channels, conversionTimes: moments)
                        building.build(buyer) { path, conversion, _ in
                            totals.add(
                                path, conversions: conversion == nil ? 0 : sign, misses: conversion == nil ? sign : 0,
                                value: conversion.map { sign &* journey.conversions[$0].content } ?? 0,
                                scratch: room)
                        }
                    }
                }
            }
        }
    }
}
