import CaliberCore
import CaliberRegression
import Foundation

/// The folder of trained models: `<name>/<version>.json` with its card `<version>.md`, and `<name>/aliases.json`.
///
/// Every write is atomic and a version is never written twice. Two people who promote in the same moment both succeed,
/// and the later one stands: who may promote is for the repository that holds the folder to say.
public struct ModelRegistry: Sendable {
    public let folder: URL

    public init(folder: URL) {
        self.folder = folder
    }

    /// One line of a listing.
    public struct Summary: Codable, Hashable, Sendable {
        public var name: String
        public var version: String
        public var aliases: [ModelAliases.Alias]
        public var created: Timestamp?
        public var label: String?
        public var rowCount: Int?
        public var baseRate: Double?
        /// On the held-out span.
        public var areaUnderCurve: Double?
        public var contentHash: String?
        /// Why the file can't be used.
        public var problem: String?
    }

    /// All versions of all models, by name and age; what can't be read says why. A folder that isn't there holds none.
    public func list() throws(ModelProblem) -> [Summary] {
        var summaries: [Summary] = []
        for name in names {
            let aliases = try? aliases(of: name)
            for version in versions(of: name) { summaries.append(summary(name, version, aliases)) }
        }
        return summaries
    }

    private func summary(_ name: String, _ version: String, _ aliases: ModelAliases?) -> Summary {
        var summary = Summary(name: name, version: version, aliases: aliases?.aliases(of: version) ?? [])
        do throws(ModelProblem) {
            let file = try load(name: name, version: version)
            summary.created = file.created
            summary.label = file.label.id
            summary.rowCount = file.training.rowCount
            summary.baseRate = file.training.baseRate
            summary.areaUnderCurve = file.evaluation(on: .heldOut)?.evaluation.areaUnderCurve
            summary.contentHash = try file.contentHash()
        } catch {
            summary.problem = error.diagnostic.message
        }
        return summary
    }

    public var names: [String] {
        contents(of: folder).filter { ModelFile.isName($0) && !versions(of: $0).isEmpty }.sorted()
    }

    /// Whole numbers by size, before other names by their letters.
    public func versions(of name: String) -> [String] {
        contents(of: folder.appending(path: name)).filter { $0.hasSuffix(".json") && $0 != "aliases.json" }
            .map { String($0.dropLast(5)) }.filter(ModelFile.isName).sorted { left, right in
                switch (Int(left), Int(right)) {
                case (let first?, let second?): first < second
                case (_?, nil): true
                case (nil, _?): false
                default: left < right
                }
            }
    }

    /// The number after the highest one that is there.
    public func nextVersion(of name: String) -> String {
        let highest = versions(of: name).compactMap { Int($0) }.max() ?? 0
        return highest == .max ? "\(highest)-1" : "\(highest + 1)"
    }

    private func contents(of folder: URL) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    }

    func path(_ name: String, _ file: String) -> String { folder.appending(path: name).appending(path: file).path }
}

extension ModelRegistry {
    /// Writes a version and its card.
    ///
    /// - Returns: the paths of both.
    /// - Throws: `.versionExists`, `.invalidName`, `.notFinite`, `.unwritable`.
    @discardableResult
    public func save(
        _ file: ModelFile, schema: FeatureSchema? = nil
    ) throws(ModelProblem) -> (model: String, card: String) {
        for name in [file.name, file.version] where !ModelFile.isName(name) { throw .invalidName(name) }
        let data = try file.encoded()
        // What is written can be read: a file that could not be is a fault to hear of now.
        _ = try ModelFile(reading: data, path: "\(file.name)@\(file.version)")
        let card = Data(try ModelCard(file, schema: schema).text.utf8)
        let modelPath = path(file.name, "\(file.version).json")
        let cardPath = path(file.name, "\(file.version).md")
        if FileManager.default.fileExists(atPath: modelPath) {
            throw .versionExists(name: file.name, version: file.version)
        }
        try makeFolder(file.name)
        do throws(AtomicFile.Failure) {
            // The model last: a version is there when its file is.
            try AtomicFile.write(card, to: cardPath, replacing: true)
            try AtomicFile.write(data, to: modelPath, replacing: false)
        } catch {
            if error.alreadyExists { throw .versionExists(name: file.name, version: file.version) }
            throw .unwritable(path: modelPath, reason: error.reason)
        }
        return (modelPath, cardPath)
    }

    private func makeFolder(_ name: String) throws(ModelProblem) {
        let folder = folder.appending(path: name)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: folder.path, reason: error.localizedDescription)
        }
    }

    public func load(name: String, version: String) throws(ModelProblem) -> ModelFile {
        let path = path(name, "\(version).json")
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw try missing(name, version) ?? .unreadable(path: path, reason: error.localizedDescription)
        }
        let file = try ModelFile(reading: data, path: path)
        guard file.name == name else {
            throw .invalid(path: path, at: "$.name", reason: "it is \(file.name) in the folder of \(name)")
        }
        guard file.version == version else {
            throw .invalid(path: path, at: "$.version", reason: "it is \(file.version) in the file of \(version)")
        }
        return file
    }

    /// `order_bad` for its champion (or its only version), `order_bad@3` for a version, `order_bad@challenger`.
    public func load(_ reference: String) throws(ModelProblem) -> ModelFile {
        let (name, version) = try resolve(reference)
        return try load(name: name, version: version)
    }

    public func resolve(_ reference: String) throws(ModelProblem) -> (name: String, version: String) {
        let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        guard ModelFile.isName(name) else { throw .invalidName(name) }
        let versions = versions(of: name)
        if versions.isEmpty { throw unknownModel(name) }
        let aliases = try aliases(of: name)
        guard parts.count > 1 else {
            if let champion = aliases.champion { return (name, champion) }
            if versions.count == 1 { return (name, versions[0]) }
            throw .noChampion(name: name, versions: versions)
        }
        if let alias = ModelAliases.Alias(rawValue: parts[1]), let version = aliases.version(of: alias) {
            return (name, version)
        }
        if let problem = try missing(name, parts[1]) { throw problem }
        return (name, parts[1])
    }

    private func unknownModel(_ name: String) -> ModelProblem {
        .unknownModel(
            name: name, folder: folder.path, nearest: NameSuggestion.nearest(to: name, among: names))
    }

    /// Why a version isn't there; nil where it is.
    private func missing(_ name: String, _ version: String) throws(ModelProblem) -> ModelProblem? {
        let versions = versions(of: name)
        if versions.isEmpty { return unknownModel(name) }
        if versions.contains(version) { return nil }
        return .unknownVersion(
            name: name, version: version,
            nearest: NameSuggestion.nearest(to: version, among: versions + ModelAliases.Alias.allCases.map(\.rawValue)))
    }
}
