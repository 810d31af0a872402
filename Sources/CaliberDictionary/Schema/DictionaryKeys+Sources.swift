extension DictionaryKeys {
    static let source = KeyTable(
        "source", named: "a source", "How the rows of a foreign CSV export become events.",
        [
            .required("name", .text, "The CloudEvents source of its events."),
            .optional("description", .text, "Where the export comes from."),
            .optional("format", .section(format), "How the file is written; default comma, no other nulls."),
            .required("events", .list(.section(sourceEvent)), "The events that a row gives rise to."),
        ])

    static let format = KeyTable(
        "format", named: "a format", "How a CSV file is written.",
        [
            .optional("delimiter", .text, "One ASCII character; default a comma."),
            .optional("nulls", .list(.scalar), "Texts that mean no value; the empty text always does."),
            .optional("trim", .boolean, "Spaces around values are cut off; default false."),
        ])

    static let sourceEvent = KeyTable(
        "source_event", named: "a source's event", "One event that a row gives rise to.",
        [
            .required("contract", .text, "The event type."),
            .required("id", .text, "Identifies the event within the source; braces name columns: \"{order_id}-paid\"."),
            .optional(
                "time", .text,
                "When it happened; braces name columns. Left out, or empty for a row: the event has no time."),
            .optional("time_zone", .text, "What the time means when its text has no offset."),
            .optional(
                "when", .oneOf([.text, .named(.list(.scalar), keys: "column")]),
                "A column that must have a value, or {column: [values]}."),
            .optional(
                "data", .named(.oneOf([.section(fieldMapping), .text]), keys: "field"),
                "The event's fields; left out: every contract field that has a column of its name."),
        ])

    static let fieldMapping = KeyTable(
        "field_mapping", named: "a field mapping", "Where a field's value comes from.",
        [
            .optional("from", .text, "A column's name, or a template with braces."),
            .optional(
                "map", .named(.scalar, keys: "foreign value"), "Foreign values to ours; others pass as they are."),
            .optional("value", .scalar, "A constant."),
        ])

    static let test = KeyTable(
        "test", named: "a test", "Events, and what must come of them.",
        [
            .required("name", .text, "The promise that it tests."),
            .required("events", .list(.section(testEvent)), "What arrives, in this order."),
            .optional(
                "rows", .named(.list(.named(.anything, keys: "column")), keys: "table"),
                "Expected rows by table; columns that are left out are not compared."),
            .optional("queries", .list(.section(testQuery)), "Queries and their expected answers."),
            .optional("quarantined", .list(.text), "Codes of the refused events, in order."),
        ])

    static let testEvent = KeyTable(
        "test_event", named: "a test's event", "A CloudEvents event.",
        [
            .required("type", .text, "The contract."),
            .required("id", .text, "Unique within the source."),
            .optional("time", .text, "When it happened; left out, the event has no time."),
            .optional("source", .text, "Default test."),
            .optional("data", .named(.anything, keys: "field"), "The event's fields."),
        ])

    static let testQuery = KeyTable(
        "test_query", named: "a test's query", "A metric query and its expected answer.",
        [
            .required("metrics", .list(.text), "Metric names, with @version for an earlier one."),
            .optional("group_by", .list(.text), "Dimensions and time grains: metric_time__day."),
            .optional("where", .oneOf([.expression, .list(.expression)]), "Conditions that rows must meet."),
            .optional("order", .list(.text), "Output names; a minus sign before one sorts downwards."),
            .optional("limit", .wholeNumber(0...1_000_000_000), "The most rows."),
            .optional("start_time", .text, "The first moment or day, inclusive."),
            .optional("end_time", .text, "The last moment or day, inclusive."),
            .optional("compare", .text, "An earlier time: prior_period, prior_year, 7 days."),
            .required("rows", .list(.named(.scalar, keys: "column")), "The answer's rows, in order."),
        ])
}
