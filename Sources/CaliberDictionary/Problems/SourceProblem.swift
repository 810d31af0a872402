import CaliberCore

/// What is wrong with a source's mapping or with a dictionary's test.
package enum SourceProblem: Hashable, Sendable {
    case badDelimiter(text: String, at: SourceLocation)
    case badTemplate(text: String, reason: String, at: SourceLocation)
    case mappingEmpty(field: String, at: SourceLocation)
    case mappingAmbiguous(field: String, at: SourceLocation)
    case requiredFieldUnmapped(field: String, contract: String, at: SourceLocation)
    case conditionNotOneColumn(count: Int, at: SourceLocation)
    case unknownTestColumn(name: String, table: String, suggestions: [String], at: SourceLocation)
    case keyMissingInRow(column: String, table: String, at: SourceLocation)
    case badMetricReference(text: String, at: SourceLocation)
    case emptyTest(name: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .badDelimiter(let text, let location):
            Diagnostic(
                "bad-delimiter", "\(quoted(text)) can't separate values.", at: location,
                remedy: "A delimiter is one ASCII character other than a quotation mark or a line end: "
                    + "\",\", \";\", \"|\" or \"\\t\".")
        case .badTemplate(let text, let reason, let location):
            Diagnostic(
                "bad-template", "\(quoted(text)) is no template: \(reason).", at: location,
                remedy: "Braces name a column: \"{order_id}-paid\"; a brace itself is written twice.")
        case .mappingEmpty(let field, let location):
            Diagnostic(
                "mapping-empty", "The mapping of \(quoted(field)) says neither `from` nor `value`.", at: location,
                remedy: "Write `{from: column}` or `{value: constant}`.")
        case .mappingAmbiguous(let field, let location):
            Diagnostic(
                "mapping-ambiguous", "The mapping of \(quoted(field)) has `value` beside `from` or `map`.",
                at: location, remedy: "A constant has no origin; remove one of them.")
        case .requiredFieldUnmapped(let field, let contract, let location):
            Diagnostic(
                "required-field-unmapped",
                "The field \(quoted(field)) of \(quoted(contract)) is required but not mapped: every event would be "
                    + "refused.", at: location, remedy: "Add it to `data`.")
        case .conditionNotOneColumn(let count, let location):
            Diagnostic(
                "bad-condition", "`when` names \(count) columns instead of one.", at: location,
                remedy: "Write `when: column` or `when: {column: [value, value]}`.")
        case .unknownTestColumn(let name, let table, let suggestions, let location):
            Diagnostic(
                "unknown-column", "There is no column \(quoted(name)) in table \(quoted(table)).", at: location,
                suggestions: suggestions)
        case .keyMissingInRow(let column, let table, let location):
            Diagnostic(
                "test-row-key",
                "An expected row of \(quoted(table)) does not say its key \(quoted(column)), so it names no row.",
                at: location, remedy: "Add it.")
        case .badMetricReference(let text, let location):
            Diagnostic(
                "bad-metric-reference", "\(quoted(text)) names no metric.", at: location,
                remedy: "Write a metric's name, or name@version: gmv@1.")
        case .emptyTest(let name, let location):
            Diagnostic(
                "empty-test", "Test \(quoted(name)) expects nothing.", at: location,
                remedy: "Add rows, queries or quarantined.")
        }
    }
}
