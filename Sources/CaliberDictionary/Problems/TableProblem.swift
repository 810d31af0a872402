import CaliberCore

/// What is wrong with a table's columns, key and anchor.
package enum TableProblem: Hashable, Sendable {
    case columnWithoutContent(column: String, at: SourceLocation)
    case columnWithBoth(column: String, at: SourceLocation)
    case foldMissing(column: String, at: SourceLocation)
    case foldFieldMissing(fold: String, contract: String, at: SourceLocation)
    case countOfField(text: String, contract: String, at: SourceLocation)
    case foldTypeMismatch(fold: String, field: String, type: String, wanted: String, at: SourceLocation)
    /// A sum of binary floats depends on the order of its terms.
    case sumOfNumbers(field: String, at: SourceLocation)
    case columnTypeMismatch(column: String, declared: String, actual: String, at: SourceLocation)
    case keyFieldMissing(contract: String, column: String, field: String, suggestions: [String], at: SourceLocation)
    case keyFieldOptional(contract: String, field: String, table: String, at: SourceLocation)
    case keyTypeMismatch(contract: String, field: String, type: String, keyType: String, at: SourceLocation)
    case emptyKey(table: String, at: SourceLocation)
    case noFolds(table: String, at: SourceLocation)
    case notATimestamp(column: String, type: String, use: String, at: SourceLocation)
    case derivedNotAllowed(column: String, use: String, at: SourceLocation)
    case join(JoinProblem)

    var diagnostic: Diagnostic {
        switch self {
        case .columnWithoutContent(let column, let location):
            Diagnostic(
                "column-empty", "Column \(quoted(column)) says neither `from` nor `expr`.", at: location,
                remedy: "Fold a field (`from: contract.field, fold: last`) or derive it (`expr: …`).")
        case .columnWithBoth(let column, let location):
            Diagnostic(
                "column-ambiguous", "Column \(quoted(column)) has `expr` beside `from`, `fold` or `when`.",
                at: location, remedy: "A column is folded or derived; make two of it.")
        case .foldMissing(let column, let location):
            Diagnostic(
                "fold-missing", "Column \(quoted(column)) does not say how its field is folded.", at: location,
                remedy: "Add one of first, last, sum, count, min, max, any, set: `fold: last`.")
        case .foldFieldMissing(let fold, let contract, let location):
            Diagnostic(
                "fold-field", "\(fold.capitalizingFirst) needs a field of \(quoted(contract)).", at: location,
                remedy: "Write contract.field, contract.$time or contract.$id.")
        case .countOfField(let text, let contract, let location):
            Diagnostic(
                "fold-field", "Count counts events, not the field \(quoted(text)).", at: location,
                remedy: "Write `from: \(contract)`, with `when: … is not null` to count those that have the field.")
        case .foldTypeMismatch(let fold, let field, let type, let wanted, let location):
            Diagnostic(
                "fold-type-mismatch", "There is no \(fold) of \(quoted(field)): it is \(type).", at: location,
                remedy: "\(fold.capitalizingFirst) takes \(wanted).")
        case .sumOfNumbers(let field, let location):
            Diagnostic(
                "fold-type-mismatch",
                "There is no sum of \(quoted(field)): it is number, and a sum of binary floats depends on the order "
                    + "of arrival.", at: location,
                remedy: "Declare the field as integer or money; its sum is exact.")
        case .columnTypeMismatch(let column, let declared, let actual, let location):
            Diagnostic(
                "column-type-mismatch",
                "Column \(quoted(column)) is declared as \(declared), but what it holds is \(actual).",
                at: location, remedy: "Change the type, or leave it out.")
        case .keyFieldMissing(let contract, let column, let field, let suggestions, let location):
            Diagnostic(
                "key-field-missing",
                "Events of \(quoted(contract)) fold into this table but have no field \(quoted(field)) for the key "
                    + "column \(quoted(column)).", at: location,
                remedy: "Name the field that carries it: "
                    + "`key: {\(column): {fields: {\(contract): \(suggestions.first ?? "…")}}}`.",
                suggestions: suggestions)
        case .keyFieldOptional(let contract, let field, let table, let location):
            Diagnostic(
                "key-field-optional",
                "The key field \(quoted(field)) of \(quoted(contract)) is not required: events without it do not "
                    + "reach table \(quoted(table)).", at: location,
                remedy: "Declare it `required: true`, so that such events stand in quarantine instead.",
                severity: .warning)
        case .keyTypeMismatch(let contract, let field, let type, let keyType, let location):
            Diagnostic(
                "key-type-mismatch",
                "The key field \(quoted(field)) of \(quoted(contract)) is \(type), the key column is \(keyType).",
                at: location, remedy: "Say the column's type: `key: {\(field): {type: \(type)}}`.")
        case .emptyKey(let table, let location):
            Diagnostic("empty-list", "The key of table \(quoted(table)) names no column.", at: location)
        case .noFolds(let table, let location):
            Diagnostic(
                "no-folds", "No event folds into table \(quoted(table)), so it would have no rows.", at: location,
                remedy: "Add a column with `from` and `fold`.")
        case .notATimestamp(let column, let type, let use, let location):
            Diagnostic(
                "not-a-timestamp",
                "\(use.capitalizingFirst) must be a timestamp, but column \(quoted(column)) is \(type).",
                at: location)
        case .derivedNotAllowed(let column, let use, let location):
            Diagnostic(
                "derived-not-allowed",
                "\(use.capitalizingFirst) must be a stored column, but \(quoted(column)) is derived.", at: location,
                remedy: "Fold the value from events instead.")
        case .join(let problem): problem.diagnostic
        }
    }
}

/// What is wrong with a step from one table to another.
package enum JoinProblem: Hashable, Sendable {
    case fanOut(join: String, table: String, on: [String], key: [String], at: SourceLocation)
    case surplus(join: String, table: String, on: [String], key: [String], at: SourceLocation)
    case typeMismatch(column: String, type: String, keyColumn: String, keyType: String, at: SourceLocation)
    case validAtMissing(join: String, table: String, at: SourceLocation)
    case validAtUnused(join: String, table: String, at: SourceLocation)
    case validityOutsideKey(column: String, key: [String], at: SourceLocation)
    case validityWithoutEntity(table: String, at: SourceLocation)
    case tooDeep(column: String, hops: Int, limit: Int, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .fanOut(let join, let table, let on, let key, let location):
            Diagnostic(
                "join-fan-out",
                "Join \(quoted(join)) would find several rows of \(quoted(table)): one row there is named by "
                    + "\(listed(key)), but `on` gives only \(listed(on)).", at: location,
                remedy: "Sums over the joined rows would count this table's rows repeatedly. Name a column for "
                    + "every part of the key.")
        case .surplus(let join, let table, let on, let key, let location):
            Diagnostic(
                "join-surplus",
                "Join \(quoted(join)) gives \(on.count) columns, but a row of \(quoted(table)) is named by "
                    + "\(key.count): \(listed(key)).", at: location,
                remedy: "`on` names this table's columns in the order of the other table's key.")
        case .typeMismatch(let column, let type, let keyColumn, let keyType, let location):
            Diagnostic(
                "join-type-mismatch",
                "Column \(quoted(column)) is \(type), but the key column \(quoted(keyColumn)) it is to match is "
                    + "\(keyType).", at: location, remedy: "They would never be equal.")
        case .validAtMissing(let join, let table, let location):
            Diagnostic(
                "join-valid-at",
                "Rows of \(quoted(table)) hold for a span of time, but join \(quoted(join)) does not say at which "
                    + "moment.", at: location, remedy: "Add `valid_at` with a timestamp column of this table.")
        case .validAtUnused(let join, let table, let location):
            Diagnostic(
                "join-valid-at",
                "Join \(quoted(join)) says `valid_at`, but rows of \(quoted(table)) have no validity.", at: location,
                remedy: "Remove it, or declare `validity` there.")
        case .validityOutsideKey(let column, let key, let location):
            Diagnostic(
                "validity-outside-key",
                "The validity begins at \(quoted(column)), which is no part of the key \(listed(key)).",
                at: location, remedy: "Rows of one thing differ in when they begin: add the column to the key.")
        case .validityWithoutEntity(let table, let location):
            Diagnostic(
                "validity-without-entity",
                "The key of \(quoted(table)) is the beginning of its validity alone, so nothing says whose row it "
                    + "is.", at: location, remedy: "Add what the row is about to the key: `key: [sku, valid_from]`.")
        case .tooDeep(let column, let hops, let limit, let location):
            Diagnostic(
                "join-too-deep",
                "Column \(quoted(column)) takes \(hops) joins one after the other, the limit is \(limit).",
                at: location, remedy: "Join the farther table directly.")
        }
    }
}
