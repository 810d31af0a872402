extension DictionaryKeys {
    static let metric = KeyTable(
        "metric", named: "a metric", "One governed definition that a figure is counted by.",
        [
            .required("id", .text, "Immutable and never reused: M-0012."),
            .required("name", .text, "The name that queries use."),
            .required("version", .wholeNumber(1...1_000_000), "Rises when the meaning changes."),
            .optional("label", .text, "The name that people read; default the name."),
            .optional("label_zh", .text, "The Chinese name."),
            .required("description", .text, "What is counted, in words."),
            .owner("Who answers for the figure: team:finance-data."),
            .optional(
                "status", .choice(MetricDefinition.Status.allCases.map(\.rawValue)), "Default draft."),
            .optional("unit", .text, "What the answer is counted in: a currency, orders, %."),
            .optional("update_frequency", .section(updateFrequency), "How fresh the figure must be."),
            .optional("synonyms", .list(.text), "Other words for it."),
            .required(
                "type", .choice(MetricTypeName.allCases.map(\.rawValue)), "How it is built."),
            .optional("table", .text, "The table whose rows are aggregated.", types: [.simple]),
            .optional("agg", .choice(aggregations), "How the rows' values become one.", types: [.simple]),
            .optional(
                "expr", .expression,
                "Of a simple metric, what is aggregated; of a derived one, the formula over its inputs.",
                types: [.simple, .derived]),
            .optional("filter", .expression, "Rows for which this is not true are left out.", types: [.simple]),
            .optional(
                "agg_time_dimension", .text, "The timestamp column it is counted at; default the table's anchor.",
                types: [.simple]),
            .optional("percentile", .decimal, "Of agg percentile: the fraction, from 0 to 1.", types: [.simple]),
            .optional(
                "percentile_type", .choice(["discrete", "continuous"]),
                "Of agg percentile: a value that occurs, or one between neighbours; default continuous.",
                types: [.simple]),
            .optional(
                "fill_nulls_with", .decimal, "Stands in for null in the answer; money in major units.",
                types: [.simple]),
            .optional("join_to_timespine", .boolean, "Periods without rows appear in the answer.", types: [.simple]),
            .optional("numerator", .oneOf([.text, .section(input)]), "A metric.", types: [.ratio]),
            .optional("denominator", .oneOf([.text, .section(input)]), "A metric; zero gives null.", types: [.ratio]),
            .optional(
                "input_metrics", .list(.oneOf([.text, .section(input)])), "The metrics that expr names.",
                types: [.derived]),
            .optional(
                "input_metric", .oneOf([.text, .section(input)]), "The metric that is taken over a longer time.",
                types: [.cumulative]),
            .optional(
                "window", .text,
                "Cumulative: the days up to and with the one shown, 7 days, 1 month; without it and grain_to_date, all time. "
                    + "Conversion: it counts less than this after its base, 24 hours; without it however late.",
                types: [.cumulative, .conversion]),
            .optional(
                "grain_to_date", .text,
                "From the start of the week, month, quarter or year, or of a calendar's period, to the day shown.",
                types: [.cumulative]),
            .optional(
                "period_agg", .choice(CumulativeMetric.PeriodAggregation.allCases.map(\.rawValue)),
                "Which day's value stands for a longer period; default first.", types: [.cumulative]),
        ] + relationKeys)

    static let aggregations = [
        "sum", "count", "count_distinct", "min", "max", "average", "median", "percentile", "sum_boolean", "count_new",
    ]

    static let updateFrequency = KeyTable(
        "update_frequency", named: "an update frequency", "How fresh the figure must be.",
        [
            .required("every", .duration, "How often it is brought up to date: 1 hour."),
            .optional("max_lag", .duration, "How old it may be; default as `every`."),
        ])

    static let input = KeyTable(
        "metric_input", named: "a metric input", "A metric as a part of another.",
        [
            .required("name", .text, "The metric."),
            .optional("alias", .text, "Its name in expr; default the metric's."),
            .optional("filter", .expression, "Narrows the input's rows, beside its own filter."),
            .optional("version", .wholeNumber(1...1_000_000), "Default the newest."),
            .optional("offset_window", .text, "It is taken so long before the period shown: 1 month, 1 fiscal_year."),
            .optional(
                "offset_to_grain", .text,
                "It is taken at the start of the week, month, quarter or year shown, or of a calendar's period."),
        ])
}
