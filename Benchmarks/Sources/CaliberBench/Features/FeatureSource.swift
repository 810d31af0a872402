import ArgumentParser
import CaliberDictionary
import CaliberEventLog
import CaliberFeatures
import CaliberStore
import Foundation

/// A log and the feature set that is computed over it.
struct FeatureSource: ParsableArguments {
    @Option var database: String
    @Option(help: "Folder of the dictionary that the log keeps to.") var dictionary: String
    @Option(help: "A feature set in place of the dictionary's own.") var page: String?

    /// The dictionary, its feature sets replaced by those of the page, if there is one.
    func loadDictionary() throws -> MetricDictionary {
        guard let page else { return try MetricDictionary.load(from: dictionary).dictionary }
        let names = try FileManager.default.subpathsOfDirectory(atPath: dictionary).filter {
            ($0.hasSuffix(".yaml") || $0.hasSuffix(".lock")) && !$0.hasPrefix("features/")
        }
        func file(_ path: String, as name: String) throws -> DictionaryFile {
            DictionaryFile(path: name, text: try String(contentsOfFile: path, encoding: .utf8))
        }
        let files = try names.sorted().map { try file(dictionary + "/" + $0, as: $0) }
        return try MetricDictionary.load(files: files + [file(page, as: "features/page.yaml")]).dictionary
    }

    func open() throws -> (log: EventLog, plan: FeaturePlan) {
        let dictionary = try loadDictionary()
        guard let set = dictionary.featureSets.first else { throw ValidationError("There is no feature set.") }
        let store = try CaliberStore.open(at: database, creating: false)
        return (try EventLog(store: store, dictionary: dictionary), FeaturePlan(set, dictionary: dictionary))
    }
}

/// A column as the peers' jobs read it.
struct WindowColumn: Codable {
    let name: String
    let statistic: String
    let entity: String
    let fact: String
    let value: String?
    let per: String?
    let windowMilliseconds: Int64?

    /// - Returns: nil for a column that is not a window's figure.
    init?(_ feature: FeatureDefinition, of set: FeatureSetDefinition) {
        guard case .history(let history) = feature.content else { return nil }
        let fact = set.facts[history.fact]
        name = feature.name
        statistic = history.statistic.rawValue
        entity = set.entities[history.entity].name
        self.fact = fact.name
        value = history.value.map { fact.values[$0].name }
        per = history.per.map { set.facts[$0].name }
        windowMilliseconds = history.window.map { $0 / 1000 }
    }
}
