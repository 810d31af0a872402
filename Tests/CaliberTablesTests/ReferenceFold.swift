import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// A condition with its meaning told twice: as the engine reads it, and as a closure.
struct TestCondition {
    let expression: TypedExpression
    let holds: (TestEvent) -> Bool
}

/// Tables folded the slow and obvious way: all events of a row in a list, each column read off the list.
struct ReferenceFold {
    let table: TableDefinition
    let conditions: [TestCondition]

    /// Rows as text, sorted; a cell is `name=value`, null is `-`.
    func rows(_ events: [TestEvent]) -> [String] {
        var rows: [String: [TestEvent]] = [:]
        for event in events where table.contracts.contains(event.contract.name) {
            let parts = table.key.map { key in event[key.field(in: event.contract.name)].map(ReferenceFold.text) }
            guard !parts.contains(nil) else { continue }
            let key = zip(table.key, parts).map { "\($0.name)=\($1 ?? "-")" }.joined(separator: " ")
            rows[key, default: []].append(event)
        }
        return rows.map { key, events in
            ([key] + folds.map { "\($0.0)=\(cell($0.1, events))" }).joined(separator: " ")
        }.sorted()
    }

    private var folds: [(String, FoldDefinition)] {
        table.columns.compactMap { column in
            if case .fold(let fold) = column.content { (column.name, fold) } else { nil }
        }
    }

    private func cell(_ fold: FoldDefinition, _ events: [TestEvent]) -> String {
        let taken = events.filter { event in
            event.contract.name == fold.contract
                && (fold.condition.map { wanted in
                    conditions.first { $0.expression == wanted }?.holds(event) ?? false
                } ?? true)
        }
        let valued = taken.compactMap { event in value(fold.field, event).map { (event, $0) } }
        switch fold.kind {
        case .count: return String(fold.field == nil ? taken.count : valued.count)
        case .sum:
            guard !valued.isEmpty else { return "-" }
            return Int64(exactly: valued.reduce(Int128(0)) { $0 + Int128(ReferenceFold.integer($1.1)) })
                .map(String.init) ?? "-"
        case .any: return valued.isEmpty ? "-" : String(valued.contains { $0.1 == .boolean(true) })
        case .min: return valued.map(\.1).min(by: ReferenceFold.precedes).map(ReferenceFold.text) ?? "-"
        case .max: return valued.map(\.1).max(by: ReferenceFold.precedes).map(ReferenceFold.text) ?? "-"
        case .first: return valued.min(by: isEarlier).map { ReferenceFold.text($0.1) } ?? "-"
        case .last: return valued.max(by: isEarlier).map { ReferenceFold.text($0.1) } ?? "-"
        case .set:
            guard !valued.isEmpty else { return "-" }
            let members = Set(valued.flatMap { ReferenceFold.text($0.1).split(separator: "\u{1F}").map(String.init) })
            return members.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
                .joined(separator: "\u{1F}")
        }
    }

    private func value(_ field: FoldDefinition.Field?, _ event: TestEvent) -> TestEvent.Value? {
        switch field {
        case nil: nil
        case .data(let index): event.values[index]
        case .eventTime: event.time.map { .integer($0) }
        case .eventID: .text(event.id)
        }
    }

    private func isEarlier(
        _ left: (TestEvent, TestEvent.Value), _ right: (TestEvent, TestEvent.Value)
    ) -> Bool {
        let (first, second) = (left.0.time ?? .min, right.0.time ?? .min)
        if first != second { return first < second }
        if left.0.tie != right.0.tie { return left.0.tie < right.0.tie }
        return ReferenceFold.precedes(left.1, right.1)
    }

    private static func integer(_ value: TestEvent.Value) -> Int64 {
        if case .integer(let number) = value { number } else { 0 }
    }

    private static func precedes(_ left: TestEvent.Value, _ right: TestEvent.Value) -> Bool {
        switch (left, right) {
        case (.integer(let first), .integer(let second)): first < second
        case (.number(let first), .number(let second)): first < second
        case (.boolean(let first), .boolean(let second)): !first && second
        case (.text(let first), .text(let second)): Array(first.utf8).lexicographicallyPrecedes(Array(second.utf8))
        default: false
        }
    }

    static func text(_ value: TestEvent.Value) -> String {
        switch value {
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .boolean(let value): String(value)
        case .text(let value): value
        }
    }
}

/// A snapshot in the words of `ReferenceFold.rows`.
func renderedRows(_ snapshot: TableSnapshot) throws -> [String] {
    let names =
        snapshot.definition.key.map { ($0.name, $0.type) }
        + snapshot.definition.columns.compactMap { column -> (String, LogicalType)? in
            if case .fold = column.content { (column.name, column.type) } else { nil }
        }
    var rows: [String] = []
    for segment in snapshot.segments {
        var cells = [[String]](repeating: [], count: segment.rowCount)
        for (name, type) in names {
            let column = try segment.column(name)
            for (row, text) in renderedCells(column, type).enumerated() { cells[row].append("\(name)=\(text)") }
        }
        rows += cells.map { $0.joined(separator: " ") }
    }
    return rows.sorted()
}

private func renderedCells(_ column: EncodedColumn, _ type: LogicalType) -> [String] {
    let lanes = UnsafeMutablePointer<Int64>.allocate(capacity: max(column.rowCount, 1))
    let validity = UnsafeMutablePointer<UInt8>.allocate(capacity: max(column.rowCount, 1))
    defer {
        lanes.deallocate()
        validity.deallocate()
    }
    column.read(rows: 0..<column.rowCount, into: lanes, validity: validity)
    return (0..<column.rowCount).map { row in
        guard validity[row] != 0 else { return "-" }
        return switch type.storage {
        case .mask: String(lanes[row] != 0)
        case .integer: String(lanes[row])
        case .float: String(Double(bitPattern: UInt64(bitPattern: lanes[row])))
        case .code: column.pool?.string(UInt32(lanes[row])) ?? "no pool"
        }
    }
}
