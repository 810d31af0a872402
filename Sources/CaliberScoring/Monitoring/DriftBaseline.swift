import CaliberRegression

/// What a model file keeps of its training's distributions, laid out so that rows can be counted one by one beside it.
///
/// A subject is the score or a feature. Its bins and one place for missing values stand one after the other among
/// `placeCount` counts; the bounds of all subjects stand one after the other as well.
package struct DriftBaseline: Sendable {
    package enum Subject: Hashable, Sendable {
        /// Calibrated probabilities.
        case score
        case feature(String)
    }

    package struct Entry: Sendable {
        package let subject: Subject
        package let bins: FrozenBins
        /// Log-odds for one deviation; nil for the score.
        package let weight: Double?
        let lane: Lane
    }

    /// Where a subject's values come from and where they are counted.
    struct Lane: Sendable {
        /// A position in the row; that of the probability is behind the last feature.
        let column: Int32
        let firstBound: Int32
        let boundCount: Int32
        let firstPlace: Int32
    }

    /// The score first, then the features in the order of the row; subjects without frozen bins are left out.
    package let entries: [Entry]
    package let placeCount: Int
    package let columnCount: Int
    let bounds: [Double]
    let lanes: [Lane]

    package init(_ file: ModelFile) {
        columnCount = file.columns.count
        var entries: [Entry] = []
        var bounds: [Double] = []
        var placeCount = 0
        func add(_ subject: Subject, _ bins: FrozenBins?, weight: Double?, column: Int) {
            guard let bins else { return }
            let lane = Lane(
                column: Int32(clamping: column), firstBound: Int32(clamping: bounds.count),
                boundCount: Int32(clamping: bins.bounds.count), firstPlace: Int32(clamping: placeCount))
            entries.append(Entry(subject: subject, bins: bins, weight: weight, lane: lane))
            bounds += bins.bounds
            placeCount += bins.counts.count + 1
        }
        add(.score, file.scoreBins, weight: nil, column: file.columns.count)
        for (index, column) in file.columns.enumerated() {
            add(.feature(column.id), column.bins, weight: column.weight, column: index)
        }
        // The search looks at one bound even where a subject has none.
        self.bounds = bounds + [.infinity]
        self.entries = entries
        self.placeCount = placeCount
        lanes = entries.map(\.lane)
    }

    /// How far counted rows are from training, subject by subject.
    package func measurements(of counts: DriftCounts) -> [DriftMeasurement] {
        precondition(
            counts.places.count == placeCount, "\(counts.places.count) counts of a baseline of \(placeCount)")
        return entries.map { entry in
            let first = Int(entry.lane.firstPlace)
            let binCount = entry.bins.counts.count
            let missing = Int(counts.places[first + binCount])
            let stability = entry.bins.stability(
                counts: counts.places[first..<first + binCount].map { Int($0) }, missingCount: missing)
            return DriftMeasurement(
                stability: stability,
                missingShareBefore: entry.bins.rowCount > 0
                    ? Double(entry.bins.missingCount) / Double(entry.bins.rowCount) : 0,
                missingShareNow: counts.rowCount > 0 ? Double(missing) / Double(counts.rowCount) : 0)
        }
    }
}

/// How far one feature, or the score, of some rows is from training.
package struct DriftMeasurement: Hashable, Sendable {
    package let stability: StabilityIndex
    /// The share of missing values then and now.
    package let missingShareBefore: Double
    package let missingShareNow: Double
}

/// How many rows fell into each bin of a baseline.
package struct DriftCounts: Hashable, Sendable {
    package private(set) var rowCount = 0
    /// One a bin and one for missing values, subject after subject. 32 bits: it is a day's or a week's rows.
    package private(set) var places: [UInt32]

    package init(_ baseline: DriftBaseline) {
        places = [UInt32](repeating: 0, count: baseline.placeCount)
    }

    /// Counts as they were kept; nil where they are not of this baseline.
    package init?(_ baseline: DriftBaseline, rowCount: Int, places: [UInt32]) {
        guard places.count == baseline.placeCount, rowCount >= 0 else { return nil }
        self.rowCount = rowCount
        self.places = places
    }

    /// Counts one row.
    ///
    /// - Parameters:
    ///   - row: the features' values, missing ones as NaN.
    ///   - probability: calibrated.
    package mutating func add(row: UnsafeBufferPointer<Double>, probability: Double, by baseline: DriftBaseline) {
        precondition(
            row.count == baseline.columnCount && places.count == baseline.placeCount,
            "a row of \(row.count) values and \(places.count) counts for a baseline of \(baseline.columnCount) columns")
        rowCount += 1
        baseline.lanes.withUnsafeBufferPointer { lanes in
            baseline.bounds.withUnsafeBufferPointer { bounds in
                places.withUnsafeMutableBufferPointer { places in
                    for lane in lanes {
                        let value = Int(lane.column) < row.count ? row[Int(lane.column)] : probability
                        places[Int(lane.firstPlace) + DriftCounts.place(of: value, lane, bounds)] &+= 1
                    }
                }
            }
        }
    }

    /// The place of a value among those of its subject: the first bin whose bound is not below it, as `FrozenBins.bin` has
    /// it, but without a branch that depends on the value.
    @inline(__always)
    private static func place(
        of value: Double, _ lane: DriftBaseline.Lane, _ bounds: UnsafeBufferPointer<Double>
    ) -> Int {
        var first = Int(lane.firstBound)
        var length = Int(lane.boundCount)
        while length > 1 {
            let half = length >> 1
            first += bounds[first + half - 1] < value ? half : 0
            length -= half
        }
        let bin = first - Int(lane.firstBound) + (bounds[first] < value ? length : 0)
        return value.isNaN ? Int(lane.boundCount) + 1 : bin
    }

    /// Adds other rows of the same baseline.
    package mutating func add(_ other: DriftCounts) {
        precondition(
            places.count == other.places.count, "\(other.places.count) counts to be added to \(places.count)")
        rowCount += other.rowCount
        for index in places.indices { places[index] &+= other.places[index] }
    }
}
