extension DictionaryKeys {
    static let watch = KeyTable(
        "watch", named: "a watch", "What somebody wants to be told of, as soon as it is so.",
        [
            .required("name", .text, "The watch's name: unhealthy_order."),
            .owner("Who answers for it: team:order-operations."),
            .optional("description", .text, "What is wrong when it fires."),
            .required("table", .text, "The table whose rows are watched."),
            .required("when", .expression, "What is watched for, over the row's stored columns and now."),
            .optional(
                "until", .expression, "When it is over; as soon as it is not so any more when left out."),
            .optional("streak", .section(streak), "So many rows in a row, instead of each by itself."),
            .optional("every", .text, "How often it is looked: 10m; whenever rows change when left out."),
            .optional("cool_down", .text, "After an end, nothing new of the same row or group for so long: 1h."),
            .optional(
                "severity", .choice(WatchDefinition.Severity.allCases.map(\.rawValue)), "Default warning."),
            .optional("labels", .list(.text), "Columns that routes, groups and silences go by."),
            .optional("facts", .list(.text), "Columns that show that it is so."),
            .required("title", .text, "One line, columns in braces: Order {order_id} waits for review."),
            .optional("summary", .text, "A sentence or two, likewise."),
            .optional("advice", .oneOf([.text, .list(.text)]), "What to do."),
            .optional("causes", .list(.section(cause)), "Why it may be so; the first that holds is told."),
            .optional("ticket", .boolean, "Whether each finding opens a ticket to be decided; default false."),
            .optional("signal", .text, "What others act on while it fires: pause_channel."),
        ])

    static let streak = KeyTable(
        "streak", named: "a streak", "So many rows in a row.",
        [
            .required("of", .wholeNumber(2...1_000_000), "How many rows."),
            .optional("by", .text, "The column whose values have a streak each: channel."),
            .required("order", .text, "The timestamp column that they follow each other by."),
            .optional(
                "ends_after", .wholeNumber(1...1_000_000), "How many rows in a row must be over; default 1."),
        ])

    static let cause = KeyTable(
        "cause", named: "a cause", "Why it may be so.",
        [
            .required("name", .text, "What the cause is called: oversold."),
            .required("when", .expression, "True where it is the cause; over the row's stored columns and now."),
            .optional("facts", .list(.text), "Columns that show it."),
            .optional("advice", .oneOf([.text, .list(.text)]), "What to do about it."),
        ])
}
