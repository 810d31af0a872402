extension DictionaryKeys {
    static let identity = KeyTable(
        "identity", named: "an identity", "Which accounts belong to one person.",
        [
            .required("name", .text, "The identity's name: buyers."),
            .owner("Who answers for it: team:customers."),
            .optional("description", .text, "Who the people are."),
            .optional(
                "bridge", .decimal,
                "What weak evidence must weigh to join two groups that each have strong evidence; default 1."),
            .optional(
                "attach", .decimal, "What weak evidence must weigh to join anybody to anybody; default 0.3."),
            .optional("blocked", .section(blocked), "Values that are nobody's, of every identifier."),
            .required("identifiers", .named(.section(identifier), keys: "identifier"), "What people are known by."),
        ])

    static let identifier = KeyTable(
        "identifier", named: "an identifier", "A kind of thing that people are known by.",
        [
            .optional(
                "role", .choice(IdentityDefinition.Role.allCases.map(\.rawValue)),
                "account: what orders belong to; value: what accounts share; link: what ties events; default value."),
            .required(
                "strength", .choice(IdentityDefinition.Strength.allCases.map(\.rawValue)),
                "Whether it joins people by itself."),
            .optional(
                "priority", .wholeNumber(1...1_000),
                "Where evidence contradicts itself, the highest number falls first; default its place in the file."),
            .optional("weight", .decimal, "Of a weak one: its part of `bridge`; default 0.5."),
            .optional("half_life", .text, "Of a weak one: the weight halves with each such time: 90d."),
            .optional(
                "values", .oneOf([.text, .section(valueLimit)]),
                "How many values one person may have, 1 for accounts and 5 for others by default; or unlimited."),
            .optional(
                "shared_by", .oneOf([.text, .section(shareLimit)]),
                "How many accounts may share a value: default 20, weak ones 10, links 1; or unlimited."),
            .optional("blocked", .section(blocked), "Values that are nobody's, of this identifier."),
            .required("from", .list(.section(carrier)), "The fields or columns that carry it."),
        ])

    static let valueLimit = KeyTable(
        "value_limit", named: "a limit of values", "At most so many values within any such time.",
        [
            .required("most", .text, "How many values, or unlimited."),
            .optional("per", .text, "ever, week, year or 30d, by when a value was first seen; default ever."),
        ])

    static let shareLimit = KeyTable(
        "share_limit", named: "a limit of accounts", "At most so many accounts within any such time.",
        [
            .required("accounts", .text, "How many accounts, or unlimited."),
            .optional("per", .text, "ever, week, year or 30d; default ever."),
        ])

    static let blocked = KeyTable(
        "blocked", named: "blocked values", "Values that are nobody's.",
        [
            .optional("values", .list(.scalar), "Whole values: 13800000000."),
            .optional("patterns", .list(.text), "Regular expressions: '^test'."),
        ])

    static let carrier = KeyTable(
        "carrier", named: "a carrier", "Where an identifier's values come from.",
        [
            .optional("event", .text, "A contract: order.created."),
            .optional("field", .text, "The contract's field."),
            .optional("table", .text, "Instead of an event: a table."),
            .optional("column", .text, "The table's stored column."),
            .optional("within", .text, "The field or column that says what values are unique in: channel."),
        ])
}
