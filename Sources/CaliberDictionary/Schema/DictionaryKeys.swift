/// The keys of `caliber.yaml`, of a definition file, and of contracts. Tables, metrics, sources and tests have theirs
/// in the files beside this one.
enum DictionaryKeys {
    static let settings = KeyTable(
        "settings", named: "the file caliber.yaml", "Whose dictionary it is, and what its days and amounts mean.",
        [
            .required("name", .text, "The dictionary's name."),
            .required("time_zone", .text, "Days are days of this zone: an IANA name such as Asia/Shanghai."),
            .required("currency", .text, "The currency of money that names no other: CNY."),
        ])

    static let file = KeyTable(
        "file", named: "a dictionary file", "Definitions; any file may hold any of them.",
        [
            .optional("contracts", .list(.section(contract)), "Event types and what their data must look like."),
            .optional("tables", .list(.section(table)), "Wide tables that events fold into."),
            .optional("metrics", .list(.section(metric)), "Governed figures."),
            .optional("calendars", .list(.section(calendar)), "Fiscal years and promotion seasons."),
            .optional("saved_queries", .list(.section(savedQuery)), "Queries under a name: reports."),
            .optional("feature_sets", .list(.section(featureSet)), "What is known of a row when it is scored."),
            .optional("labels", .list(.section(label)), "What models learn to foresee."),
            .optional("watches", .list(.section(watch)), "What somebody wants to be told of."),
            .optional("identities", .list(.section(identity)), "Which accounts belong to one person."),
            .optional("attributions", .list(.section(attribution)), "How channels share the credit for conversions."),
            .optional("sources", .list(.section(source)), "How rows of foreign CSV exports become events."),
            .optional("tests", .list(.section(test)), "Events, and the rows and figures expected of them."),
        ])

    static let contract = KeyTable(
        "contract", named: "a contract", "One event type: what its data must look like to be accepted.",
        [
            .required("name", .text, "The CloudEvents type: payment.callback."),
            .optional("version", .wholeNumber(1...1_000_000), "Rises when the contract changes; default 1."),
            .owner("Who answers for the events: team:payments."),
            .optional("description", .text, "What the event says happened."),
            .optional(
                "undeclared_fields", .choice(ContractDefinition.UndeclaredFields.allCases.map(\.rawValue)),
                "What becomes of fields that are not declared here; default reject."),
            .required("fields", .named(.section(field), keys: "field"), "The fields of data, by name."),
            .optional("checks", .list(.section(check)), "Conditions over the fields that must not be false."),
        ])

    static let field = KeyTable(
        "field", named: "a field", "One field of an event's data; a dot in the name steps into an object.",
        [
            .required("type", .choice(TypeName.all), "What the field means."),
            .optional("required", .boolean, "An event without it is refused; default false."),
            .optional("currency", .text, "Of money: its currency; default the dictionary's."),
            .optional("currency_field", .text, "Of money: the field that must name the same currency."),
            .optional("time_zone", .text, "Of a timestamp: what a text without an offset means."),
            .optional("pattern", .text, "Of texts: a regular expression that the whole text must match."),
            .optional("allowed", .list(.text), "Of texts and sets: the values that there may be."),
            .optional("minimum", .scalar, "Inclusive; money in major units."),
            .optional("maximum", .scalar, "Inclusive; money in major units."),
            .optional(
                "length", .oneOf([.wholeNumber(0...1_000_000), .section(length)]),
                "Of texts: the number of characters."),
            .optional("description", .text, "What the field says."),
        ])

    static let length = KeyTable(
        "length", named: "a length", "Inclusive bounds of a text's length in characters.",
        [
            .optional("min", .wholeNumber(0...1_000_000), "The least."),
            .optional("max", .wholeNumber(0...1_000_000), "The most."),
        ])

    static let check = KeyTable(
        "check", named: "a check", "A condition that an event must not break; unknown counts as kept.",
        [
            .required("name", .text, "In lower case with hyphens; it becomes the quarantine's code."),
            .required("expr", .expression, "A condition over the contract's fields."),
            .optional("hint", .text, "What to tell the sender."),
        ])
}

/// The logical types that can be written down, by name.
enum TypeName {
    static let all = [
        "boolean", "integer", "number", "money", "timestamp", "date", "duration", "category", "identifier", "text",
        "set",
    ]
}
