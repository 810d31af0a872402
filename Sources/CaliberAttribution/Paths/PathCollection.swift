import CaliberDictionary

/// Many paths, column by column: the channels of all touches one after the other, and what came of each path.
package struct PathCollection: Sendable {
    /// Where each path's touches begin; one more than paths.
    package private(set) var starts: [Int] = [0]
    package private(set) var channels: [UInt8] = []
    package private(set) var ages: [Int64] = []
    package private(set) var conversions: [Int64] = []
    package private(set) var misses: [Int64] = []
    package private(set) var values: [Int64] = []

    package init() {}

    package var count: Int { conversions.count }

    /// Makes room.
    package mutating func reserve(paths: Int, touches: Int) {
        starts.reserveCapacity(paths + 1)
        channels.reserveCapacity(touches)
        ages.reserveCapacity(touches)
        conversions.reserveCapacity(paths)
        misses.reserveCapacity(paths)
        values.reserveCapacity(paths)
    }

    /// - Parameter value: of all the conversions together.
    package mutating func append(_ path: TouchPath, conversions: Int64, misses: Int64, value: Int64) {
        channels.append(contentsOf: path.channels)
        ages.append(contentsOf: path.ages)
        close(conversions: conversions, misses: misses, value: value)
    }

    /// A path without times: all touches as if at its end.
    package mutating func append(
        _ path: some Collection<UInt8>, conversions: Int64, misses: Int64 = 0, value: Int64 = 0
    ) {
        channels.append(contentsOf: path)
        ages.append(contentsOf: repeatElement(0, count: path.count))
        close(conversions: conversions, misses: misses, value: value)
    }

    private mutating func close(conversions: Int64, misses: Int64, value: Int64) {
        starts.append(channels.count)
        self.conversions.append(conversions)
        self.misses.append(misses)
        values.append(value)
    }

    /// Goes through all paths.
    package func forEach(_ body: (TouchPath, Int) -> Void) {
        channels.withUnsafeBufferPointer { channels in
            ages.withUnsafeBufferPointer { ages in
                for index in 0..<count {
                    let range = starts[index]..<starts[index + 1]
                    body(
                        TouchPath(
                            channels: UnsafeBufferPointer(rebasing: channels[range]),
                            ages: UnsafeBufferPointer(rebasing: ages[range])), index)
                }
            }
        }
    }

    private var longest: Int { zip(starts, starts.dropFirst()).reduce(0) { max($0, $1.1 - $1.0) } }

    /// What the paths add up to.
    package func totals(
        _ models: [AttributionModel], weights: CreditWeights = CreditWeights(), isDirect: [Bool]
    ) -> AttributionTotals {
        var totals = AttributionTotals(models: models, weights: weights, isDirect: isDirect)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(1, longest)) { scratch in
            guard let room = scratch.baseAddress else { return }
            forEach { path, index in
                totals.add(
                    path, conversions: conversions[index], misses: misses[index], value: values[index], scratch: room)
            }
        }
        return totals
    }
}
