extension DictionaryKeys {
    static let table = KeyTable(
        "table", named: "a table", "A wide table: one row per key, each column a fold of the events with that key.",
        [
            .required("name", .text, "The table's name."),
            .optional("description", .text, "What one row stands for."),
            .owner("Who answers for the table: team:data."),
            .required(
                "key", .oneOf([.text, .list(.text), .named(.section(keyColumn), keys: "column")]),
                "The column that names a row, a list of them, or a mapping that says their types and fields."),
            .optional("anchor", .text, "The timestamp column that metrics are counted at; none for a dimension table."),
            .required("columns", .named(.section(column), keys: "column"), "The columns, by name."),
            .optional("joins", .list(.section(join)), "Many-to-one steps to other tables."),
            .optional("validity", .section(validity), "Set when a row holds for a span of time only."),
        ])

    static let keyColumn = KeyTable(
        "key_column", named: "a key column", "One part of a table's key.",
        [
            .optional("type", .choice(KeyTypeName.all), "Default identifier."),
            .optional(
                "fields", .named(.text, keys: "contract"),
                "The event field that carries it, by contract, where it is not named like the column."),
        ])

    static let column = KeyTable(
        "column", named: "a column", "A fold of an event field, or an expression over other columns.",
        [
            .optional("type", .choice(TypeName.all), "What the column means; may be left out where the fold says it."),
            .optional("currency", .text, "Of money: its currency, where the fold does not say it."),
            .optional(
                "from", .text, "The event field: contract.field, contract.$time, contract.$id; a contract for count."),
            .optional(
                "fold", .choice(FoldDefinition.Kind.allCases.map(\.rawValue)), "How the values become one."),
            .optional("when", .expression, "Only events for which this is true are folded."),
            .optional("expr", .expression, "A derived column: over this table's columns and its joins'."),
            .optional("description", .text, "What the column says."),
        ])

    static let join = KeyTable(
        "join", named: "a join", "A step from a row to at most one row of another table.",
        [
            .required("name", .text, "The prefix of joined columns: product in product__category."),
            .required("table", .text, "The other table."),
            .required(
                "on", .oneOf([.text, .list(.text)]), "Columns of this table, in the order of the other table's key."),
            .optional("valid_at", .text, "The timestamp column that picks the row valid at that moment."),
        ])

    static let validity = KeyTable(
        "validity", named: "a validity", "From when (inclusive) until when (exclusive) a row holds.",
        [
            .required("from", .text, "A timestamp column that is a part of the key."),
            .optional("to", .text, "A timestamp column; null, or no such column, means until the next row."),
        ])
}

enum KeyTypeName {
    static let all = ["identifier", "category", "text", "integer", "date", "timestamp"]
}
