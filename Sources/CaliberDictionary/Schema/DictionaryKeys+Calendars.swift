extension DictionaryKeys {
    static let calendar = KeyTable(
        "calendar", named: "a calendar", "Days cut the business's own way: fiscal periods or promotion seasons.",
        [
            .required("name", .text, "Queries write it after metric_time__: fiscal_week, season."),
            .optional("version", .wholeNumber(1...1_000_000), "Rises when accepted dates change; default 1."),
            .optional("label", .text, "The name that people read; default the name."),
            .optional("label_zh", .text, "The same in Chinese."),
            .optional("description", .text, "What it is for."),
            .owner("Who answers for the dates: team:finance-data."),
            .optional("fiscal", .section(fiscalRule), "Fiscal years by a rule."),
            .optional("years", .list(.section(fiscalYear)), "Fiscal years by their dates."),
            .optional("seasons", .list(.section(season)), "Spans of days under a name, with gaps between them."),
        ])

    static let fiscalRule = KeyTable(
        "fiscal_rule", named: "a fiscal rule", "How fiscal years are cut.",
        [
            .required(
                "periods", .choice(Array(fiscalPatterns.keys).sorted()),
                "Weeks of the three periods of a quarter, a 53rd week goes to the last period; or months."),
            .required("year_ends", .section(yearEnd), "The last day of the year."),
            .optional(
                "year_name", .choice(["start", "end"]),
                "The calendar year it is named by, that it begins or ends in; default end."),
        ])

    /// Weeks of a quarter's periods; nil for months.
    static let fiscalPatterns: [String: [Int]?] = [
        "4-4-5": [4, 4, 5], "4-5-4": [4, 5, 4], "5-4-4": [5, 4, 4], "months": nil,
    ]

    static let yearEnd = KeyTable(
        "year_end", named: "a year's end", "The last day of a fiscal year.",
        [
            .required("month", .choice(FiscalRule.months), "At whose end it is."),
            .optional(
                "weekday", .choice(FiscalRule.weekdays), "Of years of weeks: the weekday that it is; weeks end with it."
            ),
            .optional(
                "choose", .choice(FiscalRule.Choice.allCases.map(\.rawValue)),
                "Of years of weeks: the weekday nearest to the month's end, or the last in the month; default nearest."),
        ])

    static let fiscalYear = KeyTable(
        "fiscal_year", named: "a fiscal year", "One year's dates.",
        [
            .required("year", .wholeNumber(1...9999), "The year's name: 2026 is shown as FY2026."),
            .required("periods", .list(.text), "The first day of each period: [2026-02-01, 2026-03-01, …]."),
            .required("ends", .text, "The last day of the year."),
        ])

    static let season = KeyTable(
        "season", named: "a season", "A promotion or the like, by year.",
        [
            .required("name", .text, "What answers show before the year: 双11."),
            .optional("label", .text, "Another name, such as one in another language."),
            .required(
                "dates", .named(.list(.text), keys: "year"),
                "By year, the first and the last day: {2025: [2025-10-20, 2025-11-11]}."),
        ])
}
