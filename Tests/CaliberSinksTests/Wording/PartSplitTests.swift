import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

/// Random messages through WeCom's limit, which is the tightest.
@Suite struct PartSplitTests {
    struct Body: Decodable {
        struct Markdown: Decodable {
            let content: String
        }
        let markdown: Markdown
    }

    private func contents(_ message: AlertMessage) throws -> [String] {
        let sender = try Sample.sender(
            .weCom(WeComSettings(url: SecretText("https://example.com/send?key=0123456789"))))
        return try sender.parts(of: message).map { part in
            try JSONDecoder().decode(Body.self, from: Data(part.utf8)).markdown.content
        }
    }

    private func text(_ generator: inout SeededGenerator, upTo length: Int) -> String {
        let letters = ["a", "Z", "9", " ", "。", "单", "é", "e\u{301}", "👨‍👩‍👧‍👦", "🇨🇳", "-", "订"]
        let count = Int.random(in: 0...length, using: &generator)
        return (0..<count).map { _ in letters.randomElement(using: &generator)! }.joined()
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `parts keep within the limit, and together they say it all in its order`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let length = [20, 200, 2000, 5000][Int.random(in: 0..<4, using: &generator)]
        let alerts = (0..<Int.random(in: 1...4, using: &generator)).map { number in
            let facts = (0..<3).map { _ in Alert.Fact(name: "f", value: text(&generator, upTo: length / 4)) }
            return Sample.alert(
                id: "\(number)", title: "T\(number)" + text(&generator, upTo: length),
                summary: "S" + text(&generator, upTo: length), cause: nil, facts: facts,
                advice: [text(&generator, upTo: 30)], link: nil)
        }
        let message = Sample.message(alerts: alerts)
        let contents = try contents(message)
        for content in contents { #expect(content.utf8.count <= 4096) }
        let isWhole = contents.last?.contains("not listed here") == false
        // Characters of all parts, the numbers of parts, spaces and line ends aside.
        let said = letters(
            contents.enumerated().map { index, content in
                contents.count == 1 ? content : String(content.drop { $0 != "\n" })
            }.joined())
        for alert in alerts where isWhole {
            for words in [alert.title, alert.summary] + alert.facts.map(\.value) + alert.advice {
                // Bytes: taking spaces out can join a character with the one before it.
                let place = Data(said.utf8).range(of: Data(letters(words).utf8))
                #expect(place != nil || letters(words).isEmpty, "seed \(seed): lost \(words.prefix(40))")
            }
        }
        // A character that was cut would leave its pieces in two parts.
        for content in contents {
            #expect(!content.unicodeScalars.contains("\u{FFFD}"))
            let first = content.drop { $0 != "\n" }.drop { $0 == "\n" }.unicodeScalars.first
            #expect(first != "\u{301}" && first != "\u{200D}")
        }
    }

    private func letters(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != " " && $0 != "\n" && $0 != "*" }))
    }

    @Test func `parts end between alerts where they can`() throws {
        let contents = try contents(Sample.message(alerts: Sample.alerts(40)))
        for (index, content) in contents.enumerated() {
            let lines = content.split(separator: "\n")
            #expect(lines[0].hasPrefix("**(\(index + 1)/\(contents.count))"))
            #expect(lines.last?.hasPrefix("[Open](") == true)
        }
    }

    @Test func `what ten parts can't hold is counted`() throws {
        let contents = try contents(Sample.message(alerts: Sample.alerts(500), omitted: 7))
        #expect(contents.count == 10)
        let listed = contents.joined().split(separator: "**[").count - 1
        #expect(contents[9].contains("\(500 - listed + 7) more alerts are not listed here."))
        #expect(listed > 80)
    }

    @Test func `a message that fits is one part without a number`() throws {
        let contents = try contents(Sample.message())
        #expect(contents.count == 1)
        #expect(contents[0].hasPrefix("**[CRITICAL] Health"))
    }
}
