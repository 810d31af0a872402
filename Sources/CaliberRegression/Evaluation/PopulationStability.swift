import Foundation

/// A column's or a score's distribution in training, in bins that never change after.
public struct FrozenBins: Codable, Hashable, Sendable {
    /// Inner bounds, rising: a value belongs to the first bin whose bound is not below it, or to the last bin.
    public var bounds: [Double]
    /// Training rows a bin; one more than bounds.
    public var counts: [Int]
    public var missingCount: Int
    /// The range of the present values; nil when there was none.
    public var minimum: Double?
    public var maximum: Double?

    public static let defaultBinCount = 10

    public var rowCount: Int { counts.reduce(missingCount, +) }

    public init(bounds: [Double], counts: [Int], missingCount: Int, minimum: Double? = nil, maximum: Double? = nil) {
        self.bounds = bounds
        self.counts = counts
        self.missingCount = missingCount
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Bins of about equal mass (deciles by default); a value that fills a bin on its own gets one, and columns with few
    /// values get one bin a value. NaN is missing.
    /// - Complexity: O(n log n).
    public init(of values: some Sequence<Double>, binCount: Int = defaultBinCount) {
        var present: [Double] = []
        missingCount = 0
        for value in values {
            if value.isNaN { missingCount += 1 } else { present.append(value) }
        }
        present.sort()
        minimum = present.first
        maximum = present.last
        bounds = []
        counts = []
        let share = Double(present.count) / Double(max(1, binCount))
        let distinctIsFew = FrozenBins.distinctCount(ofSorted: present, limit: binCount) <= binCount
        var start = 0
        var binStart = 0
        while start < present.count {
            var end = start + 1
            while end < present.count, present[end] == present[start] { end += 1 }
            // A heavy value starts a bin of its own; the bin before it ends where the value below it ends.
            if !distinctIsFew, start > binStart, Double(end - start) >= share {
                bounds.append(present[start - 1])
                counts.append(start - binStart)
                binStart = start
            }
            let isFull = Double(end) >= Double(counts.count + 1) * share || Double(end - binStart) >= share
            if end < present.count, distinctIsFew || isFull {
                bounds.append(present[end - 1])
                counts.append(end - binStart)
                binStart = end
            }
            start = end
        }
        counts.append(present.count - binStart)
    }

    private static func distinctCount(ofSorted values: [Double], limit: Int) -> Int {
        var count = 0
        for index in values.indices where index == 0 || values[index] != values[index - 1] {
            count += 1
            if count > limit { break }
        }
        return count
    }

    public func bin(of value: Double) -> Int {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// How far the distribution of `values` has moved from training.
    public func stability(of values: some Sequence<Double>) -> StabilityIndex {
        var observed = [Int](repeating: 0, count: counts.count)
        var missing = 0
        for value in values {
            if value.isNaN { missing += 1 } else { observed[bin(of: value)] += 1 }
        }
        return stability(counts: observed, missingCount: missing)
    }

    /// The same of rows that are counted already.
    ///
    /// - Parameter observed: rows a bin, as `counts`.
    public func stability(counts observed: [Int], missingCount missing: Int) -> StabilityIndex {
        guard missing > 0 || missingCount > 0 else { return StabilityIndex(expected: counts, observed: observed) }
        return StabilityIndex(expected: counts + [missingCount], observed: observed + [missing])
    }
}

/// The population stability index: Σ (aᵢ − eᵢ) · ln(aᵢ / eᵢ) over shares of bins, with what chance alone would give.
///
/// Source of the noise: Yurdakul, Statistical Properties of Population Stability Index, 2018: without a change the index
/// is about (1/N + 1/M) times a chi-square variable with B − 1 degrees of freedom.
public struct StabilityIndex: Codable, Hashable, Sendable {
    /// 0 where nothing moved; nil where one side has no rows.
    public var value: Double?
    public var expectedCount: Int
    public var observedCount: Int
    public var binCount: Int
    /// What chance alone stays below in 999 of 1000 samples of this size; nil as `value`.
    public var noiseLimit: Double?

    public static let smoothing = 0.5
    public static let noiseProbability = 0.999
    public static let moderateShift = 0.10
    public static let strongShift = 0.25

    /// - Parameters:
    ///   - expected: rows a bin then, `observed`: rows a bin now.
    ///   - smoothing: added to every count, so that an empty bin does not make the index infinite.
    public init(expected: [Int], observed: [Int], smoothing: Double = StabilityIndex.smoothing) {
        precondition(expected.count == observed.count, "\(expected.count) bins beside \(observed.count)")
        expectedCount = expected.reduce(0, +)
        observedCount = observed.reduce(0, +)
        binCount = expected.count
        guard expectedCount > 0, observedCount > 0 else { return }
        let added = smoothing * Double(binCount)
        var sum = 0.0
        for (before, now) in zip(expected, observed) where before > 0 || now > 0 {
            let expectedShare = (Double(before) + smoothing) / (Double(expectedCount) + added)
            let observedShare = (Double(now) + smoothing) / (Double(observedCount) + added)
            sum += (observedShare - expectedShare) * log(observedShare / expectedShare)
        }
        value = sum.isFinite ? sum : nil
        noiseLimit =
            StabilityIndex.noiseQuantile(degreesOfFreedom: binCount - 1)
            * (1 / Double(expectedCount) + 1 / Double(observedCount))
    }

    private static func noiseQuantile(degreesOfFreedom: Int) -> Double {
        quantiles.indices.contains(degreesOfFreedom)
            ? quantiles[degreesOfFreedom] : ChiSquare.quantile(noiseProbability, degreesOfFreedom: degreesOfFreedom)
    }

    /// Of the numbers of bins that most columns have: each is found step by step, and asked for again and again.
    private static let quantiles = (0..<32).map { ChiSquare.quantile(noiseProbability, degreesOfFreedom: $0) }

    public enum Verdict: String, Codable, Hashable, Sendable {
        case unknown, stable, noise, moderate, strong
    }

    /// Not more than chance gives.
    public var isNoise: Bool { value.map { $0 <= (noiseLimit ?? 0) } ?? false }

    /// The rule of thumb (0.10 and 0.25), unless chance alone explains the index.
    public var verdict: Verdict {
        guard let value else { return .unknown }
        if value < StabilityIndex.moderateShift { return .stable }
        if isNoise { return .noise }
        return value < StabilityIndex.strongShift ? .moderate : .strong
    }
}
