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
    public internal(set) var savedQueries: [SavedQueryDefinition] = []
    public package(set) var calendars: [CalendarDefinition] = []
    public internal(set) var featureSets: [FeatureSetDefinition] = []
    public internal(set) var labels: [LabelDefinition] = []
    public internal(set) var watches: [WatchDefinition] = []
    public internal(set) var identities: [IdentityDefinition] = []
    public internal(set) var attributions: [AttributionDefinition] = []
    /// Accepted versions whose meaning can't be had any more, each with the reason.
    public let unreachableVersions: [UnreachableVersion]
    private let index: Index

    public init(
        settings: DictionarySettings, contracts: [ContractDefinition], tables: [TableDefinition],
        metrics: [MetricDefinition], earlierMetrics: [MetricDefinition], sources: [SourceDefinition],
        unreachableVersions: [UnreachableVersion] = []
    ) {
        self.settings = settings
        self.contracts = contracts
        self.tables = tables
        self.metrics = metrics
        self.earlierMetrics = earlierMetrics
        self.sources = sources
        self.unreachableVersions = unreachableVersions
        index = Index(
            contracts: contracts, tables: tables, metrics: metrics, earlierMetrics: earlierMetrics, sources: sources)
    }

    public func contract(named name: String) -> ContractDefinition? { index.contracts[name].map { contracts[$0] } }
    public func table(named name: String) -> TableDefinition? { index.tables[name].map { tables[$0] } }
    public func source(named name: String) -> SourceDefinition? { index.sources[name].map { sources[$0] } }

    public func calendar(named name: String) -> CalendarDefinition? { calendars.first { $0.name == name } }

    /// `fiscal_week`, `season`; the grains of the common calendar are not among them.
    public func calendarGrain(named name: String) -> CalendarGrain? {
        calendarGrains.first { $0.name == name }
    }

    /// Of all calendars, in the order of their definitions, the finest of each first.
    public var calendarGrains: [CalendarGrain] { calendars.flatMap(\.calendar.grains) }

    public func featureSet(named name: String) -> FeatureSetDefinition? { featureSets.first { $0.name == name } }

    public func label(named name: String) -> LabelDefinition? { labels.first { $0.name == name } }

    public func watch(named name: String) -> WatchDefinition? { watches.first { $0.name == name } }

    public func identity(named name: String) -> IdentityDefinition? { identities.first { $0.name == name } }
    public func attribution(named name: String) -> AttributionDefinition? { attributions.first { $0.name == name } }

    public func savedQuery(named name: String) -> SavedQueryDefinition? { savedQueries.first { $0.name == name } }

    /// The metric of a name or id, the newest version unless one is asked for.
    public func metric(named name: String, version: Int? = nil) -> MetricDefinition? {
        if let newest = index.metrics[name].map({ metrics[$0] }), version == nil || newest.version == version {
            return newest
        }
        guard let version else { return nil }
        return index.earlierMetrics[VersionedName(name: name, version: version)].map { earlierMetrics[$0] }
    }

    /// Why an accepted version of a metric can't be queried; nil where it can, or there never was one.
    public func unreachableVersion(named name: String, version: Int) -> UnreachableVersion? {
        unreachableVersions.first { ($0.name == name || $0.id == name) && $0.version == version }
    }
}

private struct VersionedName: Hashable {
    let name: String
    let version: Int
}

/// Positions by name. A definition given twice is found at its first place.
private struct Index: Sendable {
    let contracts: [String: Int]
    let tables: [String: Int]
    let sources: [String: Int]
    /// By name and by id.
    let metrics: [String: Int]
    let earlierMetrics: [VersionedName: Int]

    init(
        contracts: [ContractDefinition], tables: [TableDefinition], metrics: [MetricDefinition],
        earlierMetrics: [MetricDefinition], sources: [SourceDefinition]
    ) {
        self.contracts = Index.positions(contracts.map(\.name))
        self.tables = Index.positions(tables.map(\.name))
        self.sources = Index.positions(sources.map(\.name))
        self.metrics = Index.positions(metrics.map(\.id)).merging(Index.positions(metrics.map(\.name))) { _, name in
            name
        }
        let byID = Index.positions(earlierMetrics.map { VersionedName(name: $0.id, version: $0.version) })
        self.earlierMetrics = byID.merging(
            Index.positions(earlierMetrics.map { VersionedName(name: $0.name, version: $0.version) })
        ) { _, name in name }
    }

    private static func positions<Name: Hashable>(_ names: [Name]) -> [Name: Int] {
        Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
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
