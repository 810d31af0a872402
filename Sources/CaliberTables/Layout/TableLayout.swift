import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog

/// What a table keeps for every row, and which folds fill it: read off the definition once, followed for every batch.
struct TableLayout: Sendable {
    let definition: TableDefinition
    /// Key columns first, then folded columns, then hidden state.
    let slots: [LaneSlot]
    /// Columns that queries may read, by name.
    let readableSlots: [String: Int]
    let keyCount: Int
    /// Hidden: the halves of the hash of a row's key.
    let hashLowSlot: Int
    let hashHighSlot: Int
    /// nil for a table without an anchor.
    let anchorSlot: Int?
    /// By the contract's name.
    let folds: [String: ContractFolds]
    /// Changes whenever stored rows would: another fold, another condition, another type.
    let hash: String

    func slot(named name: String) -> Int? { slots.firstIndex { $0.name == name } }
}

/// One lane per row: a key column, a folded column, or what a fold must remember beside its column.
struct LaneSlot: Sendable {
    /// A column's name; state has a `$` in it, which no column's name can have.
    let name: String
    let role: Role
    let strings: Strings
    let isFloat: Bool

    enum Role: Sendable, Equatable {
        case key
        case fold
        /// How many events; a row that none reached has 0, not null.
        case count
        /// A sum. The two slots from `wide` on hold the high and low half of a total that 64 bits can't; the column
        /// itself is null while they do.
        case sum(wide: Int)
        case state
        /// A half of the hash of the row's key.
        case keyHash
    }

    enum Strings: Sendable {
        case none
        /// Codes of one pool for the whole table: few distinct values, or groups asked for by them.
        case table
        /// Codes of the segment's own pool: keys and free text, where nearly every row has its own.
        case segment
    }

    var isState: Bool { role == .state || role == .keyHash }
    /// Whether the file has it; the rest is computed from what the file has.
    var isStored: Bool { role != .keyHash }
    /// Whether a row has a value before any event gave it one.
    var startsValid: Bool { role == .count }
}

/// Everything that events of one contract do to one table.
struct ContractFolds: Sendable {
    let contract: ContractDefinition
    /// Where the parts of the key stand in an event, in the order of the key.
    let key: [FieldSource]
    /// Distinct conditions; folds name them by index.
    var conditions: [TypedExpression] = []
    var aggregates: [AggregateFold] = []
    var orders: [OrderFold] = []
    /// Whether one of them can change a row's anchor.
    var movesAnchor = false
}

/// A column of a batch of events.
enum FieldSource: Hashable, Sendable {
    case data(Int)
    case time
    case eventID

    func column(of batch: EventBatch) -> LaneColumn {
        switch self {
        case .data(let index): batch.fields[index]
        case .time: batch.time
        case .eventID: batch.eventID
        }
    }
}

/// A fold that is a commutative, associative step per event.
struct AggregateFold: Sendable {
    enum Kind: Sendable {
        case sum(wide: Int)
        case count, minimum, maximum, any, set
    }

    let kind: Kind
    let slot: Int
    /// nil: count events, whatever they carry.
    let field: FieldSource?
    let condition: Int?
}

/// `first` or `last` of the events that meet one condition: who leads, and the columns that the leader fills.
///
/// Events are ordered by time (none before any), then by the hash of their identity. A column takes its value from the
/// best event *that has one*: nearly always the leader. Only where the leader lacks the field, the column's own
/// `timeSlot` and `tieSlot` say which event its value is of; elsewhere they are null, and absent as a rule.
struct OrderFold: Sendable {
    struct Column: Sendable {
        let slot: Int
        let field: FieldSource
        let comparison: LaneComparison
        /// Of the event that the value is of, where that is not the leader.
        let timeSlot: Int
        /// Null where the value is the leader's.
        let tieSlot: Int
    }

    let isLast: Bool
    /// Null where the leader has no time.
    let timeSlot: Int
    /// Null where no event leads yet.
    let tieSlot: Int
    let condition: Int?
    var columns: [Column]
}

/// How two lanes of one column compare, where the order is not by event.
enum LaneComparison: Sendable { case integer, float, bytes }
