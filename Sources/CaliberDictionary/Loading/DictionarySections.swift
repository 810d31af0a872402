import CaliberCore

/// One file of a dictionary, by its path within the folder.
public struct DictionaryFile: Hashable, Sendable {
    public let path: String
    public let text: String

    public init(path: String, text: String) {
        self.path = path
        self.text = text
    }
}

/// The definitions of all files as checked YAML, before any name is looked up.
struct DictionarySections {
    var settings: YAMLValue?
    var contracts: [YAMLValue] = []
    var tables: [YAMLValue] = []
    var metrics: [YAMLValue] = []
    var calendars: [YAMLValue] = []
    var savedQueries: [YAMLValue] = []
    var featureSets: [YAMLValue] = []
    var labels: [YAMLValue] = []
    var watches: [YAMLValue] = []
    var identities: [YAMLValue] = []
    var attributions: [YAMLValue] = []
    var sources: [YAMLValue] = []
    var tests: [YAMLValue] = []
    var lock: YAMLValue?

    static let settingsPath = "caliber.yaml"
    static let lockPath = "versions.lock"

    /// Reads every file, in the order of their paths, and checks keys and kinds all the way down.
    ///
    /// - Parameter folder: what stands before a path in the places of problems; empty for files in memory.
    init(files: [DictionaryFile], folder: String, _ log: ProblemLog) {
        for file in files.sorted(by: { $0.path < $1.path }) {
            let place = folder.isEmpty ? file.path : folder + "/" + file.path
            var reading =
                file.path == DictionarySections.lockPath
                ? YAMLReading(
                    file: place, maximumBytes: DictionaryLimits.bytesOfLock,
                    maximumNodes: DictionaryLimits.nodesOfLock) : YAMLReading(file: place)
            let root = reading.read(file.text)
            reading.problems.forEach(log.report)
            if file.path == DictionarySections.settingsPath {
                settings = root ?? (reading.problems.isEmpty ? DictionarySections.empty(reading.file) : nil)
                settings.map { DictionaryKeys.settings.check($0, log.report) }
            } else if file.path == DictionarySections.lockPath {
                lock = root
            } else if let root, !root.isNull {
                gather(root, log)
            }
        }
        if !files.contains(where: { $0.path == DictionarySections.settingsPath }) {
            log.report(.file(.settingsMissing(folder: folder.isEmpty ? "the dictionary" : folder)))
        }
        limit(log)
    }

    private static func empty(_ file: String) -> YAMLValue {
        YAMLValue(.mapping([]), at: SourceLocation(file: file, line: 1, column: 1))
    }

    private mutating func gather(_ root: YAMLValue, _ log: ProblemLog) {
        DictionaryKeys.file.check(root, log.report)
        for entry in root.entries ?? [] {
            let values = (entry.value.list ?? []).filter { $0.entries != nil }
            switch entry.key {
            case "contracts": contracts += values
            case "tables": tables += values
            case "metrics": metrics += values
            case "calendars": calendars += values
            case "saved_queries": savedQueries += values
            case "feature_sets": featureSets += values
            case "labels": labels += values
            case "watches": watches += values
            case "identities": identities += values
            case "attributions": attributions += values
            case "sources": sources += values
            case "tests": tests += values
            default: break
            }
        }
    }

    private mutating func limit(_ log: ProblemLog) {
        DictionarySections.limit(&contracts, "contracts", DictionaryLimits.contracts, log)
        DictionarySections.limit(&tables, "tables", DictionaryLimits.tables, log)
        DictionarySections.limit(&metrics, "metrics", DictionaryLimits.metrics, log)
        DictionarySections.limit(&calendars, "calendars", DictionaryLimits.calendars, log)
        DictionarySections.limit(&savedQueries, "saved queries", DictionaryLimits.savedQueries, log)
        DictionarySections.limit(&featureSets, "feature sets", DictionaryLimits.featureSets, log)
        DictionarySections.limit(&labels, "labels", DictionaryLimits.labels, log)
        DictionarySections.limit(&watches, "watches", DictionaryLimits.watches, log)
        DictionarySections.limit(&identities, "identities", DictionaryLimits.identities, log)
        DictionarySections.limit(&attributions, "attributions", DictionaryLimits.attributions, log)
        DictionarySections.limit(&sources, "sources", DictionaryLimits.sources, log)
        DictionarySections.limit(&tests, "tests", DictionaryLimits.tests, log)
    }

    static func limit(_ values: inout [YAMLValue], _ kind: String, _ limit: Int, _ log: ProblemLog) {
        guard values.count > limit else { return }
        log.report(.file(.tooManyDefinitions(kind: kind, limit: limit, at: values[limit].location)))
        values.removeSubrange(limit...)
    }
}
