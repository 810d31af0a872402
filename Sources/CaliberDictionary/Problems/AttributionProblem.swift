import CaliberCore

/// What is wrong with an attribution, apart from names and expressions.
package enum AttributionProblem: Error, Hashable, Sendable {
    case keyNotText(table: String, at: SourceLocation)
    case badDuration(text: String, key: String, at: SourceLocation)
    case buyerNotText(type: String, at: SourceLocation)
    case timeMissing(table: String, at: SourceLocation)
    case derivedTime(column: String, at: SourceLocation)
    case badChannel(name: String, at: SourceLocation)
    case reservedChannel(name: String, at: SourceLocation)
    case tooManyChannels(count: Int, limit: Int, at: SourceLocation)
    case weightsAboveWhole(first: Int64, last: Int64, at: SourceLocation)
    case metricNotShared(metric: String, reason: String, at: SourceLocation?)

    package var diagnostic: Diagnostic {
        switch self {
        case .keyNotText(let table, let location):
            Diagnostic(
                "attribution-key", "Rows of table \(quoted(table)) can't be ordered: its key is not one text.",
                at: location, remedy: "Attributions are over tables keyed by one identifier.")
        case .badDuration(let text, let key, let location):
            Diagnostic(
                "bad-duration", "\(quoted(text)) is no length of time for \(quoted(key)).", at: location,
                remedy: "Write a whole number and m, h or d: 12h, 30d.")
        case .buyerNotText(let type, let location):
            Diagnostic(
                "buyer-not-text", "A buyer is named by a category, an identifier or a text; this is \(type).",
                at: location)
        case .timeMissing(let table, let location):
            Diagnostic(
                "attribution-time", "Table \(quoted(table)) has no anchor, so it must be said when its rows were.",
                at: location, remedy: "Name a timestamp column: `at: touched_at`.")
        case .derivedTime(let column, let location):
            Diagnostic(
                "derived-column", "Rows can't be dated by \(quoted(column)), a derived column.", at: location,
                remedy: "Name the stored timestamp that it is made of.")
        case .badChannel(let name, let location):
            Diagnostic(
                "bad-channel", "\(quoted(name)) is no name for a channel.", at: location,
                remedy: "Write up to 60 characters on one line, without > and without spaces at the ends.")
        case .reservedChannel(let name, let location):
            Diagnostic(
                "reserved-channel", "\(quoted(name)) stands for conversions without any touch.", at: location,
                remedy: "Give the channel another name.")
        case .tooManyChannels(let count, let limit, let location):
            Diagnostic(
                "too-many-channels", "There are \(count) channels; there may be \(limit).", at: location,
                remedy: "Put some of them under one name.")
        case .weightsAboveWhole(let first, let last, let location):
            Diagnostic(
                "weights-above-whole", "The ends of a path get \(first) and \(last) per cent, more than there is.",
                at: location, remedy: "Together they may be 100.")
        case .metricNotShared(let metric, let reason, let location):
            Diagnostic(
                "metric-not-shared", "Channels can't share \(quoted(metric)): \(reason).", at: location,
                remedy: "Take a simple metric that counts rows of the conversions' table or adds up amounts of them.")
        }
    }
}
