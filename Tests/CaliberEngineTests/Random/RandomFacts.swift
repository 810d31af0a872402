import CaliberCore
import CaliberDictionary
import CaliberTesting

/// The events of a random world and the tables they fold into.
struct RandomFacts {
    private struct Field {
        let name: String
        let type: LogicalType
    }

    private struct Fold {
        let column: TwinColumn
        let kind: String
        let field: String?
        let condition: Twin?
    }

    private typealias Cell = (json: String, value: DuckDBOracle.Value)

    let lines: [String]
    private let number: UInt64
    private let fields: [Field]
    private let folds: [Fold]
    private let told: [[DuckDBOracle.Value]]
    private let things: [[DuckDBOracle.Value]]
    private let makers: [[DuckDBOracle.Value]]

    private static let thingColumns: [TwinColumn] = [
        TwinColumn(name: "thing.color", type: .category), TwinColumn(name: "thing.weight", type: .integer),
        TwinColumn(name: "thing.is_big", type: .boolean), TwinColumn(name: "thing.price", type: .money(.cny)),
        TwinColumn(name: "thing.maker.country", type: .category),
        TwinColumn(name: "thing.maker.founded", type: .date),
    ]

    /// Stored columns of a row and of what it joins.
    var columns: [TwinColumn] {
        [TwinColumn(name: "fact_id", type: .identifier)] + folds.map(\.column) + RandomFacts.thingColumns
    }

    let joinedColumns = """
        t.color AS thing__color, t.weight AS thing__weight, t.is_big AS thing__is_big, t.price AS thing__price,
        m.country AS thing__maker__country, m.founded AS thing__maker__founded
        """

    init(number: UInt64, generator: inout SeededGenerator) {
        self.number = number
        let counts: [(LogicalType, ClosedRange<Int>)] = [
            (.boolean, 1...2), (.integer, 1...3), (.number, 1...2), (.money(.cny), 1...2), (.timestamp, 2...2),
            (.date, 1...1), (.duration, 1...2), (.category, 1...2), (.identifier, 1...1), (.text, 1...1),
            (.set, 1...1),
        ]
        var fields: [Field] = []
        for (type, range) in counts {
            for position in 1...Int.random(in: range, using: &generator) {
                fields.append(Field(name: "\(RandomFacts.word(type))_\(position)", type: type))
            }
        }
        self.fields = fields
        folds = RandomFacts.folds(of: fields, clock: "clock_\(number)", &generator)
        var lines: [String] = []
        var told: [[DuckDBOracle.Value]] = []
        var time: Int64 = 1_767_225_600_000_000
        for row in 0..<Int.random(in: 0...160, using: &generator) {
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                // No two events have one time: what comes first is then clear without the key of events.
                time += Int64.random(in: 1...5_000_000, using: &generator)
                let cells = fields.map { RandomFacts.cell($0.type, &generator) }
                let data = zip(fields, cells).compactMap { field, cell in cell.map { "\"\(field.name)\":\($0.json)" } }
                lines.append(
                    RandomFacts.line(
                        "fact.told", id: "e\(lines.count)", time, ["\"fact_id\":\"f\(row)\""] + data))
                told.append([.text("f\(row)"), .integer(time)] + cells.map { $0?.value ?? .null })
            }
        }
        var things: [[DuckDBOracle.Value]] = []
        for thing in 0..<5 {
            let cells = [LogicalType.category, .integer, .boolean, .money(.cny)].map {
                RandomFacts.cell($0, &generator)
            }
            let maker = "m\(Int.random(in: 0..<4, using: &generator))"
            let data = zip(["color", "weight", "is_big", "price"], cells).compactMap { name, cell in
                cell.map { "\"\(name)\":\($0.json)" }
            }
            lines.append(
                RandomFacts.line(
                    "thing.told", id: "t\(thing)", time,
                    ["\"thing_id\":\"k\(thing)\"", "\"made_by\":\"\(maker)\""] + data))
            things.append([.text("k\(thing)")] + cells.map { $0?.value ?? .null } + [.text(maker)])
        }
        var makers: [[DuckDBOracle.Value]] = []
        for maker in 0..<3 {
            let cells = [LogicalType.category, .date].map { RandomFacts.cell($0, &generator) }
            let data = zip(["country", "founded"], cells).compactMap { name, cell in
                cell.map { "\"\(name)\":\($0.json)" }
            }
            lines.append(RandomFacts.line("maker.told", id: "m\(maker)", time, ["\"maker_id\":\"m\(maker)\""] + data))
            makers.append([.text("m\(maker)")] + cells.map { $0?.value ?? .null })
        }
        self.lines = lines.shuffled(using: &generator)
        self.told = told
        self.things = things
        self.makers = makers
    }

    private static func word(_ type: LogicalType) -> String { String(type.name.prefix { $0 != "(" }) }

    private static func line(_ type: String, id: String, _ time: Int64, _ data: [String]) -> String {
        "{\"specversion\":\"1.0\",\"source\":\"random\",\"type\":\"\(type)\",\"id\":\"\(id)\","
            + "\"time\":\"\(Timestamp(microseconds: time))\",\"data\":{\(data.joined(separator: ","))}}"
    }

    /// A value in an event and in DuckDB; nil for an absent one.
    private static func cell(_ type: LogicalType, _ generator: inout SeededGenerator) -> Cell? {
        guard Int.random(in: 0..<5, using: &generator) > 0 else { return nil }
        func word(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "a" }
        switch type {
        case .boolean:
            let value = Bool.random(using: &generator)
            return ("\(value)", .boolean(value))
        case .integer:
            let value = Int64.random(in: -9...30, using: &generator)
            return ("\(value)", .integer(value))
        case .number, .moneyRate:
            // Eighths, so that sums are exact in any order.
            let value = Double(Int.random(in: -80...160, using: &generator)) / 8
            return ("\(value)", .number(value))
        case .money:
            let minor = Int64.random(in: -500...5000, using: &generator)
            return ("\"\(DecimalText.format(minor, scale: 2))\"", .integer(minor))
        case .timestamp:
            let moment = RandomWorld.moment(&generator)
            return ("\"\(Timestamp(microseconds: moment))\"", .integer(moment))
        case .date:
            let day = CivilDate(dayNumber: RandomWorld.day(&generator)).description
            return ("\"\(day)\"", .text(day))
        case .duration:
            let seconds = Int64.random(in: -5000...500_000, using: &generator)
            return ("\(seconds)", .integer(seconds * 1_000_000))
        case .identifier:
            let value = "k\(Int.random(in: 0..<7, using: &generator))"
            return ("\"\(value)\"", .text(value))
        case .category, .text:
            let value = word(TwinExpressions.words)
            return ("\"\(value)\"", .text(value))
        case .set:
            let members = (0..<Int.random(in: 1...3, using: &generator)).map { _ in word(TwinExpressions.words) }
            let sorted = Set(members).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            return ("[\(members.map { "\"\($0)\"" }.joined(separator: ","))]", .list(sorted.map { .text($0) }))
        }
    }

    private static func folds(of fields: [Field], clock: String, _ generator: inout SeededGenerator) -> [Fold] {
        var twins = TwinExpressions(
            generator: SeededGenerator(seed: generator.next()),
            columns: fields.map { TwinColumn(name: $0.name, type: $0.type) }, clock: clock)
        var folds: [Fold] = []
        for field in fields {
            let kinds: [String]
            switch field.type {
            case .boolean: kinds = ["first", "last", "any"]
            case .integer, .money, .duration: kinds = ["first", "last", "sum", "min", "max"]
            case .number, .timestamp, .date: kinds = ["first", "last", "min", "max"]
            case .set: kinds = ["first", "last", "set"]
            default: kinds = ["first", "last"]
            }
            folds.append(
                Fold(
                    column: TwinColumn(name: field.name, type: field.type), kind: twins.pick(kinds),
                    field: field.name, condition: twins.chance(25) ? twins.condition(1) : nil))
        }
        folds.append(
            Fold(
                column: TwinColumn(name: "times_told", type: .integer), kind: "count", field: nil,
                condition: twins.chance(50) ? twins.condition(1) : nil))
        folds.append(
            Fold(
                column: TwinColumn(name: "categories", type: .set), kind: "set", field: "category_1", condition: nil))
        return folds
    }

    /// In single quotation marks.
    static func yaml(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    func dictionaryText(derived: [String], anchor: String) -> String {
        let declared = fields.map { "      \($0.name): {type: \(RandomFacts.word($0.type))}" }
        let columns = folds.map { fold in
            let condition = fold.condition.map { ", when: \(RandomFacts.yaml($0.text))" } ?? ""
            let field = fold.field.map { ".\($0)" } ?? ""
            return "      \(fold.column.name): {type: \(RandomFacts.word(fold.column.type)), "
                + "from: fact.told\(field), fold: \(fold.kind)\(condition)}"
        }
        return """
            contracts:
              - name: fact.told
                version: 1
                owner: team:random
                fields:
                  fact_id: {type: identifier, required: true}
            \(declared.joined(separator: "\n"))
              - name: thing.told
                version: 1
                owner: team:random
                fields:
                  {thing_id: {type: identifier, required: true}, color: {type: category}, weight: {type: integer},
                   is_big: {type: boolean}, price: {type: money}, made_by: {type: identifier}}
              - name: maker.told
                version: 1
                owner: team:random
                fields:
                  {maker_id: {type: identifier, required: true}, country: {type: category}, founded: {type: date}}
            tables:
              - name: facts
                owner: team:random
                key: fact_id
                anchor: \(anchor)
                joins:
                  - {name: thing, table: things, on: identifier_1}
                columns:
            \((columns + derived).joined(separator: "\n"))
              - name: things
                owner: team:random
                key: thing_id
                columns:
                  color: {type: category, from: thing.told.color, fold: last}
                  weight: {type: integer, from: thing.told.weight, fold: last}
                  is_big: {type: boolean, from: thing.told.is_big, fold: last}
                  price: {type: money, from: thing.told.price, fold: last}
                  made_by: {type: identifier, from: thing.told.made_by, fold: last}
                joins:
                  - {name: maker, table: makers, on: made_by}
              - name: makers
                owner: team:random
                key: maker_id
                columns:
                  country: {type: category, from: maker.told.country, fold: last}
                  founded: {type: date, from: maker.told.founded, fold: last}
            """
    }

    // MARK: DuckDB

    func load(into oracle: DuckDBOracle) throws {
        try oracle.load(
            "told_\(number)",
            columns: [("fact_id", "VARCHAR"), ("told_at", "BIGINT")]
                + fields.map { ($0.name, RandomFacts.type($0.type)) }, rows: told)
        try oracle.load(
            "things_\(number)",
            columns: [
                ("thing_id", "VARCHAR"), ("color", "VARCHAR"), ("weight", "BIGINT"), ("is_big", "BOOLEAN"),
                ("price", "BIGINT"), ("made_by", "VARCHAR"),
            ], rows: things)
        try oracle.load(
            "makers_\(number)", columns: [("maker_id", "VARCHAR"), ("country", "VARCHAR"), ("founded", "DATE")],
            rows: makers)
        // A contract's conditions are on the clock of the dictionary.
        try oracle.query(
            "CREATE OR REPLACE MACRO clock_\(number)(us) AS "
                + "timezone('Asia/Shanghai', make_timestamptz(CAST(us AS BIGINT)))")
        try oracle.query(
            "CREATE TABLE facts_\(number) AS SELECT fact_id, \(folds.map(RandomFacts.sql).joined(separator: ", ")) "
                + "FROM told_\(number) GROUP BY fact_id")
    }

    private static func sql(_ fold: Fold) -> String {
        let column = fold.column.sql
        let condition = fold.condition.map { " AND (\($0.sql))" } ?? ""
        guard let field = fold.field else { return "count(*) FILTER (WHERE true\(condition)) AS \(column)" }
        let filter = "FILTER (WHERE \(field) IS NOT NULL\(condition))"
        switch fold.kind {
        case "first": return "arg_min(\(field), told_at) \(filter) AS \(column)"
        case "last": return "arg_max(\(field), told_at) \(filter) AS \(column)"
        case "sum": return "CAST(sum(\(field)) \(filter) AS BIGINT) AS \(column)"
        case "any": return "bool_or(\(field)) \(filter) AS \(column)"
        case "set" where fold.field == "category_1": return "list_distinct(list(\(field)) \(filter)) AS \(column)"
        case "set": return "list_distinct(flatten(list(\(field)) \(filter))) AS \(column)"
        default: return "\(fold.kind)(\(field)) \(filter) AS \(column)"
        }
    }

    private static func type(_ type: LogicalType) -> String {
        switch type {
        case .boolean: "BOOLEAN"
        case .integer, .money, .timestamp, .duration: "BIGINT"
        case .number, .moneyRate: "DOUBLE"
        case .date: "DATE"
        case .category, .identifier, .text: "VARCHAR"
        case .set: "VARCHAR[]"
        }
    }
}
