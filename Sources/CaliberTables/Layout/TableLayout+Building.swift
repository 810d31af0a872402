import CaliberColumns
import CaliberCore
import CaliberDictionary

extension TableLayout {
    /// Reads a layout off a definition.
    ///
    /// - Throws: `TablesProblem` where a fold can't be carried out, or would depend on the order of events.
    init(_ definition: TableDefinition, dictionary: MetricDictionary) throws {
        var builder = LayoutBuilder(definition: definition, dictionary: dictionary)
        try builder.addKey()
        for column in definition.columns { try builder.add(column) }
        let hashLow = builder.addState("key$low", role: .keyHash)
        let hashHigh = builder.addState("key$high", role: .keyHash)
        let readable = builder.slots.enumerated().filter { !$0.element.isState }.map { ($0.element.name, $0.offset) }
        self.init(
            definition: definition, slots: builder.slots, readableSlots: Dictionary(uniqueKeysWithValues: readable),
            keyCount: definition.key.count, hashLowSlot: hashLow, hashHighSlot: hashHigh,
            anchorSlot: try builder.anchorSlot(), folds: try builder.finishedFolds(),
            hash: LayoutHash.of(definition, dictionary: dictionary))
    }
}

/// Collects slots and folds while a definition is walked.
private struct LayoutBuilder {
    let definition: TableDefinition
    let dictionary: MetricDictionary
    var slots: [LaneSlot] = []
    var folds: [String: ContractFolds] = [:]
    /// By what tells orders apart: their place among the contract's.
    private var sharedOrders: [SharedOrder: Int] = [:]

    private struct SharedOrder: Hashable {
        let contract: String
        let condition: Int?
        let isLast: Bool
    }

    init(definition: TableDefinition, dictionary: MetricDictionary) {
        self.definition = definition
        self.dictionary = dictionary
    }

    mutating func addKey() throws {
        for key in definition.key {
            slots.append(
                LaneSlot(
                    name: key.name, role: .key, strings: key.type.storage == .code ? .segment : .none,
                    isFloat: key.type.storage == .float))
        }
    }

    mutating func addState(_ name: String, role: LaneSlot.Role = .state) -> Int {
        slots.append(LaneSlot(name: name, role: role, strings: .none, isFloat: false))
        return slots.count - 1
    }

    mutating func add(_ column: ColumnDefinition) throws {
        guard case .fold(let fold) = column.content else { return }
        try prepareFolds(of: fold.contract, for: column)
        let condition = fold.condition.map { addCondition($0, contract: fold.contract) }
        let field = try source(of: fold, for: column)
        try checkTypes(of: fold, field: field, for: column)
        let slot = slots.count
        let strings: LaneSlot.Strings =
            column.type.storage != .code ? .none : column.type == .text ? .segment : .table
        let role: LaneSlot.Role =
            switch fold.kind {
            case .count: .count
            case .sum: .sum(wide: slot + 1)
            default: .fold
            }
        slots.append(
            LaneSlot(name: column.name, role: role, strings: strings, isFloat: column.type.storage == .float))
        if fold.kind == .sum {
            _ = addState("\(column.name)$high")
            _ = addState("\(column.name)$low")
        }
        if column.name == definition.anchor { folds[fold.contract]?.movesAnchor = true }
        switch fold.kind {
        case .first, .last:
            addOrder(fold, field: field ?? .time, condition: condition, slot: slot, column: column)
        default:
            let kind = aggregateKind(fold.kind, slot: slot)
            folds[fold.contract]?.aggregates.append(
                AggregateFold(kind: kind, slot: slot, field: field, condition: condition))
        }
    }

    private mutating func prepareFolds(of name: String, for column: ColumnDefinition) throws {
        guard folds[name] == nil else { return }
        guard let contract = dictionary.contract(named: name) else {
            throw TablesProblem.unknownContract(
                name: name, column: column.name, table: definition.name, at: column.location)
        }
        let key = try definition.key.map { try keySource(of: $0, in: contract) }
        folds[name] = ContractFolds(contract: contract, key: key)
    }

    private func keySource(of key: KeyColumn, in contract: ContractDefinition) throws -> FieldSource {
        let name = key.field(in: contract.name)
        let source: FieldSource
        let type: LogicalType
        if name == "$id" {
            (source, type) = (.eventID, .identifier)
        } else if name == "$time" {
            (source, type) = (.time, .timestamp)
        } else if let index = contract.fieldIndex(named: name) {
            (source, type) = (.data(index), contract.fields[index].type)
        } else {
            throw TablesProblem.unknownKeyField(
                field: name, contract: contract.name, table: definition.name,
                nearest: NameSuggestion.nearest(to: name, among: contract.fields.map(\.name)), at: definition.location)
        }
        guard type.storage == key.type.storage, type.isString == key.type.isString, type.storage != .float else {
            throw TablesProblem.keyTypeMismatch(
                key: key.name, field: name, contract: contract.name, table: definition.name, at: definition.location)
        }
        return source
    }

    private mutating func addCondition(_ condition: TypedExpression, contract: String) -> Int {
        let known = folds[contract]?.conditions ?? []
        if let index = known.firstIndex(of: condition) { return index }
        folds[contract]?.conditions.append(condition)
        return known.count
    }

    private func source(of fold: FoldDefinition, for column: ColumnDefinition) throws -> FieldSource? {
        switch fold.field {
        case nil: return nil
        case .eventTime: return .time
        case .eventID: return .eventID
        case .data(let index):
            guard folds[fold.contract]?.contract.fields.indices.contains(index) == true else {
                throw TablesProblem.foldTypeMismatch(
                    column: column.name, kind: fold.kind.rawValue, columnType: column.type.name, fieldType: "missing",
                    at: column.location)
            }
            return .data(index)
        }
    }

    private func type(of field: FieldSource?, in contract: String) -> LogicalType? {
        switch field {
        case nil: nil
        case .time: .timestamp
        case .eventID: .identifier
        case .data(let index): folds[contract]?.contract.fields[index].type
        }
    }

    private func checkTypes(of fold: FoldDefinition, field: FieldSource?, for column: ColumnDefinition) throws {
        let fieldType = type(of: field, in: fold.contract)
        let fits: Bool
        switch fold.kind {
        case .count: fits = column.type.storage == .integer
        case .sum:
            if fieldType?.storage == .float {
                throw TablesProblem.sumDependsOnOrder(column: column.name, type: column.type.name, at: column.location)
            }
            if let fieldType, ![.integer, .duration].contains(fieldType), !fieldType.isMoney {
                throw TablesProblem.notSummable(column: column.name, type: fieldType.name, at: column.location)
            }
            fits = column.type.storage == .integer && fieldType != nil
        case .any: fits = fieldType == .boolean && column.type == .boolean
        case .set: fits = fieldType?.storage == .code && column.type == .set
        case .first, .last, .min, .max:
            fits =
                fieldType?.storage == column.type.storage
                && (fieldType == .set) == (column.type == .set)
        }
        guard fits else {
            throw TablesProblem.foldTypeMismatch(
                column: column.name, kind: fold.kind.rawValue, columnType: column.type.name,
                fieldType: fieldType?.name ?? "missing", at: column.location)
        }
    }

    private func aggregateKind(_ kind: FoldDefinition.Kind, slot: Int) -> AggregateFold.Kind {
        switch kind {
        case .sum: .sum(wide: slot + 1)
        case .min: .minimum
        case .max: .maximum
        case .any: .any
        case .set: .set
        case .count, .first, .last: .count
        }
    }

    private mutating func addOrder(
        _ fold: FoldDefinition, field: FieldSource, condition: Int?, slot: Int, column: ColumnDefinition
    ) {
        let comparison: LaneComparison =
            switch column.type.storage {
            case .mask, .integer: .integer
            case .float: .float
            case .code: .bytes
            }
        let isLast = fold.kind == .last
        let shared = SharedOrder(contract: fold.contract, condition: condition, isLast: isLast)
        if sharedOrders[shared] == nil {
            sharedOrders[shared] = folds[fold.contract]?.orders.count
            let time = addState("\(column.name)$leader_time")
            let tie = addState("\(column.name)$leader_tie")
            folds[fold.contract]?.orders.append(
                OrderFold(isLast: isLast, timeSlot: time, tieSlot: tie, condition: condition, columns: []))
        }
        let member = OrderFold.Column(
            slot: slot, field: field, comparison: comparison, timeSlot: addState("\(column.name)$time"),
            tieSlot: addState("\(column.name)$tie"))
        if let index = sharedOrders[shared] { folds[fold.contract]?.orders[index].columns.append(member) }
    }

    func anchorSlot() throws -> Int? {
        guard let anchor = definition.anchor else { return nil }
        let column = definition.column(named: anchor)
        let keyType = definition.key.first { $0.name == anchor }?.type
        guard let slot = slots.firstIndex(where: { $0.name == anchor && !$0.isState }),
            (keyType ?? column?.type) == .timestamp
        else {
            throw TablesProblem.anchorNotStored(
                anchor: anchor, table: definition.name, at: column?.location ?? definition.location)
        }
        return slot
    }

    /// The folds; where the anchor is a part of the key, every contract gives new rows one.
    func finishedFolds() throws -> [String: ContractFolds] {
        guard definition.key.contains(where: { $0.name == definition.anchor }) else { return folds }
        return folds.mapValues { fold in
            var anchored = fold
            anchored.movesAnchor = true
            return anchored
        }
    }
}

extension LogicalType {
    var isMoney: Bool { if case .money = self { true } else { false } }
}
