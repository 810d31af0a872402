import CaliberDictionary
import CaliberTesting
import Foundation
import Testing

@Suite struct SchemaTests {
    @Test func `every key that the loader knows is in the schema`() throws {
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(DictionarySchema.json().utf8)) as? [String: Any])
        let sections = try #require(schema["$defs"] as? [String: [String: Any]])
        var paths: [String] = []
        for (name, section) in sections {
            paths += try #require(section["properties"] as? [String: Any]).keys.map { "\(name).\($0)" }
        }
        #expect(paths.sorted() == DictionarySchema.keyPaths)
        #expect(DictionarySchema.keyPaths.contains("metric.agg_time_dimension"))
    }

    @Test func `the schema reads as it should`() {
        DictionaryGolden.expect(DictionarySchema.json(), matches: "schema.json")
    }

    /// The format's own page and the shop use every key they speak of, so a key that is missing here is forgotten there.
    @Test func `every key is described on the format's page`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/dictionary.md"), encoding: .utf8)
        let missing = DictionarySchema.keyPaths.filter { path in
            let key = path.split(separator: ".").last.map(String.init) ?? path
            return !page.contains("\(key):") && !page.contains("`\(key)`")
        }
        #expect(missing == [])
    }

    @Test(.enabled("the python3 module jsonschema is not installed", { SchemaOracle.isThere }))
    func `an independent validator takes good files and refuses bad ones`() throws {
        let folder = try TemporaryFolder()
        try folder.write(DictionarySchema.json(), to: "schema.json")
        for file in ShopDictionary.files where file.path != "caliber.yaml" {
            try folder.write(file.text, to: file.path)
            #expect(try SchemaOracle.verdict(folder.path(file.path), in: folder) == "valid", "\(file.path)")
        }
        let bad = [
            ShopDictionary.metrics(replacing: "agg: sum", with: "agg: total"),
            ShopDictionary.metrics(replacing: "expr: paid", with: "exp: paid"),
            ShopDictionary.metrics(replacing: "    owner: team:goods\n", with: ""),
            ShopDictionary.metrics(replacing: "denominator: gmv", with: "denominator: gmv\n    table: orders"),
            ShopDictionary.metrics(replacing: "type: simple", with: "type: total"),
            ShopDictionary.tables(replacing: "fold: sum", with: "fold: total"),
        ]
        for (index, file) in bad.enumerated() {
            let path = try folder.write(file.text, to: "bad-\(index).yaml")
            #expect(try SchemaOracle.verdict(path, in: folder) == "invalid", "\(index)")
        }
    }
}

/// Python's jsonschema, over the YAML as PyYAML reads it without turning dates into objects.
enum SchemaOracle {
    static var isThere: Bool {
        (try? run(["-c", "import jsonschema, yaml"]))?.status == 0
    }

    static func verdict(_ path: String, in folder: TemporaryFolder) throws -> String {
        let script = """
            import json, re, sys, yaml, jsonschema
            class Loader(yaml.SafeLoader): pass
            # PyYAML reads YAML 1.1, where `on` is true and a date is an object.
            kept = ('timestamp', 'bool')
            Loader.yaml_implicit_resolvers = {
                k: [r for r in v if r[0].split(':')[-1] not in kept]
                for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
            Loader.add_implicit_resolver('tag:yaml.org,2002:bool', re.compile('^(true|false)$'), 'tf')
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            value = yaml.load(open(sys.argv[2]), Loader)
            errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
            print('invalid' if errors else 'valid', end='')
            print(errors[:1], file=sys.stderr)
            """
        return try run(["-c", script, folder.path("schema.json"), path]).output
    }

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
