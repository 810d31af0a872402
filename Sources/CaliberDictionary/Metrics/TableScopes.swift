import CaliberCore

/// Compilers for expressions over each table, and the columns behind the names.
final class TableScopes {
    let settings: DictionarySettings
    let tables: [String: TableDefinition]
    let contracts: [String: ContractDefinition]
    /// What metrics along time can go by beside the common grains.
    let calendars: [PeriodCalendar]
    /// Every table name that was written down, also of tables with faults.
    let names: [String]
    private let resolution: TableResolution
    private var compilers: [String: Scoped] = [:]
    let columnMeanings: ColumnMeanings

    private struct Scoped {
        let scope: ExpressionScope
        let brokenNames: Set<String>
        let table: Int
    }

    init(
        _ resolution: TableResolution, contracts: [ContractDefinition], calendars: [PeriodCalendar],
        settings: DictionarySettings
    ) {
        self.settings = settings
        self.calendars = calendars
        self.resolution = resolution
        names = Array(resolution.names.names)
        tables = Dictionary(resolution.tables.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.contracts = Dictionary(contracts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        columnMeanings = ColumnMeanings(settings: settings, tables: tables, contracts: self.contracts)
    }

    /// Compiles a text over a table.
    ///
    /// - Parameter metrics: what a filter may ask the values of; nil where metrics have no place.
    func compile(
        _ value: YAMLValue, over table: String, expecting: ExpectedType?, metrics: MetricScope? = nil,
        _ log: ProblemLog
    ) -> TypedExpression? {
        guard let scoped = scoped(table), let text = value.text else { return nil }
        if !scoped.brokenNames.isEmpty,
            ExpressionMentions.names(in: text).contains(where: {
                resolution.goesThroughBrokenJoin($0, from: scoped.table)
            })
        {
            return nil
        }
        var scope = scoped.scope
        scope.metrics = metrics
        return ScopedCompiler(scope: scope, brokenNames: scoped.brokenNames, log: log)
            .compile(value, expecting: expecting)
    }

    func scope(of table: String) -> ExpressionScope? { scoped(table)?.scope }

    /// Names seen from a table that have a fault already reported.
    func brokenNames(of table: String) -> Set<String> { scoped(table)?.brokenNames ?? [] }

    /// Whether a column of the table was written down with a fault already reported.
    func isBroken(_ column: String, in table: String) -> Bool {
        resolution.draft(named: table)?.brokenNames.contains(column) ?? false
    }

    private func scoped(_ table: String) -> Scoped? {
        if let known = compilers[table] { return known }
        guard let index = resolution.index(of: table) else { return nil }
        let made = Scoped(
            scope: resolution.scope(of: index), brokenNames: resolution.brokenNames(seenFrom: index), table: index)
        compilers[table] = made
        return made
    }
}
