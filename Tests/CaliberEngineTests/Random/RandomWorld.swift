import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberTesting

/// A random dictionary with random events of it, in the engine and, folded by SQL, in DuckDB.
///
/// `facts` is folded from one to three events a row, and joins `things`, which join `makers`; some keys lead nowhere.
struct RandomWorld {
    let number: UInt64
    /// What an expression over a row of `facts` can name.
    let columns: [TwinColumn]
    /// Those of them that may be an anchor.
    let momentColumns: [String]
    private(set) var metrics: [RandomMetric]
    private let dictionaryText: String
    private let facts: RandomFacts

    var clock: String { "clock_\(number)" }
    var table: String { "wide_\(number)" }

    init(number: UInt64) {
        self.number = number
        var generator = SeededGenerator(seed: number &* 7919 &+ 17)
        facts = RandomFacts(number: number, generator: &generator)
        let stored = facts.columns
        var twins = TwinExpressions(generator: generator, columns: stored, clock: "clock_\(number)")
        var derived: [(column: TwinColumn, twin: Twin)] = []
        for position in 0..<twins.number(below: 4) {
            let type = twins.pick([.boolean, .integer, TwinExpressions.money, .duration, LogicalType.number])
            let twin = type == .boolean ? twins.condition(2) : twins.value(type, 2)
            derived.append((TwinColumn(name: "derived_\(position)", type: type), twin))
        }
        columns = stored + derived.map(\.column)
        momentColumns = stored.filter { $0.type == .timestamp && !$0.name.contains(".") }.map(\.name)
        self.derived = derived
        metrics = []
        dictionaryText = facts.dictionaryText(
            derived: derived.map { column, twin in
                "      \(column.name): {type: \(column.type.name.prefix { $0 != "(" }), "
                    + "expr: \(RandomFacts.yaml(twin.text))}"
            }, anchor: momentColumns[0])
        drawMetrics(seed: twins.generator.next())
    }

    private mutating func drawMetrics(seed: UInt64) {
        var twins = TwinExpressions(generator: SeededGenerator(seed: seed), columns: columns, clock: clock)
        metrics = RandomMetric.some(&twins, moments: momentColumns)
    }

    /// Loads the dictionary. Chance may draw one meaning twice, which no dictionary allows: metrics are then drawn anew.
    mutating func load() throws(DiagnosticList) -> LoadedDictionary {
        for attempt in 1...20 as ClosedRange<UInt64> {
            do throws(DiagnosticList) { return try MetricDictionary.load(files: files()) } catch {
                let errors = error.diagnostics.filter { $0.severity == .error }
                guard errors.allSatisfy({ $0.code == "duplicate-meaning" }) else { throw error }
                drawMetrics(seed: number &+ attempt << 32)
            }
        }
        return try MetricDictionary.load(files: files())
    }

    private let derived: [(column: TwinColumn, twin: Twin)]

    /// The dictionary, as files in memory.
    func files() -> [DictionaryFile] {
        [
            DictionaryFile(path: "caliber.yaml", text: "name: random\ntime_zone: Asia/Shanghai\ncurrency: CNY\n"),
            DictionaryFile(path: "tables.yaml", text: dictionaryText),
            DictionaryFile(
                path: "metrics.yaml", text: "metrics:\n" + metrics.map(\.yaml).joined(separator: "\n") + "\n"),
        ]
    }

    var lines: [String] { facts.lines }

    /// Loads the events into DuckDB and folds and joins them there.
    func load(into oracle: DuckDBOracle) throws {
        try facts.load(into: oracle)
        try setClock("Asia/Shanghai", oracle)
        let expressions = derived.map { ", \($0.twin.sql) AS \($0.column.sql)" }.joined()
        try oracle.query(
            """
            CREATE VIEW \(table) AS SELECT *\(expressions) FROM (
            SELECT f.*, \(facts.joinedColumns)
            FROM facts_\(number) f LEFT JOIN things_\(number) t ON f.identifier_1 = t.thing_id
            LEFT JOIN makers_\(number) m ON t.made_by = m.maker_id)
            """)
    }

    func setClock(_ zone: String, _ oracle: DuckDBOracle) throws {
        try oracle.query(
            "CREATE OR REPLACE MACRO \(clock)(us) AS timezone('\(zone)', make_timestamptz(CAST(us AS BIGINT)))")
    }

    func unload(from oracle: DuckDBOracle) throws {
        try oracle.query("DROP VIEW \(table)")
        for name in ["facts", "things", "makers", "told"] { try oracle.query("DROP TABLE \(name)_\(number)") }
    }

    /// Within some weeks around a new year.
    static func moment(_ generator: inout SeededGenerator) -> Int64 {
        let hours = Int64.random(in: 0..<24 * 70, using: &generator)
        let within = Bool.random(using: &generator) ? 0 : Int64.random(in: 0..<3_600_000_000, using: &generator)
        return 1_766_000_000_000_000 / 3_600_000_000 * 3_600_000_000 + hours * 3_600_000_000 + within
    }

    static func day(_ generator: inout SeededGenerator) -> Int32 {
        20_440 + Int32.random(in: 0..<70, using: &generator)
    }
}
