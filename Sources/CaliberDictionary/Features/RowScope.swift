import CaliberCore

/// What expressions of a feature set may name of a row: its stored columns, and derived ones, which are written out.
struct RowScope {
    let table: TableDefinition
    let settings: DictionarySettings
    /// Columns that have a fault already reported.
    let brokenNames: Set<String>
    let log: ProblemLog

    static let now = ColumnReference(name: "now")

    func compiler(_ scope: ExpressionScope) -> ScopedCompiler {
        ScopedCompiler(
            scope: scope, brokenNames: brokenNames.union(brokenNames.map { "\(table.name).\($0)" }), log: log)
    }

    /// The row's columns under their own names, and `now`.
    var own: ExpressionScope {
        var columns = columns(path: [])
        if columns[RowScope.now] == nil { columns[RowScope.now] = .timestamp }
        return scope("table \(table.name)", columns)
    }

    /// An event's fields under their own names, and the row's columns behind the table's.
    func beside(_ contract: ContractDefinition) -> ExpressionScope {
        var columns = columns(path: [table.name])
        for field in contract.fields { columns[ColumnReference(name: field.name)] = field.type }
        return scope("contract \(contract.name) and table \(table.name)", columns)
    }

    private func columns(path: [String]) -> [ColumnReference: LogicalType] {
        var columns: [ColumnReference: LogicalType] = [:]
        for column in table.columns { columns[ColumnReference(path: path, name: column.name)] = column.type }
        return columns
    }

    private func scope(_ description: String, _ columns: [ColumnReference: LogicalType]) -> ExpressionScope {
        ExpressionScope(
            description: description, columns: columns, currency: settings.currency, zone: settings.timeZone)
    }

    /// An expression over stored columns alone; nil after a fault was reported.
    ///
    /// - Parameters:
    ///   - path: what the row's columns are named behind.
    ///   - allowsSets: whether columns that are sets may be read.
    func writtenOut(
        _ expression: TypedExpression, path: [String], use: String, allowsSets: Bool = false,
        at location: SourceLocation
    ) -> TypedExpression? {
        var problem: FeatureProblem?
        func replace(_ reference: ColumnReference, isRow: Bool) -> TypedExpression? {
            guard isRow else { return nil }
            guard reference.path.isEmpty else {
                problem = .joinedColumn(name: reference.qualifiedName, use: use, at: location)
                return nil
            }
            guard let column = table.column(named: reference.name) else { return nil }
            switch column.content {
            case .derived(let derived): return derived.replacing { replace($0, isRow: true) }
            case .fold(let fold) where !allowsSets && (fold.kind == .set || column.type == .set):
                problem = .setColumn(name: column.name, use: use, at: location)
                return nil
            case .fold, .key:
                return TypedExpression(.column(ColumnReference(path: path, name: column.name)), column.type)
            }
        }
        let written = expression.replacing { reference in
            guard reference.path == path else { return nil }
            return replace(ColumnReference(name: reference.name), isRow: true)
        }
        if let problem {
            log.report(.feature(problem))
            return nil
        }
        return written
    }
}
