import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTesting

/// Random values for every column of `RandomExpressions`, in columns and, for the interpreter, in rows.
struct RandomColumns {
    let rowCount: Int
    private(set) var columns: [ColumnReference: LaneColumn] = [:]
    private(set) var types: [ColumnReference: LogicalType] = [:]

    init(rowCount: Int, generator: inout SeededGenerator) {
        self.rowCount = rowCount
        for (reference, type) in RandomExpressions.columns {
            let nullPercent = [0, 20, 100][Int.random(in: 0..<12, using: &generator) % 10 / 4]
            let column = LaneColumn(capacity: 1, pool: type.storage == .code ? StringPool() : nil)
            for _ in 0..<rowCount {
                if Int.random(in: 0..<100, using: &generator) < nullPercent {
                    column.appendNull()
                } else {
                    RandomColumns.append(to: column, type, &generator)
                }
            }
            columns[reference] = column
            types[reference] = type
        }
    }

    private static func append(to column: LaneColumn, _ type: LogicalType, _ generator: inout SeededGenerator) {
        let isExtreme = Int.random(in: 0..<20, using: &generator) == 0
        switch type {
        case .boolean: column.append(Int64.random(in: 0...1, using: &generator))
        case .integer, .money, .duration, .timestamp:
            let extremes: [Int64] = [.max, .min, .max - 1, .min + 1, 1 << 53, -1, 0]
            let span: Int64 = type == .timestamp ? 4_000_000_000_000_000 : type == .duration ? 200_000_000_000 : 30
            column.append(
                isExtreme
                    ? extremes.randomElement(using: &generator) ?? 0 : Int64.random(in: -span...span, using: &generator)
            )
        case .date: column.append(Int64.random(in: -30_000...60_000, using: &generator))
        case .number, .moneyRate:
            let extremes = [1e308, -1e308, 1e-308, 9.3e18, -9.223372036854775808e18, 0]
            column.append(
                isExtreme
                    ? extremes.randomElement(using: &generator) ?? 0
                    : (Double.random(in: -9...9, using: &generator) * 4).rounded() / 4 + 0)
        case .category, .identifier, .text, .set:
            appendText(to: column, type, &generator)
        }
    }

    private static func appendText(to column: LaneColumn, _ type: LogicalType, _ generator: inout SeededGenerator) {
        guard let pool = column.pool else { return }
        var text = RandomExpressions.words.randomElement(using: &generator) ?? ""
        if type == .set {
            let members = RandomExpressions.words.dropFirst().filter { _ in Bool.random(using: &generator) }
            text = members.sorted().joined(separator: "\u{1F}")
        }
        // Identifiers and free text come without codes of their own, so equal strings have several.
        if type == .identifier || type == .text {
            column.append(Int64(Array(text.utf8).withUnsafeBytes { pool.append($0) }))
        } else {
            column.append(Int64(pool.intern(text)))
        }
    }

    func value(_ reference: ColumnReference, row: Int) -> RowValue {
        guard let column = columns[reference], let type = types[reference] else { return .null }
        return RowValue(
            lane: column.lanes[row], isNull: column.isNull(row), type: type, pool: column.pool)
    }
}

extension RowValue {
    init(lane: Int64, isNull: Bool, type: LogicalType, pool: StringPool?) {
        switch type.storage {
        case _ where isNull: self = .null
        case .mask: self = .boolean(lane != 0)
        case .integer: self = .integer(lane)
        case .float: self = .float(Double(bitPattern: UInt64(bitPattern: lane)))
        case .code: self = .text(pool?.string(UInt32(truncatingIfNeeded: lane)) ?? "no pool")
        }
    }
}
