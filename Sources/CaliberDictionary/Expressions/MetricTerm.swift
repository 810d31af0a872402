/// A metric's value for what columns of a row name, in a filter: `metric('orders_paid', buyer_id) > 2`.
///
/// It is the metric as if it were asked for by those columns alone: over all time, under its own filters.
public struct MetricTerm: Hashable, Sendable {
    public let metric: String
    /// nil: the newest.
    public let version: Int?
    /// Columns of the row; the metric has dimensions of their names.
    public let by: [ColumnReference]

    public init(metric: String, version: Int?, by: [ColumnReference]) {
        self.metric = metric
        self.version = version
        self.by = by
    }

    /// `gmv` or `gmv@2`.
    public var versionedName: String { version.map { "\(metric)@\($0)" } ?? metric }

    /// As it is written.
    public var text: String {
        let parts = ["'\(versionedName)'"] + by.map(\.qualifiedName)
        return "metric(\(parts.joined(separator: ", ")))"
    }

    /// Reads `gmv` or `gmv@2`.
    public static func reference(_ text: String) -> (name: String, version: Int?) {
        guard let at = text.lastIndex(of: "@"), let version = Int(text[text.index(after: at)...]), version > 0 else {
            return (text, nil)
        }
        return (String(text[..<at]), version)
    }

    /// The metrics that an expression's text mentions, without parsing it: what to resolve before it can be compiled.
    public static func mentions(in text: String) -> [String] {
        guard text.contains("metric") else { return [] }
        var mentions: [String] = []
        for match in text.matches(of: /metric\s*\(\s*'([^']*)'/.ignoresCase()) {
            let name = String(match.1)
            if !mentions.contains(name) { mentions.append(name) }
        }
        return mentions
    }
}

/// The metrics that an expression may ask the values of.
public struct MetricScope: Sendable {
    public enum Known: Sendable {
        /// The type of its values, and its dimensions: columns that all of its tables have.
        case found(LogicalType, dimensions: [String: LogicalType])
        /// It has a fault that is told elsewhere.
        case faulty
    }

    /// By what is written: `gmv`, `gmv@2`.
    public let metrics: [String: Known]
    /// For suggestions.
    public let names: [String]

    public init(metrics: [String: Known], names: [String]) {
        self.metrics = metrics
        self.names = names
    }

    /// The columns that all of some tables have, with their types, where these are alike.
    public static func dimensions(of tables: [[ColumnReference: LogicalType]]) -> [String: LogicalType] {
        let named = tables.map { columns in
            Dictionary(columns.map { ($0.key.qualifiedName, $0.value) }, uniquingKeysWith: { first, _ in first })
        }
        guard var common = named.first else { return [:] }
        for other in named.dropFirst() {
            common = common.filter { name, type in
                other[name].map { $0 == type || $0.isString && type.isString } ?? false
            }
        }
        return common
    }
}
