extension DictionaryKeys {
    static let attribution = KeyTable(
        "attribution", named: "an attribution",
        "Which touches led to which conversions, by what channel, and how their credit is weighed.",
        [
            .required("name", .text, "The attribution's name: orders."),
            .owner("Who answers for it: team:growth."),
            .optional("description", .text, "What it is for."),
            .required("touches", .section(touchRows), "The rows that are touches."),
            .required("conversions", .section(conversionRows), "The rows that they lead to."),
            .required(
                "channels", .list(.section(channelRule)), "In order: the first that holds names a touch's channel."),
            .optional("unmatched", .text, "The channel of touches that no rule takes; default Unmatched_Channel."),
            .required("lookback", .text, "How long before a conversion a touch counts: 30d."),
            .optional("step_limit", .wholeNumber(1...10_000), "At most so many touches, the latest; default all."),
            .optional(
                "path", .choice(PathRules.Transform.allCases.map(\.rawValue)),
                "What becomes of repeated channels; default exposure: those in a row are one."),
            .optional(
                "direct", .choice(PathRules.Direct.allCases.map(\.rawValue)),
                "Whether direct touches stay in a path that has others; default keep."),
            .optional(
                "repeated", .choice(PathRules.Repeated.allCases.map(\.rawValue)),
                "Whether touches before a buyer's earlier conversion count for a later one; default share."),
            .optional("position", .section(positionWeights), "Position based: the ends' part; default 40 and 40."),
            .optional("half_life", .text, "Time decay: after so long a touch has half its credit; default 7d."),
        ])

    static let touchRows = KeyTable(
        "touch_rows", named: "touches", "The rows of a table that are touches.",
        [
            .required("table", .text, "A table keyed by one identifier, by which touches of one moment are ordered."),
            .required(
                "buyer", .expression, "Whose they are: a text over stored columns; rows without one are left out."),
            .optional("at", .text, "The timestamp column that says when; default the table's anchor."),
            .optional("when", .expression, "Only rows for which this is true."),
        ])

    static let conversionRows = KeyTable(
        "conversion_rows", named: "conversions", "The rows of a table that touches lead to.",
        [
            .required("table", .text, "A table keyed by one identifier."),
            .required("buyer", .expression, "Whose they are, in the touches' words for buyers."),
            .optional("at", .text, "The timestamp column that paths end at; default the table's anchor."),
            .optional("when", .expression, "Only rows for which this is true."),
            .required("metric", .text, "What credit is shared of: a simple metric that adds up rows of the table."),
        ])

    static let channelRule = KeyTable(
        "channel_rule", named: "a channel rule", "Which touches came by a channel.",
        [
            .required("channel", .text, "The channel's name, for people; several rules may give one."),
            .required("when", .expression, "A condition over the touches' columns."),
            .optional("direct", .boolean, "Whether the buyer came by themselves; default false."),
        ])

    static let positionWeights = KeyTable(
        "position_weights", named: "position weights", "Per cent of a path's credit.",
        [
            .required("first", .wholeNumber(0...100), "For the first touch."),
            .required("last", .wholeNumber(0...100), "For the last; those between share the rest."),
        ])
}
