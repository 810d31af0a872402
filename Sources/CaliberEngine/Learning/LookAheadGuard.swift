import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberFeatures
import CaliberRegression

extension Engine {
    /// Computes some rows a second time, each from a log that ends with the row's own event, and holds them against the
    /// rows to learn from: whatever a feature had seen of later events would show, to the last bit.
    ///
    /// - Parameters:
    ///   - rowCount: rows that are computed again, spread evenly over the set.
    ///   - progress: the log up to where it was replayed.
    /// - Returns: how many rows were the same.
    /// - Throws: `Diagnostic` `look-ahead` with feature and row where one differs.
    public func confirmNoLookAhead(
        in set: TrainingSet, features: FeatureSetDefinition, rowCount: Int, progress: (LogPosition) -> Void = { _ in }
    ) throws -> Int {
        let chosen = LookAheadGuard.spread(rowCount, over: set.positions.count)
        guard let last = chosen.last else { return 0 }
        var left = chosen[...]
        let stream = FeatureStream(FeaturePlan(features, dictionary: dictionary))
        try log.replay(
            after: .start, stoppingAt: chosen.map { set.positions[$0] }, keepsArrival: true
        ) { batches, position in
            guard stream.position < set.positions[last] else { return }
            try stream.take(batches, upTo: position, selection: .training, workers: settings.queryParallelism) {
                block in
                guard let row = left.first, let moment = block.moments.last, moment.position == set.positions[row]
                else { return }
                left.removeFirst()
                try LookAheadGuard.compare(
                    row: row, of: set, with: block.values(of: block.moments.count - 1), features: features)
            }
            progress(position)
        }
        if let row = left.first { throw LearningProblem.rowGone(key: set.keys[row]).diagnostic }
        return chosen.count
    }
}

private enum LookAheadGuard {
    /// Places from the first to the last, evenly.
    static func spread(_ count: Int, over total: Int) -> [Int] {
        let count = min(count, total)
        guard count > 1 else { return count == 1 ? [total - 1] : [] }
        return (0..<count).map { $0 * (total - 1) / (count - 1) }
    }

    static func compare(
        row: Int, of set: TrainingSet, with values: UnsafeBufferPointer<Double>, features: FeatureSetDefinition
    ) throws {
        let learned = set.matrix.row(row)
        for (column, feature) in features.features.enumerated() {
            let (claimed, known) = (learned[column], values[column])
            // No value has one form only.
            guard claimed.bitPattern != known.bitPattern, !(claimed.isNaN && known.isNaN) else { continue }
            throw LearningProblem.lookAhead(
                feature: feature.name, key: set.keys[row], moment: set.moments[row], claimed: claimed, known: known
            ).diagnostic
        }
    }
}
