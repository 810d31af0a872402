extension DictionaryKeys {
    /// Keys of conversion metrics, and of simple ones that must not be added up along time.
    static let relationKeys: [Key] = [
        .optional(
            "non_additive_dimension", .section(nonAdditiveDimension),
            "For balances and stock levels: of each period only the rows of its last (or first) moment count.",
            types: [.simple]),
        .optional(
            "base_metric", .oneOf([.text, .section(input)]),
            "A simple metric of agg count or count_distinct: what may convert.", types: [.conversion]),
        .optional(
            "conversion_metric", .oneOf([.text, .section(input)]),
            "A simple metric of agg count: what counts as a conversion.", types: [.conversion]),
        .optional(
            "entity", .oneOf([.list(.text), .text]),
            "The column, or columns, of both tables that name what is followed: buyer_id.", types: [.conversion]),
        .optional(
            "calculation", .choice(ConversionMetric.Calculation.allCases.map(\.rawValue)),
            "The number of conversions, or their share of the base; default conversion_rate.", types: [.conversion]),
        .optional(
            "constant_properties", .list(.section(constantProperty)),
            "Columns that base and conversion must have equal as well: the same product.", types: [.conversion]),
        .optional(
            "count_once", .choice(ConversionMetric.CountOnce.allCases.map(\.rawValue)),
            "base: a base row converts at most once, the default; none: every conversion counts, and a rate may exceed 1.",
            types: [.conversion]),
    ]

    static let nonAdditiveDimension = KeyTable(
        "non_additive_dimension", named: "a non-additive dimension",
        "The time along which a metric must not be added up.",
        [
            .required("name", .text, "A timestamp column of the metric's table."),
            .optional(
                "window_choice", .choice(NonAdditiveDimension.Choice.allCases.map(\.rawValue)),
                "Whether the first (min) or the last (max) moment of a period counts; default max."),
            .optional(
                "window_groupings", .list(.text),
                "Columns for each of whose values the moment is chosen alone: account_id; default one moment for all."),
        ])

    static let constantProperty = KeyTable(
        "constant_property", named: "a constant property", "Columns that base and conversion must have equal.",
        [
            .required("base_property", .text, "A column of the base metric's table."),
            .required("conversion_property", .text, "A column of the conversion metric's table."),
        ])
}
