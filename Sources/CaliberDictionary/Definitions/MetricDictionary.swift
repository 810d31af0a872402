import CaliberCore

/// The dictionary: every definition of one deployment, loaded and validated as a whole.
public struct MetricDictionary: Sendable {
    public let settings: DictionarySettings
    public let contracts: [ContractDefinition]
    public let tables: [TableDefinition]
    /// The newest version of each metric.
    public let metrics: [MetricDefinition]
    /// Older versions that are still queryable by `name@version`.
    public let earlierMetrics: [MetricDefinition]
    public let sources: [SourceDefinition]

    public init(
        settings: DictionarySettings, contracts: [ContractDefinition], tables: [TableDefinition],
        metrics: [MetricDefinition], earlierMetrics: [MetricDefinition], sources: [SourceDefinition]
    ) {
        self.settings = settings
        self.contracts = contracts
        self.tables = tables
        self.metrics = metrics
        self.earlierMetrics = earlierMetrics
        self.sources = sources
    }

    public func contract(named name: String) -> ContractDefinition? { contracts.first { $0.name == name } }
    public func table(named name: String) -> TableDefinition? { tables.first { $0.name == name } }
    public func source(named name: String) -> SourceDefinition? { sources.first { $0.name == name } }

    /// The metric of a name or id, the newest version unless one is asked for.
    public func metric(named name: String, version: Int? = nil) -> MetricDefinition? {
        if let newest = metrics.first(where: { $0.name == name || $0.id == name }),
            version == nil || newest.version == version
        {
            return newest
        }
        guard let version else { return nil }
        return earlierMetrics.first { ($0.name == name || $0.id == name) && $0.version == version }
    }
}

/// What `caliber.yaml` at the root of a dictionary says.
public struct DictionarySettings: Hashable, Sendable {
    public let name: String
    /// Days are days of this zone, unless a query names another.
    public let timeZone: BusinessZone
    /// The currency of money that names none.
    public let currency: Currency

    public init(name: String, timeZone: BusinessZone, currency: Currency) {
        self.name = name
        self.timeZone = timeZone
        self.currency = currency
    }
}
