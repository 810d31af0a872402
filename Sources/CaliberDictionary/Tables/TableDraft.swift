import CaliberCore

/// A table on its way from YAML to a definition: what is known of it grows with each step.
struct TableDraft {
    let name: String
    let value: YAMLValue
    var key: [KeyColumn] = []
    /// Key columns first, then in the order of the file.
    var columns: [ColumnDraft] = []
    var joins: [JoinDefinition] = []
    var validity: ValidityDefinition?
    var anchor: String?
    /// Columns and joins that were written down but have a fault already reported.
    var brokenNames: Set<String> = []
    private(set) var columnPositions: [String: Int] = [:]

    init(name: String, value: YAMLValue) {
        self.name = name
        self.value = value
    }

    func column(named name: String) -> ColumnDraft? { columnPositions[name].map { columns[$0] } }
    func columnIndex(named name: String) -> Int? { columnPositions[name] }
    func join(named name: String) -> JoinDefinition? { joins.first { $0.name == name } }

    mutating func append(_ column: ColumnDraft) {
        columnPositions[column.name] = columns.count
        columns.append(column)
    }

    /// Columns that were written down under `expr` and stay unresolved count as faulty.
    mutating func markBroken(_ name: String) { brokenNames.insert(name) }

    var contracts: [String] {
        var names: [String] = []
        for case .fold(let fold) in columns.map(\.content) where !names.contains(fold.contract) {
            names.append(fold.contract)
        }
        return names
    }

    /// - Precondition: every derived column was resolved or marked as broken.
    var definition: TableDefinition {
        TableDefinition(
            name: name, description: value["description"]?.text, owner: value["owner"]?.text, key: key, anchor: anchor,
            columns: columns.compactMap(\.definition), joins: joins, validity: validity, location: value.location)
    }
}

struct ColumnDraft {
    enum Content {
        case key
        case fold(FoldDefinition)
        /// The text, and the tree once it is compiled.
        case derived(YAMLValue, TypedExpression?)
    }

    let name: String
    let location: SourceLocation
    let value: YAMLValue?
    /// nil for a derived column that is not compiled yet.
    var type: LogicalType?
    var content: Content

    var isDerived: Bool {
        if case .derived = content { return true }
        return false
    }

    var definition: ColumnDefinition? {
        guard let type else { return nil }
        let content: ColumnDefinition.Content
        switch self.content {
        case .key: content = .key
        case .fold(let fold): content = .fold(fold)
        case .derived(_, let expression):
            guard let expression else { return nil }
            content = .derived(expression)
        }
        return ColumnDefinition(
            name: name, type: type, content: content, description: value?["description"]?.text, location: location)
    }
}
