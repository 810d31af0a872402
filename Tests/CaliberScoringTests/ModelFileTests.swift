import CaliberCore
import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct ModelFileTests {
    @Test func `the file and the card read as recorded`() throws {
        let file = try FixedModelFile.make()
        GoldenFile.expect(String(decoding: try file.encoded(), as: UTF8.self), matches: "order_bad-3.json")
        GoldenFile.expect(try ModelCard(file, schema: FixedModelFile.schema).text, matches: "order_bad-3.md")
    }

    @Test func `a file comes back as it was, to the byte and to the bit`() throws {
        let file = try FixedModelFile.make()
        let data = try file.encoded()
        let again = try ModelFile(reading: data, path: "m.json")
        #expect(again == file)
        #expect(try again.encoded() == data)
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `any finite numbers come back to the bit`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func anyNumber() -> Double {
            while true {
                let number = Double(bitPattern: generator.next())
                if number.isFinite { return number }
            }
        }
        var file = try FixedModelFile.make()
        file.seed = generator.next()
        file.intercept = seed == 0 ? -0.0 : anyNumber()
        for index in file.columns.indices {
            file.columns[index].weight = anyNumber()
            file.columns[index].mean = anyNumber()
            file.columns[index].missingWeight = anyNumber()
            file.columns[index].deviation = abs(anyNumber())
        }
        file.notes = ["Line\nend, \"quotes\", \\, 中文, \u{7F} and \u{2028}, / <tag>"]
        file.libraries["a/b"] = "é"
        let again = try ModelFile(reading: try file.encoded(), path: "m.json")
        #expect(again == file)
        #expect(again.intercept.bitPattern == file.intercept.bitPattern)
        #expect(try again.encoded() == (try file.encoded()))
    }

    private func problem(_ data: Data) -> ModelProblem? {
        do throws(ModelProblem) {
            _ = try ModelFile(reading: data, path: "m.json")
            return nil
        } catch { return error }
    }

    private func edited(_ from: String, _ to: String) throws -> Data {
        let text = String(decoding: try FixedModelFile.make().encoded(), as: UTF8.self)
        #expect(text.contains(from), "\(from)")
        return Data(text.replacingOccurrences(of: from, with: to).utf8)
    }

    @Test func `content that was changed after it was written is refused`() throws {
        for (from, to) in [
            ("\"weight\": 0.8125", "\"weight\": 0.8126"), ("\"weight\": 0.8125", "\"weight\": 0.81250"),
            ("\"seed\": 17", "\"seed\": 17, \"zeal\": 1"), ("Column idle is", "Column idle was"),
        ] {
            guard case .changedContent = problem(try edited(from, to)) else {
                Issue.record("\(from) → \(to): \(String(describing: problem(try edited(from, to))))")
                continue
            }
        }
        let message = try #require(problem(try edited("\"seed\": 17", "\"seed\": 18"))).diagnostic
        #expect(message.code == "model-changed" && message.description.contains("train a new version"))
        // White space says nothing.
        #expect(problem(try edited("\n", "\r\n")) == nil)
    }

    @Test(arguments: [
        ("\"weight\": 0.8125", "\"weight\": \"much\"", "$.columns[0].weight", "it is not a number"),
        ("\"weight\": 0.8125,", "", "$.columns[0].weight", "it is missing"),
        ("\"weight\": 0.8125", "\"weight\": null", "$.columns[0].weight", "it is null where a number stands"),
        ("\"deviation\": 6.25", "\"deviation\": 0", "$.columns[0].deviation", "a deviation is above 0"),
        ("\"id\": \"idle\"", "\"id\": \"channel_douyin\"", "$.columns[3].id", "\"channel_douyin\" stands twice"),
        ("\"slope\": 0.97", "\"slope\": -1", "$.calibration.slope", "a calibration's slope is positive, not -1.0"),
        (
            "\"reviewProbability\": 0.1", "\"reviewProbability\": 1.5", "$.scale.reviewProbability",
            "A review probability of 1.5 is not between 0 and 1."
        ),
        (
            "2026-03-01T00:00:00Z", "yesterday", "$.created",
            "\"yesterday\" is not a moment such as \"2026-03-01T16:00:00Z\""
        ),
        ("2025-11-01T00:00:00Z", "2027-11-01T00:00:00Z", "$.training.window", "it ends before it begins"),
        ("\"version\": \"3\"", "\"version\": \"../3\"", "$.version", "\"../3\" can't name a version"),
        ("\"rowCount\": 1200345", "\"rowCount\": 7", "$.training.badCount", "bad rows are some of the rows"),
    ])
    func `a wrong value is named by its JSON path`(from: String, to: String, place: String, reason: String) throws {
        #expect(problem(try edited(from, to)) == .invalid(path: "m.json", at: place, reason: reason))
    }

    @Test func `a newer format and what is no JSON are refused in words`() throws {
        let newer = try #require(problem(try edited("\"format\": 1", "\"format\": 2")))
        #expect(newer == .newerFormat(path: "m.json", format: 2, newestKnown: 1))
        #expect(newer.diagnostic.description.contains("Use the version of Caliber that wrote it."))
        for text in ["", "{", "[1, 2", "{\"a\": 1} x", "{\"a\": 1, \"a\": 2}", "{\"a\": tru}", "\"open", "{a: 1}"] {
            guard case .malformed = problem(Data(text.utf8)) else {
                Issue.record("\(text): \(String(describing: problem(Data(text.utf8))))")
                continue
            }
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(problem(Data(deep.utf8)) == .malformed(path: "m.json", reason: "it is nested too deeply (byte 64)"))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no damage crashes the reader or goes unnoticed`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var bytes = [UInt8](try FixedModelFile.encoded.get())
        let place = Int.random(in: 0..<bytes.count - 1, using: &generator)
        let before = bytes[place]
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
        let isSpace: (UInt8) -> Bool = { [0x20, 0x0A, 0x0D, 0x09].contains($0) }
        let changesNothing = bytes[place] == before || isSpace(before) && isSpace(bytes[place])
        #expect((problem(Data(bytes)) == nil) == changesNothing)
        bytes.removeLast(Int.random(in: 2..<bytes.count, using: &generator))
        #expect(problem(Data(bytes)) != nil)
    }

    @Test func `a figure without end is not written`() throws {
        var file = try FixedModelFile.make()
        file.columns[1].weight = .nan
        #expect(throws: ModelProblem.notFinite(at: "$.columns[1].weight")) { try file.encoded() }
    }

    @Test func `a model scores with the features it was trained on and with no others`() throws {
        let file = try FixedModelFile.make()
        let schema = try #require(FixedModelFile.schema)
        let scorer = try file.scorer(schema: schema)
        #expect(scorer.model == file.model && scorer.calibration == file.calibration)
        var columns = schema.columns
        columns[1].definition += " and more"
        columns.removeLast()
        columns.append(FeatureSchema.Column(id: "new", definition: "n"))
        let problem = #expect(throws: ModelProblem.self) {
            try file.scorer(schema: try FeatureSchema(columns: columns))
        }
        #expect(
            problem?.diagnostic.message
                == "Model order_bad@3 was trained on other features than the dictionary declares: "
                + "1 added (new), 1 removed (idle), 1 changed (buyer_refund_rate_30d).")
    }

    @Test func `the content hash follows the content`() throws {
        let file = try FixedModelFile.make()
        var other = file
        other.columns[0].weight = 0.8125.nextUp
        #expect(try file.contentHash() == (try ModelFile(reading: file.encoded(), path: "").contentHash()))
        #expect(try file.contentHash() != (try other.contentHash()))
    }
}
