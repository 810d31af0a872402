import CaliberCore
import CaliberEventLog
import CaliberRegression

/// Rows as they were at their first training moment, with what became of them where that is known. In the order of time.
public struct PastRows {
    public enum Outcome: UInt8, Sendable {
        case good, bad
        /// It may still change.
        case immature
        /// The label can't be told.
        case unknown

        /// nil where that is not known for good.
        public var wentBad: Bool? {
            switch self {
            case .good: false
            case .bad: true
            case .immature, .unknown: nil
            }
        }
    }

    /// A row a moment, a column a feature; NaN where a value is not known.
    public let matrix: DesignMatrix
    public let outcomes: [Outcome]
    /// The moment on the clock of arrival; never falls.
    public let moments: [Timestamp]
    /// The moments' events in the log; rises.
    public let positions: [LogPosition]
    public let keys: [String]
    /// What figures are told by, one a row.
    public let groups: [String?]
    /// The log up to where it was read.
    public let position: LogPosition
    public let cutoff: Timestamp
    public let account: TrainingSet.Account

    public var count: Int { outcomes.count }

    /// The rows whose moments lie in a span.
    public func rows(in span: Range<Timestamp>) -> Range<Int> {
        let first = firstRow(notBefore: span.lowerBound)
        return first..<max(first, firstRow(notBefore: span.upperBound))
    }

    private func firstRow(notBefore moment: Timestamp) -> Int {
        var (low, high) = (0, moments.count)
        while low < high {
            let middle = (low + high) / 2
            if moments[middle] < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension TrainingSet {
    /// - Parameter rows: whose outcomes are all known.
    init(_ rows: PastRows) {
        self.init(
            matrix: rows.matrix, labels: rows.outcomes.map { $0 == .bad }, moments: rows.moments,
            positions: rows.positions, keys: rows.keys, groups: rows.groups, position: rows.position,
            cutoff: rows.cutoff, account: rows.account)
    }
}
