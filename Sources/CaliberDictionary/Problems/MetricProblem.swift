import CaliberCore

/// What is wrong with a metric, apart from its names and expressions.
package enum MetricProblem: Hashable, Sendable {
    case missingKey(key: String, type: String, at: SourceLocation)
    case expressionMissing(aggregation: String, at: SourceLocation)
    case percentileMissing(at: SourceLocation)
    case percentileOutOfRange(text: String, at: SourceLocation)
    case badFill(text: String, type: String, at: SourceLocation)
    case unitMismatch(unit: String, type: String, at: SourceLocation)
    case unusedInput(alias: String, at: SourceLocation)
    case unusedAlias(alias: String, at: SourceLocation)
    case duplicateAlias(alias: String, at: SourceLocation)
    case filterDiffers(tables: [String], at: SourceLocation)
    /// Two keys that each say which time an input is taken over or at.
    case twoWindows(first: String, second: String, at: SourceLocation)
    case inputWithoutTime(metric: String, use: String, at: SourceLocation)
    case windowWithinWindow(metric: String, at: SourceLocation)
    case cannotAverage(input: String, type: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .missingKey(let key, let type, let location):
            Diagnostic(
                "missing-key", "A \(type) metric needs the key \(quoted(key)).", at: location)
        case .expressionMissing(let aggregation, let location):
            Diagnostic(
                "missing-key", "\(aggregation.capitalizingFirst) needs the key \"expr\": what is aggregated.",
                at: location, remedy: "Only count does without; it counts rows then.")
        case .percentileMissing(let location):
            Diagnostic(
                "missing-key", "Agg percentile needs the key \"percentile\".", at: location,
                remedy: "Write a fraction: `percentile: 0.95`.")
        case .percentileOutOfRange(let text, let location):
            Diagnostic(
                "percentile-out-of-range", "A percentile is a fraction from 0 to 1, not \(text).", at: location,
                remedy: "Write 0.95 for the 95th.")
        case .badFill(let text, let type, let location):
            Diagnostic(
                "bad-fill", "\(quoted(text)) can't stand in for a value of type \(type).", at: location,
                remedy: "Write a whole number, or an amount in major units.")
        case .unitMismatch(let unit, let type, let location):
            Diagnostic(
                "unit-mismatch", "The unit is \(unit), but the metric's values are \(type).", at: location,
                remedy: "Correct the unit, or leave it out.")
        case .unusedInput(let alias, let location):
            Diagnostic(
                "unused-input", "The input \(quoted(alias)) does not occur in expr.", at: location,
                remedy: "Use it or remove it; lineage would name it as a part of the figure.")
        case .unusedAlias(let alias, let location):
            Diagnostic(
                "unused-alias", "The alias \(quoted(alias)) is never used: there is no expr to use it in.",
                at: location,
                remedy: "Remove it.")
        case .duplicateAlias(let alias, let location):
            Diagnostic(
                "duplicate-alias", "Two inputs go by the name \(quoted(alias)).", at: location,
                remedy: "Give one of them an `alias`.")
        case .filterDiffers(let tables, let location):
            Diagnostic(
                "filter-ambiguous",
                "The filter means different things in \(listed(tables)), which the input metric is counted on.",
                at: location, remedy: "Filter simple metrics instead, and build on those.")
        case .twoWindows, .inputWithoutTime, .windowWithinWindow, .cannotAverage: timeDiagnostic
        }
    }

    private var timeDiagnostic: Diagnostic {
        switch self {
        case .twoWindows(let first, let second, let location):
            Diagnostic(
                "two-windows", "\(quoted(first)) and \(quoted(second)) say two different times.", at: location,
                remedy: "Keep one of them.")
        case .inputWithoutTime(let metric, let use, let location):
            Diagnostic(
                "input-without-time", "Metric \(quoted(metric)) has no time, so it can't be \(use).", at: location,
                remedy: "Give it an agg_time_dimension, or its table an anchor.")
        case .windowWithinWindow(let metric, let location):
            Diagnostic(
                "window-within-window", "The input is itself taken over a window, by metric \(quoted(metric)).",
                at: location, remedy: "Take the window over what that metric is built from.")
        case .cannotAverage(let input, let type, let location):
            Diagnostic(
                "period-not-averaged",
                "The days of metric \(quoted(input)) (\(type)) can't be averaged: that takes a simple metric with "
                    + "numbers.", at: location, remedy: "Write first or last.")
        default: preconditionFailure("no problem of time: \(self)")
        }
    }
}
