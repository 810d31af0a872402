import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberTesting
import Foundation

/// An engine on a database of its own, gone with the test.
struct EngineDeployment: Sendable {
    let folder: TemporaryFolder
    let engine: Engine

    /// What the tests take for now: later than every event they hold.
    static let now = Timestamp(CivilDate(year: 2026, month: 9, day: 1), .midnight)

    init(_ dictionary: LoadedDictionary) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        engine = try Engine.open(
            databasePath: folder.path("caliber.db"), dictionary: dictionary, creating: true,
            now: { EngineDeployment.now })
    }

    /// The same database under another dictionary.
    func reopened(_ dictionary: LoadedDictionary, settings: EngineSettings = EngineSettings()) throws -> Engine {
        try Engine.open(
            databasePath: engine.databasePath, dictionary: dictionary, settings: settings,
            now: { EngineDeployment.now })
    }
}

extension Engine {
    @discardableResult
    func ingest(lines: [String], origin: String = "events.ndjson") throws -> IngestOutcome {
        try ingest([.bytes(Array(lines.joined(separator: "\n").utf8), origin: origin)])
    }

    /// Every row of every table as text, in an order of its own: equal for equal tables.
    func tableTexts() throws -> [String: String] {
        let session = try session()
        return Dictionary(
            uniqueKeysWithValues: try dictionary.tables.map { ($0.name, try session.rows(of: $0.name).sortedText) })
    }
}

/// The dictionary that the package ships, as it is or with some texts replaced.
enum ShopDictionary {
    static func load() throws -> LoadedDictionary { try loaded.get() }

    private static let loaded = Result { try MetricDictionary.load(from: folder.path) }

    private static let folder = DuckDBOracle.packageFolder.appending(path: "dictionary")

    /// The dictionary before any version was accepted: an edit may change what a metric means.
    ///
    /// - Parameters:
    ///   - edits: what replaces what; each old text must stand exactly once in some file.
    ///   - names: of files that are left out.
    static func load(edits: [(old: String, new: String)], leavingOut names: String = "–") throws -> LoadedDictionary {
        var files = try files().filter { !$0.path.hasSuffix(names) }
        for edit in edits {
            let places = files.indices.filter { files[$0].text.contains(edit.old) }
            guard places.count == 1 else { throw CaseProblem(edit.old, "stands in \(places.count) files") }
            let file = files[places[0]]
            files[places[0]] = DictionaryFile(
                path: file.path, text: file.text.replacingOccurrences(of: edit.old, with: edit.new))
        }
        return try MetricDictionary.load(files: files)
    }

    private static func files() throws -> [DictionaryFile] {
        guard let names = FileManager.default.enumerator(atPath: folder.path) else {
            throw CaseProblem(folder.path, "can't be listed")
        }
        return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") }.map {
            DictionaryFile(path: $0, text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8))
        }
    }
}

/// A simulated stream in memory, with what the simulator knows about it.
struct SimulatedShop {
    let lines: [[UInt8]]
    let truth: SimulationTruth

    init(_ settings: SimulationSettings) {
        var bytes: [UInt8] = []
        truth = Simulation(settings).write { bytes.append(contentsOf: $0) }
        lines = bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    var input: EventInput { SimulatedShop.input(lines) }

    static func input(_ lines: some Sequence<[UInt8]>, origin: String = "simulated.ndjson") -> EventInput {
        .bytes(Array(lines.joined(separator: [UInt8(ascii: "\n")])), origin: origin)
    }
}
