import CaliberCore

/// What is wrong with how metrics are related: as base and conversion.
package enum RelationProblem: Hashable, Sendable {
    case notACount(metric: String, allowed: [String], at: SourceLocation)
    case inputWithoutTime(metric: String, table: String, at: SourceLocation)
    case typesDiffer(base: String, baseType: String, conversion: String, conversionType: String, at: SourceLocation)
    case emptyWindow(at: SourceLocation)
    case countedDistinct(metric: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .notACount(let metric, let allowed, let location):
            Diagnostic(
                "conversion-not-counted",
                "Metric \(quoted(metric)) can't be \(allowed.count > 1 ? "a base" : "a conversion"): it is no simple "
                    + "metric of agg \(allowed.joined(separator: " or ")).", at: location,
                remedy: "Name a metric that counts rows; its filter says which.")
        case .inputWithoutTime(let metric, let table, let location):
            Diagnostic(
                "metric-without-time",
                "Metric \(quoted(metric)) has no time: table \(quoted(table)) has no anchor, so nothing comes before "
                    + "or after its rows.", at: location,
                remedy: "Give the metric an `agg_time_dimension`.")
        case .typesDiffer(let base, let baseType, let conversion, let conversionType, let location):
            Diagnostic(
                "conversion-types-differ",
                "\(base) is \(baseType) but \(conversion) is \(conversionType), so they are never equal.",
                at: location, remedy: "Name columns of one type.")
        case .emptyWindow(let location):
            Diagnostic(
                "empty-window", "A window of no length holds no conversion.", at: location,
                remedy: "Write a length of time, `7 days`, or leave `window` out: however late.")
        case .countedDistinct(let metric, let location):
            Diagnostic(
                "conversion-not-counted",
                "Every conversion can't count (count_once: none) where the base is a distinct count: "
                    + "\(quoted(metric)).", at: location,
                remedy: "Leave `count_once` out, or take a base of agg count.")
        }
    }
}
