import CaliberCore
import CaliberDictionary
import CaliberTesting
import Foundation
import Testing

@Suite struct LimitTests {
    @Test func `what grows without bound is refused, and said so`() throws {
        var told = ""
        func tell(_ name: String, _ text: String) {
            let file = DictionaryFile(path: "\(name).yaml", text: text)
            let problems = #expect(throws: DiagnosticList.self) {
                try MetricDictionary.load(files: [ShopDictionary.settings, file])
            }
            told += (problems?.description ?? "nothing") + "\n"
        }
        tell("deep", "tables: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40))
        tell("deeper", "tables: " + String(repeating: "[", count: 200_000))
        tell("deepest", String(repeating: "- ", count: 100_000))
        tell("large", String(repeating: "#", count: (8 << 20) + 1))
        tell("many", "tables: [" + String(repeating: "1,", count: 1_000_001) + "]")
        tell("aliases", "a: &a 1\nb: [" + String(repeating: "*a,", count: 30) + "]")
        tell("bomb", Self.bomb)
        tell("bomb-as-key", Self.bomb + "? *i\n: 1\n? *i\n: 2\n")
        tell("problems", "tables: [" + String(repeating: "1,", count: 1_001) + "]")
        let fields = (0...1_000).map { "f\($0): {type: text}" }.joined(separator: ", ")
        tell("fields", "contracts: [{name: a.b, owner: o, fields: {\(fields)}}]")
        let channels = (0...250).map { "{channel: C\($0), when: buyer = 'a'}" }.joined(separator: ", ")
        tell(
            "channels",
            """
            contracts: [{name: a.b, owner: o, fields: {row: {type: identifier, required: true}, buyer: {type: identifier}}}]
            tables:
              - name: rows
                owner: o
                key: row
                anchor: at
                columns:
                  at: {type: timestamp, from: a.b.$time, fold: first}
                  buyer: {type: identifier, from: a.b.buyer, fold: first}
            metrics: [{id: M-1, version: 1, name: count, owner: o, description: d, type: simple, table: rows, agg: count}]
            attributions:
              - name: all
                owner: o
                lookback: 1d
                touches: {table: rows, buyer: buyer}
                conversions: {table: rows, buyer: buyer, metric: count}
                channels: [\(channels)]
            """)
        // One line of a thousand like ones is enough to read.
        let lines = told.split(separator: "\n").filter { !$0.contains("missing-key") && !$0.contains("wrong-kind") }
        DictionaryGolden.expect(lines.map { $0 + "\n" }.joined(), matches: "limits.txt")
    }

    /// Nine levels of nine: some hundred million values if written out.
    private static let bomb: String = {
        var text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        let names = Array("abcdefghi")
        for (inner, name) in zip(names, names.dropFirst()) {
            text += "\(name): &\(name) [" + Array(repeating: "*\(inner)", count: 9).joined(separator: ",") + "]\n"
        }
        return text
    }()

    @Test func `a few aliases are written out`() throws {
        let text = """
            metrics:
              - &base {id: M-1, name: a, version: 1, description: d, owner: &who team:a, type: simple, table: orders, agg: count}
              - {id: M-2, name: b, version: 1, description: d, owner: *who, type: simple, table: products, agg: count}
            """
        let loaded = try ShopDictionary.load(changing: [
            DictionaryFile(path: "metrics.yaml", text: text), DictionaryFile(path: "tests.yaml", text: ""),
        ])
        #expect(loaded.dictionary.metric(named: "b")?.owner == "team:a")
    }

    @Test func `problems of the file system are told`() throws {
        let folder = try TemporaryFolder()
        var told = ""
        func tell(_ path: String) {
            let problems = #expect(throws: DiagnosticList.self) { try MetricDictionary.load(from: path) }
            told += (problems?.description ?? "nothing").replacing(folder.url.path, with: "FOLDER") + "\n"
        }
        tell(folder.path("nowhere"))
        tell(folder.url.path)
        try folder.write(ShopDictionary.settings.text, to: "caliber.yaml")
        try Bytes.write([0x6E, 0xFF, 0xFE], to: folder.path("binary.yaml"))
        try folder.write("x", to: "folder.yaml/inner.txt")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.yaml"), withDestinationPath: folder.path("nowhere"))
        tell(folder.url.path)
        // Ten thousand files are made for no test.
        told += DictionaryProblem.file(.tooManyFiles(limit: 10_000, folder: "FOLDER")).diagnostic.description + "\n"
        DictionaryGolden.expect(told, matches: "files.txt")
    }
}
