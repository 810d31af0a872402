extension DictionaryKeys {
    static let featureSet = KeyTable(
        "feature_set", named: "a feature set",
        "What is known of a row at the moments at which it is scored: the columns of a model's input.",
        [
            .required("name", .text, "The set's name; models are trained and kept under it."),
            .owner("Who answers for it: team:risk."),
            .optional("description", .text, "What is scored, and what for."),
            .required("table", .text, "The table whose rows are scored."),
            .required("moments", .list(.section(moment)), "Events at which a row is scored."),
            .optional(
                "closed", .expression, "A row for which this is true is scored no more; over its stored columns."),
            .optional(
                "entities", .named(.text, keys: "entity"), "Whose history counts: a column of the table for each."),
            .optional("facts", .named(.section(fact), keys: "fact"), "What happens to entities."),
            .required("features", .list(.section(feature)), "The columns; one entry may stand for many."),
        ])

    static let moment = KeyTable(
        "scoring_moment", named: "a moment", "An event at which a row is scored, as soon as it has arrived.",
        [
            .required("name", .text, "What the moment is called: paid."),
            .required("event", .text, "The contract."),
            .optional(
                "when", .expression, "Only events for which this is true; over the event's fields and the row's."),
            .optional(
                "trains", .boolean, "Whether rows as of their first such moment are learned from; default false."),
        ])

    static let fact = KeyTable(
        "fact", named: "a fact", "A kind of thing that happens to entities.",
        [
            .required("event", .text, "The contract."),
            .optional("at", .text, "The timestamp field that says when it happened; default the event's time."),
            .optional(
                "when", .expression, "Only events for which this is true; over the event's fields and the row's."),
            .optional("values", .named(.expression, keys: "value"), "What is measured of it, by name."),
        ])

    static let feature = KeyTable(
        "feature", named: "a feature",
        "A column, or many: lists are gone through, and what is in braces in the name is filled in.",
        [
            .required("name", .text, "buyer_orders_7d, or with braces: {entity}_{fact}_{window}."),
            .optional("expr", .expression, "Over the row's columns as far as they are known, and now."),
            .optional(
                "each", .named(.list(.text), keys: "word"), "Words to fill in for braces of name, expr and advice."),
            .optional(
                "statistic", .oneOf([.text, .list(.text)]),
                HistoryFeature.Statistic.allCases.map(\.rawValue).joined(separator: ", ") + ": of an entity's history."),
            .optional("entity", .oneOf([.text, .list(.text)]), "Whose history."),
            .optional("fact", .oneOf([.text, .list(.text)]), "Of what."),
            .optional("value", .oneOf([.text, .list(.text)]), "Which of the fact's values."),
            .optional("per", .text, "Of a rate: the fact that is divided by."),
            .optional("window", .oneOf([.text, .list(.text)]), "10m, 1h, 24h, 7d, 30d; ever when left out."),
            .optional("baseline", .text, "Of zscore and surge: the history that the window is held against."),
            .optional("own", .expression, "Of a deviation: the row's own value, over its columns."),
            .optional("scale", .choice(FeatureDefinition.Scale.allCases.map(\.rawValue)), "Default linear."),
            .optional("description", .text, "What the value says."),
            .optional("advice", .text, "What to do when it speaks against a row."),
            .optional("advice_zh", .text, "The same in Chinese."),
            .optional("group", .text, "Features of one group are one reason."),
            .optional("actionable", .boolean, "Whether somebody can change it; default false."),
            .optional(
                "better", .choice(FeatureDefinition.Direction.allCases.map(\.rawValue)),
                "Which change somebody would make; either when left out."),
            .optional("minimum", .decimal, "The least value that there can be."),
            .optional("maximum", .decimal, "The greatest."),
        ])

    static let label = KeyTable(
        "label", named: "a label", "What a model learns to foresee.",
        [
            .required("name", .text, "The label's name: went_bad."),
            .owner("Who answers for it: team:risk."),
            .optional("description", .text, "What a row with it has in common."),
            .required("table", .text, "The table whose rows have it."),
            .required("expr", .expression, "True for rows that have it; rows for which it is unknown are left out."),
            .required("since", .text, "The timestamp column that the maturity counts from."),
            .required("matures_after", .text, "How long after it nothing is expected to change: 30d."),
            .optional("verdict", .section(verdict), "A reviewer's word, which overrides the expression."),
        ])

    static let verdict = KeyTable(
        "verdict", named: "a verdict", "The column of a reviewer's word.",
        [
            .required("column", .text, "A column of the table."),
            .required("bad", .list(.text), "Its values that mean: has the label."),
            .required("good", .list(.text), "Its values that mean: has it not."),
        ])
}
