import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct ExplanationJSONTests {
    private struct Maker {
        var random: SeededGenerator

        mutating func number() -> Double {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: Double(Int.random(in: -1_000_000...1_000_000, using: &random))
            case 1: Double.random(in: -1...1, using: &random) * 1e-9
            case 2: Double.random(in: -1...1, using: &random) * 1e18
            default: Double.random(in: -100...100, using: &random)
            }
        }

        mutating func text() -> String {
            let letters = ["a", "_", "渠道", "\"", "\\", "\n", "\t", "/", "\u{1}", "\u{1f}", "é", "🧾", " "]
            return (0..<Int.random(in: 0...8, using: &random)).map { _ in letters.randomElement(using: &random)! }
                .joined()
        }

        mutating func list(_ make: (inout Maker) -> [String: Any]) -> [[String: Any]] {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in make(&self) }
        }

        mutating func points() -> Int { Int.random(in: -10_000...10_000, using: &random) }

        mutating func health() -> Int { Int.random(in: 0...10_000, using: &random) }

        /// Leaves some members out.
        mutating func thinned(_ object: [String: Any], of names: [String]) -> [String: Any] {
            var object = object
            for name in names where Bool.random(using: &random) { object[name] = nil }
            return object
        }

        mutating func reason() -> [String: Any] {
            let columns = list { maker in
                maker.thinned(
                    [
                        "id": maker.text(), "value": maker.number(), "baseline": maker.number(),
                        "logOdds": maker.number(), "level": maker.text(), "unit": maker.text(),
                    ], of: ["value", "level", "unit"])
            }
            return thinned(
                [
                    "id": text(), "points": points(), "description": text(), "columns": columns,
                    "advice": ["english": text(), "chinese": text()],
                ], of: ["advice"])
        }

        mutating func change() -> [String: Any] {
            thinned(
                [
                    "id": text(), "from": number(), "to": number(), "fromLevel": text(), "toLevel": text(),
                    "deviations": number(), "healthAfter": health(), "isBeyondTraining": Bool.random(using: &random),
                    "unit": text(),
                ], of: ["from", "to", "fromLevel", "toLevel", "unit"])
        }

        mutating func explanation() -> [String: Any] {
            let wayBack: [String: Any] = [
                "kind": ["single", "several", "unreachable"].randomElement(using: &random)!,
                "changes": list { $0.change() }, "alternatives": list { $0.change() }, "healthAfter": health(),
            ]
            return thinned(
                [
                    "health": health(), "needsReview": Bool.random(using: &random), "probability": number(),
                    "rawLogOdds": number(), "basePoints": points(), "reasons": list { $0.reason() },
                    "supports": list { $0.reason() }, "otherPoints": points(), "limitPoints": points(),
                    "wayBack": wayBack,
                ], of: ["wayBack"])
        }
    }

    @Test func `an explanation is written as a coder would, and read back as it was`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for seed in 0..<200 as Range<UInt64> {
            var maker = Maker(random: SeededGenerator(seed: seed))
            let explanation = try JSONDecoder().decode(
                ScoreExplanation.self, from: JSONSerialization.data(withJSONObject: maker.explanation()))
            #expect(
                explanation.json == String(decoding: try encoder.encode(explanation), as: UTF8.self), "seed \(seed)")
            #expect(
                try JSONDecoder().decode(ScoreExplanation.self, from: Data(explanation.json.utf8)) == explanation,
                "seed \(seed)")
        }
    }
}
