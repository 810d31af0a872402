import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberQuery
import Foundation

/// What became of one of the dictionary's own tests.
public struct DictionaryTestResult: Sendable {
    public let name: String
    public let location: SourceLocation
    /// Empty when the test passed.
    public let failures: [Diagnostic]

    public var hasPassed: Bool { failures.isEmpty }
}

/// Runs the dictionary's own tests, each on an empty database of its own.
public struct DictionaryTestRun {
    private let loaded: LoadedDictionary

    /// What tests take as the moment of receipt; later than any event that they are likely to hold.
    static let receivedAt = Timestamp(CivilDate(year: 2100, month: 1, day: 1), .midnight)

    public init(_ loaded: LoadedDictionary) {
        self.loaded = loaded
    }

    public func run() throws -> [DictionaryTestResult] {
        try loaded.tests.map { test in
            DictionaryTestResult(name: test.name, location: test.location, failures: try failures(of: test))
        }
    }

    private func failures(of test: DictionaryTest) throws -> [Diagnostic] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "caliber-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let engine = try Engine.open(
            databasePath: folder.appending(path: "test.db").path, dictionary: loaded, creating: true,
            now: { DictionaryTestRun.receivedAt })
        let lines = test.events.joined(separator: "\n")
        _ = try engine.ingest([.bytes(Array(lines.utf8), origin: test.name)])
        let session = try engine.session()
        var failures = try quarantineFailures(of: test, engine)
        for expected in test.rows { failures += try rowFailures(of: test, expected, session) }
        for expected in test.queries { failures += try queryFailures(of: test, expected, session) }
        return failures
    }

    private func quarantineFailures(of test: DictionaryTest, _ engine: Engine) throws -> [Diagnostic] {
        let events = try engine.log.quarantined(QuarantineFilter(state: .open))
        let codes = events.map(\.kind.code)
        guard codes != test.quarantined else { return [] }
        let found = events.map { "\($0.kind.code) (\($0.message))" }
        return [
            Diagnostic(
                "test-quarantine",
                "\"\(test.name)\": expected \(list(test.quarantined)) in quarantine, found \(list(found)).",
                at: test.location)
        ]
    }

    private func list(_ texts: [String]) -> String { texts.isEmpty ? "nothing" : texts.joined(separator: ", ") }

    // MARK: Rows

    private func rowFailures(
        of test: DictionaryTest, _ expected: DictionaryTest.ExpectedRows, _ session: EngineSession
    ) throws -> [Diagnostic] {
        let rows = try session.rows(of: expected.table)
        let keys = loaded.dictionary.table(named: expected.table)?.key.map(\.name) ?? []
        return expected.rows.flatMap { row -> [Diagnostic] in
            let matching = rows.rows.filter { actual in
                keys.allSatisfy { key in
                    guard let value = row.value(of: key), let column = rows.index(of: key) else { return true }
                    return matches(value, actual[column], rows.columns[column].type)
                }
            }
            guard matching.count == 1, let actual = matching.first else {
                return [
                    Diagnostic(
                        "test-row-missing",
                        "\"\(test.name)\": \(matching.count) rows of \(expected.table) have the expected key.",
                        at: row.location)
                ]
            }
            return row.values.compactMap { value in
                guard let column = rows.index(of: value.column) else {
                    return Diagnostic(
                        "test-column-unknown",
                        "\"\(test.name)\": \(value.column) can't be compared: it is no column of \(expected.table), or "
                            + "is derived over a join.", at: value.location,
                        remedy: "Compare it in a query of the test.")
                }
                guard !matches(value.value, actual[column], rows.columns[column].type) else { return nil }
                return difference(
                    test, value.column, expected: value.value, actual: actual[column].text, at: value.location)
            }
        }
    }

    private func matches(
        _ expected: DictionaryTest.ExpectedValue, _ actual: TableRows.Value, _ type: LogicalType
    ) -> Bool {
        comparison.matches(expected, actual: actual.text, number: actual.number, type: type)
    }

    private var comparison: ExpectedValueComparison {
        ExpectedValueComparison(zone: loaded.dictionary.settings.timeZone)
    }

    // MARK: Queries

    private func queryFailures(
        of test: DictionaryTest, _ expected: DictionaryTest.ExpectedQuery, _ session: EngineSession
    ) throws -> [Diagnostic] {
        let query = MetricQuery(
            metrics: expected.metrics.map { MetricReference(text: $0) }, groupBy: expected.groupBy,
            filters: expected.filters, startTime: expected.startTime, endTime: expected.endTime,
            order: expected.order.map { OrderTerm(text: $0) }, limit: expected.limit,
            comparison: expected.comparison)
        let answer: QueryAnswer
        do { answer = try session.answer(query) } catch {
            return Diagnostic.describing(error).map {
                Diagnostic(
                    $0.code, "\"\(test.name)\": \($0.message)", at: expected.location, remedy: $0.remedy,
                    suggestions: $0.suggestions)
            }
        }
        guard answer.rows.count == expected.rows.count else {
            return [
                Diagnostic(
                    "test-row-count",
                    "\"\(test.name)\": expected \(expected.rows.count) rows, found \(answer.rows.count):\n"
                        + answer.render(as: .table), at: expected.location)
            ]
        }
        return zip(expected.rows, answer.rows).flatMap { expectedRow, actualRow in
            expectedRow.values.compactMap { value in
                guard let column = answer.fields.firstIndex(where: { $0.name == value.column }) else {
                    return Diagnostic(
                        "test-column-unknown", "\"\(test.name)\": the answer has no column \(value.column).",
                        at: value.location,
                        suggestions: NameSuggestion.nearest(to: value.column, among: answer.fields.map(\.name)))
                }
                let field = answer.fields[column]
                let text = answer.text(of: actualRow[column], in: field)
                let number = majorNumber(actualRow[column], field.type)
                guard !comparison.matches(value.value, actual: text, number: number, type: field.type) else {
                    return nil
                }
                return difference(test, value.column, expected: value.value, actual: text, at: value.location)
            }
        }
    }

    /// A binary float in the unit that people write it in: quotients of money in major units.
    private func majorNumber(_ value: AnswerValue, _ type: LogicalType) -> Double? {
        guard case .number(let number) = value else { return nil }
        guard case .moneyRate(let currency) = type else { return number }
        return number / pow(10, Double(currency.minorDigits))
    }

    private func difference(
        _ test: DictionaryTest, _ column: String, expected: DictionaryTest.ExpectedValue, actual: String?,
        at location: SourceLocation
    ) -> Diagnostic {
        Diagnostic(
            "test-value-differs", "\"\(test.name)\": \(column) is \(actual ?? "null"), expected \(expected.words).",
            at: location)
    }
}

extension DictionaryTest.ExpectedValue {
    fileprivate var words: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let text), .text(let text): text
        case .list(let members): members.joined(separator: ", ")
        }
    }
}
