import CaliberColumns
import CaliberCore
import CaliberDictionary

/// The rows of an answer in their order, each put together when it is asked for: figures are kept as they were computed,
/// column by column.
public struct AnswerRows: RandomAccessCollection, Sendable {
    public typealias Element = [AnswerValue]

    private enum Content: Sendable {
        case columns(AnswerColumns, shown: [Int])
        case rows([[AnswerValue]])
    }

    private let content: Content

    /// - Parameter shown: the group of each row.
    init(_ columns: AnswerColumns, shown: [Int]) { content = .columns(columns, shown: shown) }

    init(_ rows: [[AnswerValue]]) { content = .rows(rows) }

    public var startIndex: Int { 0 }

    public var endIndex: Int {
        switch content {
        case .columns(_, let shown): shown.count
        case .rows(let rows): rows.count
        }
    }

    /// One value a field.
    public subscript(position: Int) -> [AnswerValue] {
        switch content {
        case .columns(let columns, let shown): columns.row(of: shown[position])
        case .rows(let rows): rows[position]
        }
    }
}

extension AnswerRows: Equatable {
    public static func == (left: AnswerRows, right: AnswerRows) -> Bool { left.elementsEqual(right) }

    public static func == (left: AnswerRows, right: [[AnswerValue]]) -> Bool { left.elementsEqual(right) }
}

/// Dimensions and figures by group.
struct AnswerColumns: Sendable {
    let groups: GroupRegistry
    let dimensions: [PlannedDimension]
    /// By dimension, the strings by code.
    let texts: [[String]]
    /// By metric column, by group.
    let values: [[MetricValue]]

    init(groups: GroupRegistry, dimensions: [PlannedDimension], values: [[MetricValue]]) {
        self.groups = groups
        self.dimensions = dimensions
        // Taken now: the groups' strings may grow with the next query.
        texts = groups.pools.map { pool in
            pool.map { pool in (0..<UInt32(pool.count)).map { pool.string($0) } } ?? []
        }
        self.values = values
    }

    func row(of group: Int) -> [AnswerValue] {
        var row: [AnswerValue] = []
        row.reserveCapacity(dimensions.count + values.count)
        for dimension in dimensions.indices { row.append(dimensionValue(group, dimension)) }
        for column in values { row.append(AnswerValue(column[group])) }
        return row
    }

    func dimensionValue(_ group: Int, _ dimension: Int) -> AnswerValue {
        guard !groups.isNull(group, dimension) else { return .null }
        let lane = groups.lane(group, dimension)
        if let grain = dimensions[dimension].calendarGrain {
            return grain.period(holding: CivilDate(dayNumber: Int32(clamping: lane))).map { .text(grain.label(of: $0)) }
                ?? .null
        }
        switch dimensions[dimension].type.storage {
        case .mask: return .boolean(lane != 0)
        case .integer: return .integer(Int128(lane))
        case .float: return .number(Double(bitPattern: UInt64(bitPattern: lane)))
        case .code: return .text(texts[dimension][Int(lane)])
        }
    }
}

extension AnswerValue {
    init(_ value: MetricValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let integer): .integer(integer)
            case .number(let number): .number(number)
            }
    }
}
