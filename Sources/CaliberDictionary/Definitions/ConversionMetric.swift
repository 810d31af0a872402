/// How many rows of one metric are followed by a row of another, of the same entity: visits that became orders.
///
/// Each conversion row goes to the latest base row of its entity at or before it and less than the window before it.
/// Filters and dimensions of a query apply to base rows afterwards.
public struct ConversionMetric: Hashable, Sendable {
    /// A count of rows, or of distinct values of them, by the alias `base`.
    public let base: MetricInput
    /// A count of rows, by the alias `conversion`.
    public let conversion: MetricInput
    /// Columns of both tables that name what is followed.
    public let entity: [String]
    /// Pairs of columns that must be equal as well.
    public let constantProperties: [ConstantProperty]
    /// How long after its base a conversion counts, in microseconds; nil: however late.
    public let windowMicroseconds: Int64?
    public let calculation: Calculation
    public let countOnce: CountOnce

    public struct ConstantProperty: Hashable, Sendable {
        public let baseColumn: String
        public let conversionColumn: String

        public init(baseColumn: String, conversionColumn: String) {
            self.baseColumn = baseColumn
            self.conversionColumn = conversionColumn
        }
    }

    public enum Calculation: String, Hashable, Sendable, CaseIterable {
        case conversions
        /// Conversions by base; at most 1 unless `countOnce` is `none`.
        case conversionRate = "conversion_rate"
    }

    public enum CountOnce: String, Hashable, Sendable, CaseIterable {
        /// A base row converts or does not, whatever number of conversions goes to it.
        case base
        /// Every conversion counts.
        case none
    }

    public init(
        base: MetricInput, conversion: MetricInput, entity: [String], constantProperties: [ConstantProperty],
        windowMicroseconds: Int64?, calculation: Calculation, countOnce: CountOnce
    ) {
        self.base = base
        self.conversion = conversion
        self.entity = entity
        self.constantProperties = constantProperties
        self.windowMicroseconds = windowMicroseconds
        self.calculation = calculation
        self.countOnce = countOnce
    }
}
