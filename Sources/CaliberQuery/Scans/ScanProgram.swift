import CaliberColumns
import CaliberCore
import CaliberDictionary

/// A scan made ready once for a query: every distinct expression compiled once, whoever uses it.
package struct ScanProgram: Sendable {
    let scan: PlannedScan
    /// Distinct expressions; everything below names them by position.
    let expressions: [ScanExpression]
    let anchor: Int?
    let filter: RowPredicate?
    let dimensions: [(expression: Int, grain: TimeGrain?)]
    let masks: [RowPredicate]
    let folds: [ScanFold]
    /// The fold behind each of the scan's aggregates.
    let foldOfAggregate: [Int]
    let zone: BusinessZone
    /// Everything that a segment's contribution depends on, the segment, the time range and joined tables apart.
    let meaning: String
    /// The scan's mark, where it is kept between queries.
    let keptMark: KeptMark?

    /// A mark that follows its rows from change to change.
    struct KeptMark: Sendable {
        let mark: PlannedMark
        /// The rows that it is made from.
        let rows: PlannedScan
        /// Everything that it depends on, the tables' rows apart.
        let meaning: String
    }

    init(_ scan: PlannedScan, zone: BusinessZone) {
        var distinct: [TypedExpression] = []
        func position(_ expression: TypedExpression) -> Int {
            if let known = distinct.firstIndex(of: expression) { return known }
            distinct.append(expression)
            return distinct.count - 1
        }
        self.scan = scan
        self.zone = zone
        anchor = scan.anchor.map(position)
        filter = scan.filter.map { RowPredicate($0, zone: zone, position: position) }
        dimensions = scan.dimensions.map { (position($0.expression), $0.grain) }
        masks = scan.masks.map { RowPredicate($0, zone: zone, position: position) }
        var folds: [ScanFold] = []
        foldOfAggregate = scan.aggregates.map { aggregate in
            let fold = ScanFold(
                kind: ScanFold.Kind(aggregate), expression: aggregate.expression.map(position), mask: aggregate.mask,
                isText: aggregate.expression?.type.storage == .code)
            if let known = folds.firstIndex(of: fold) { return known }
            folds.append(fold)
            return folds.count - 1
        }
        self.folds = folds
        expressions = distinct.map { ScanExpression($0, zone: zone) }
        keptMark = scan.keptMark(zone: zone)
        meaning = scan.meaning(zone: zone) + (keptMark.map { "\nmark \($0.mark.name) \($0.meaning)" } ?? "")
    }
}

extension PlannedScan {
    /// The scan's only mark, if it is first rows of a stored column that are found in the order they are stored in.
    fileprivate func keptMark(zone: BusinessZone) -> ScanProgram.KeptMark? {
        guard marks.count == 1, case .firstRows(let rows) = marks[0].content, rows.marks.isEmpty,
            rows.isSortedByAnchor, rows.valueColumnName != nil
        else { return nil }
        return ScanProgram.KeptMark(mark: marks[0], rows: rows, meaning: "first of\n" + rows.meaning(zone: zone))
    }

    fileprivate func meaning(zone: BusinessZone) -> String {
        var parts = [table.name, anchor?.canonicalText ?? "-", zone.identifier]
        parts += dimensions.map { "by \($0.expression.canonicalText) \($0.grain.map { "\($0)" } ?? "-")" }
        parts.append("where \(filter?.canonicalText ?? "-")")
        parts += masks.map { "mask \($0.canonicalText)" }
        parts += aggregates.map { aggregate in
            "\(aggregate.aggregation.canonicalText) of \(aggregate.expression?.canonicalText ?? "rows") "
                + (aggregate.mask.map(String.init) ?? "-")
        }
        return parts.joined(separator: "\n")
    }
}

/// An expression over the rows of a scan: a column as it stands, or a program.
enum ScanExpression: Sendable {
    case column(ColumnReference, LogicalType)
    case program(VectorProgram, LogicalType)

    init(_ expression: TypedExpression, zone: BusinessZone) {
        if case .column(let reference) = expression.node {
            self = .column(reference, expression.type)
        } else {
            self = .program(VectorProgram(expression, zone: zone), expression.type)
        }
    }

    var type: LogicalType {
        switch self {
        case .column(_, let type), .program(_, let type): type
        }
    }
}

/// What is gathered for each group while rows pass by. Aggregates that need the same share it.
struct ScanFold: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// Rows.
        case rows
        /// Values that are not null.
        case values
        /// Values that are true.
        case trues
        case integerSum, floatSum
        case extremum(float: Bool, greatest: Bool)
        /// The different values themselves, since no running total tells how many two segments have together.
        case distinct
        /// All values in their order, for percentiles.
        case sorted(float: Bool)

        init(_ aggregate: PlannedAggregate) {
            let isFloat = aggregate.expression?.type.storage == .float
            self =
                switch aggregate.aggregation {
                case .count, .countNew: aggregate.expression == nil ? .rows : .values
                case .sumBoolean: .trues
                case .sum, .average: isFloat ? .floatSum : .integerSum
                case .min: .extremum(float: isFloat, greatest: false)
                case .max: .extremum(float: isFloat, greatest: true)
                case .countDistinct: .distinct
                case .percentile: .sorted(float: isFloat)
                }
        }
    }

    let kind: Kind
    let expression: Int?
    let mask: Int?
    /// Lanes are codes of a pool.
    let isText: Bool
}
