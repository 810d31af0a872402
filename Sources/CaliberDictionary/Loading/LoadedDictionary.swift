import CaliberCore

/// A dictionary with everything that was found out on the way to it.
public struct LoadedDictionary: Sendable {
    public let dictionary: MetricDictionary
    public let tests: [DictionaryTest]
    /// The lock as it is on disk.
    public let lock: VersionLock
    /// What every current metric means, by id.
    public let meanings: [String: MetricMeaning]
    /// Places to look at that keep nothing from working, in the order of their places.
    public let warnings: [Diagnostic]
    /// What the lock would say of each current metric, by id.
    let currentVersions: [String: CurrentVersion]

    struct CurrentVersion: Sendable {
        let name: String
        let version: VersionLock.Version
    }

    /// Whether every current version has been accepted.
    public var isLocked: Bool { lock.accepting(self) == lock }
}

extension MetricDictionary {
    /// Loads and checks the dictionary in a folder.
    ///
    /// Reads `caliber.yaml`, `versions.lock` and every other `.yaml` or `.yml` file, in any folder below, except in
    /// folders whose name begins with a dot.
    ///
    /// - Throws: every problem at once, in the order of their places; warnings among them.
    public static func load(from folder: String) throws(DiagnosticList) -> LoadedDictionary {
        let log = ProblemLog()
        let files = DictionaryFolder(path: folder).read(log)
        if let files { return try load(files: files, folder: folder, log) }
        throw DiagnosticList(log.diagnostics)
    }

    /// Loads and checks a dictionary whose files are in memory.
    public static func load(files: [DictionaryFile]) throws(DiagnosticList) -> LoadedDictionary {
        try load(files: files, folder: "", ProblemLog())
    }

    private static func load(
        files: [DictionaryFile], folder: String, _ log: ProblemLog
    ) throws(DiagnosticList) -> LoadedDictionary {
        let sections = DictionarySections(files: files, folder: folder, log)
        let settings = SettingsReading(log: log).settings(sections.settings)
        let contracts = ContractResolution(sections.contracts, settings: settings, log)
        let folds = FoldResolution(contracts, settings: settings, log)
        let tables = TableResolution(sections.tables, folds: folds, settings: settings, log)
        let calendars = CalendarResolution(sections.calendars, log).calendars
        let scopes = TableScopes(
            tables, contracts: contracts.contracts, calendars: calendars.map(\.calendar), settings: settings)
        let lock = VersionLock(sections.lock, log)
        let metrics = MetricResolution(sections.metrics, lock: lock, tables: scopes, log)
        let versions = VersionCheck(metrics, lock, log)
        CalendarVersionCheck(lock: lock, log: log).check(calendars)
        let sources = SourceResolution(sections.sources, contracts: contracts.contracts, log)
        var dictionary = MetricDictionary(
            settings: settings, contracts: contracts.contracts, tables: tables.tables, metrics: metrics.metrics,
            earlierMetrics: versions.earlier, sources: sources.sources, unreachableVersions: versions.unreachable)
        dictionary.calendars = calendars
        dictionary.savedQueries = SavedQueryResolution(sections.savedQueries, dictionary: dictionary, log).queries
        let features = FeatureSetResolution(
            sections.featureSets, contracts: contracts.contracts, tables: scopes, settings: settings, log)
        dictionary.featureSets = features.sets
        dictionary.labels = LabelResolution(sections.labels, tables: scopes, log).labels
        dictionary.watches = WatchResolution(sections.watches, tables: scopes, log).watches
        dictionary.identities =
            IdentityResolution(sections.identities, contracts: contracts, tables: scopes, log).identities
        dictionary.attributions =
            AttributionResolution(
                sections.attributions, dictionary: dictionary, metrics: sections.metrics, tables: scopes, log
            ).attributions
        let tests = TestResolution(sections.tests, dictionary: dictionary, log)
        let diagnostics = DiagnosticList(log.diagnostics)
        guard !diagnostics.diagnostics.contains(where: { $0.severity == .error }) else { throw diagnostics }
        return LoadedDictionary(
            dictionary: dictionary, tests: tests.tests, lock: lock, meanings: metrics.meanings,
            warnings: diagnostics.diagnostics, currentVersions: metrics.currentVersions)
    }
}

extension MetricResolution {
    var meanings: [String: MetricMeaning] {
        Dictionary(
            nodes.filter { !$0.isEarlier }.compactMap { node in node.meaning.map { (node.id, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    var currentVersions: [String: LoadedDictionary.CurrentVersion] {
        let versions = Dictionary(
            nodes.filter { !$0.isEarlier }.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
        var current: [String: LoadedDictionary.CurrentVersion] = [:]
        for node in nodes where !node.isEarlier {
            guard let meaning = node.meaning else { continue }
            let definition = VersionLock.pinned(node.value) { versions[$0] }
            current[node.id] = LoadedDictionary.CurrentVersion(
                name: node.name,
                version: VersionLock.Version(
                    version: node.version, hash: meaning.hash, meaning: meaning.parts, definition: definition))
        }
        return current
    }
}

struct SettingsReading {
    let log: ProblemLog

    /// What can't be read is reported; the rest of the dictionary is then checked with settings that stand in for it.
    func settings(_ value: YAMLValue?) -> DictionarySettings {
        var zone: BusinessZone?
        if let zoneValue = value?["time_zone"], let name = zoneValue.text {
            zone = LogicalTypeReading.zone(name, at: zoneValue.textLocation, log)
        }
        var currency: Currency?
        if let currencyValue = value?["currency"], let code = currencyValue.text {
            currency = LogicalTypeReading.currency(code, at: currencyValue.textLocation, log)
        }
        return DictionarySettings(
            name: value?["name"]?.text ?? "dictionary", timeZone: zone ?? .utc, currency: currency ?? .cny)
    }
}
