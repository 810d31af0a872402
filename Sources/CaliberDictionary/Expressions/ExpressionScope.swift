import CaliberCore

/// The names an expression may use, and their types.
public struct ExpressionScope: Sendable {
    /// What the names belong to, for messages: `table orders`.
    public let description: String
    public let columns: [ColumnReference: LogicalType]
    /// The currency of the deployment, for examples in messages.
    public let currency: Currency
    /// What a timestamp literal means that names no offset.
    public let zone: BusinessZone
    /// Every way to write a name of the scope: `product__category` and `product.category` name one column.
    private let spellings: [String: ColumnReference]
    /// What `metric('gmv', …)` may name; nil where metrics have no place.
    public var metrics: MetricScope?

    public init(
        description: String, columns: [ColumnReference: LogicalType], currency: Currency, zone: BusinessZone,
        metrics: MetricScope? = nil
    ) {
        self.metrics = metrics
        self.description = description
        self.columns = columns
        self.currency = currency
        self.zone = zone
        var spellings: [String: ColumnReference] = [:]
        for reference in columns.keys where !reference.path.isEmpty {
            spellings[(reference.path + [reference.name]).joined(separator: ".")] = reference
        }
        for reference in columns.keys where !reference.path.isEmpty { spellings[reference.qualifiedName] = reference }
        // A row's own column comes last, so that its name is never taken by a joined one.
        for reference in columns.keys where reference.path.isEmpty { spellings[reference.name] = reference }
        self.spellings = spellings
    }

    /// Every name as it is usually written, sorted.
    public var names: [String] { columns.keys.map(\.qualifiedName).sorted() }

    /// The column that a spelling names.
    public func column(named spelling: String) -> (reference: ColumnReference, type: LogicalType)? {
        guard let reference = spellings[spelling], let type = columns[reference] else { return nil }
        return (reference, type)
    }

    /// The names someone may have meant by one that is not in scope, in the spelling style they used.
    func nearestNames(to name: String) -> [String] {
        let usual = NameSuggestion.nearest(to: name, among: names)
        return usual.isEmpty ? NameSuggestion.nearest(to: name, among: spellings.keys) : usual
    }
}
