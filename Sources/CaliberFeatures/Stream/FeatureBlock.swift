import CaliberColumns
import CaliberEventLog

/// Features of rows at moments of scoring, in the order of the log.
package struct FeatureBlock {
    package struct Moment {
        /// The row, by a number that is its own as long as the block is handed out: keys are told by `key(of:)`.
        package let row: Int
        /// The position of the moment in the set.
        package let moment: Int
        /// Of the event in the log.
        package let position: LogPosition
        /// The moment on the clock of arrival, UTC microseconds.
        package let now: Int64
        /// Whether this is the row's first moment that is learned from.
        package let isTraining: Bool
    }

    package let moments: [Moment]
    package let featureCount: Int
    /// `featureCount` values a moment; NaN where one is not known. Valid while the block is handed out.
    package let values: UnsafePointer<Double>
    private let keys: StringPool

    init(moments: [Moment], featureCount: Int, values: UnsafePointer<Double>, keys: StringPool) {
        self.moments = moments
        self.featureCount = featureCount
        self.values = values
        self.keys = keys
    }

    /// The key of a moment's row, as the table has it.
    package func key(of moment: Int) -> String { keys.string(UInt32(truncatingIfNeeded: moments[moment].row)) }

    /// The same as bytes; valid while the block is handed out.
    package func keyBytes(of moment: Int) -> UnsafeRawBufferPointer {
        keys[UInt32(truncatingIfNeeded: moments[moment].row)]
    }

    package func values(of moment: Int) -> UnsafeBufferPointer<Double> {
        UnsafeBufferPointer(start: values + moment * featureCount, count: featureCount)
    }
}
