extension DictionaryKeys {
    static let savedQuery = KeyTable(
        "saved_query", named: "a saved query", "A query under a name: a report.",
        [
            .required("name", .text, "The name that it is asked for by."),
            .optional("label", .text, "The name that people read; default the name."),
            .optional("description", .text, "What it is for."),
            .owner("Who answers for the report: team:finance-data."),
            .required("metrics", .list(.text), "Metric names, with @version for an earlier one."),
            .optional("group_by", .list(.text), "Dimensions and time grains: metric_time__day."),
            .optional("where", .oneOf([.expression, .list(.expression)]), "Conditions that rows must meet."),
            .optional("order", .list(.text), "Output names; a minus sign before one sorts downwards."),
            .optional("limit", .wholeNumber(1...1_000_000_000), "The most rows."),
            .optional("start_time", .text, "The first moment or day, inclusive."),
            .optional("end_time", .text, "The last moment or day, inclusive."),
            .optional("last", .calendarSpan, "So long, up to and with today: 30 days."),
            .optional(
                "to_date", .text,
                "From the start of this week, month, quarter or year, or of a fiscal one, up to and with today."),
            .optional("time_zone", .text, "The zone that its days are days of; default the dictionary's."),
            .optional("compare", .text, "An earlier time: prior_period, prior_year, 7 days."),
            .optional("fill_missing", .boolean, "Periods without rows appear."),
        ])
}
