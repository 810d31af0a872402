import CaliberCore
import CaliberDictionary

/// Which of a table's stored columns a feature set reads, and how each event changes them.
struct RowPlan: Sendable {
    struct Slot: Sendable {
        let name: String
        let type: LogicalType

        var holdsStrings: Bool { type.storage == .code }
    }

    /// Read in this order from a row's memory.
    private(set) var slots: [Slot] = []
    /// `first` and `last` folds that share who leads.
    private(set) var leaderCount = 0
    /// By contract.
    private(set) var folds: [String: RowFolds] = [:]
    private var slotByName: [String: Int] = [:]
    private let table: TableDefinition

    init(_ table: TableDefinition) {
        self.table = table
    }

    func slot(of column: String) -> Int? { slotByName[column] }

    /// Makes sure that a stored column is kept.
    mutating func add(_ name: String, dictionary: MetricDictionary) {
        guard slotByName[name] == nil, let column = table.column(named: name) else { return }
        switch column.content {
        case .derived: preconditionFailure("\(name) is derived and was to be written out")
        case .key: addKey(column, dictionary)
        case .fold(let fold): add(column, fold)
        }
    }

    private mutating func newSlot(_ column: ColumnDefinition) -> Int {
        slotByName[column.name] = slots.count
        slots.append(Slot(name: column.name, type: column.type))
        return slots.count - 1
    }

    /// A part of the key is what any event of the row says it is.
    private mutating func addKey(_ column: ColumnDefinition, _ dictionary: MetricDictionary) {
        let slot = newSlot(column)
        for name in table.contracts {
            guard let contract = dictionary.contract(named: name),
                let field = table.key.first(where: { $0.name == column.name })
                    .flatMap({ EventField($0.field(in: name), of: contract) })
            else { continue }
            folds[name, default: RowFolds()].aggregates.append(
                RowFolds.Aggregate(kind: .keep, slot: slot, field: field, condition: nil))
        }
    }

    private mutating func add(_ column: ColumnDefinition, _ fold: FoldDefinition) {
        let slot = newSlot(column)
        let field = fold.field.map { EventField($0) }
        var own = folds[fold.contract] ?? RowFolds()
        let condition = fold.condition.map { own.addCondition($0) }
        switch fold.kind {
        case .first, .last:
            guard let field else { return }
            let isLast = fold.kind == .last
            let member = RowFolds.Order.Column(slot: slot, field: field)
            if let index = own.orders.firstIndex(where: { $0.isLast == isLast && $0.condition == condition }) {
                own.orders[index].columns.append(member)
            } else {
                own.orders.append(
                    RowFolds.Order(isLast: isLast, condition: condition, leader: leaderCount, columns: [member]))
                leaderCount += 1
            }
        case .sum, .count, .min, .max, .any:
            let isFloat = column.type.storage == .float
            let kind: RowFolds.Aggregate.Kind =
                switch fold.kind {
                case .sum: .sum
                case .min: isFloat ? .leastFloat : .least
                case .max: isFloat ? .greatestFloat : .greatest
                case .any: .any
                default: .count
                }
            own.aggregates.append(RowFolds.Aggregate(kind: kind, slot: slot, field: field, condition: condition))
        case .set: preconditionFailure("the set \(column.name) was to be refused when the dictionary was loaded")
        }
        folds[fold.contract] = own
    }
}

/// How the events of one contract change a row.
struct RowFolds: Sendable {
    struct Aggregate: Sendable {
        enum Kind: Sendable { case sum, count, least, greatest, leastFloat, greatestFloat, any, keep }

        let kind: Kind
        let slot: Int
        /// nil for a count.
        let field: EventField?
        /// A position in `conditions`.
        let condition: Int?
    }

    /// `first` or `last` of the events that meet one condition, for all columns that ask for it.
    struct Order: Sendable {
        struct Column: Sendable {
            let slot: Int
            let field: EventField
        }

        let isLast: Bool
        let condition: Int?
        /// Where a row keeps who leads.
        let leader: Int
        var columns: [Column]
    }

    var conditions: [TypedExpression] = []
    var orders: [Order] = []
    var aggregates: [Aggregate] = []

    mutating func addCondition(_ condition: TypedExpression) -> Int {
        if let known = conditions.firstIndex(of: condition) { return known }
        conditions.append(condition)
        return conditions.count - 1
    }
}

/// Where an event says something.
enum EventField: Hashable, Sendable {
    /// An index into the contract's fields.
    case data(Int)
    case time, id

    init(_ field: FoldDefinition.Field) {
        switch field {
        case .data(let index): self = .data(index)
        case .eventTime: self = .time
        case .eventID: self = .id
        }
    }

    /// - Returns: nil when the contract has no such field.
    init?(_ name: String, of contract: ContractDefinition) {
        switch name {
        case "$time": self = .time
        case "$id": self = .id
        default:
            guard let index = contract.fieldIndex(named: name) else { return nil }
            self = .data(index)
        }
    }
}
