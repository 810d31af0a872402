import CaliberEventLog
import CaliberTesting
import Foundation
import Testing

/// The automaton beside the system's regular expressions: wherever it answers, the answers are the same.
@Suite struct PatternAutomatonTests {
    @Test(arguments: [
        "[0-9A-Za-z-]{1,32}", "[0-9]{18}", "[A-Z]{2}[0-9]{13}", "a|b|", "(ab|a)(c|bcd)?", "(?:x{2,3}y)*", "[^a-c]+",
        #"\d{4}-\d{2}"#, #"\w+\.\w+"#, "a{0}", "(a*)*b", "[a-]", "[+.,/;@!%=()*]{0,3}", "(?:)", "a{2,}b?",
    ])
    func `every short text matches as the system says`(pattern: String) throws {
        let automaton = try #require(PatternAutomaton(pattern))
        let expression = try NSRegularExpression(pattern: "\\A(?:\(pattern))\\z")
        var generator = SeededGenerator(seed: 1)
        for byte in 0..<128 as Range<UInt8> { expectSame(automaton, expression, [byte], pattern) }
        let alphabet = Array("aabbccxyABZ019-_.+/\n\r \u{0}".utf8)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            expectSame(automaton, expression, text, pattern)
        }
        for text in ["ORD-202501010000000001", "420000000001130301", "ZT4165119594338", "2026-03", "ab.c_1"] {
            expectSame(automaton, expression, Array(text.utf8), pattern)
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `random patterns match as the system says, or are left to it`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "a", "b", "c", "[ab]", "[^b]", "[a-c]", "(", ")", "(?:", "|", "*", "+", "?", "{2}", "{1,2}", "{,2}", "{0,}",
            #"\d"#, #"\w"#, #"\."#, ".", "^", "$", "1", "-", "]", "[", #"\b"#, "[:a]", "[a&&b]", "é",
        ]
        var compiledCount = 0
        for _ in 0..<400 {
            let pattern = (0..<Int.random(in: 1...7, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let expression = try? NSRegularExpression(pattern: "\\A(?:\(pattern))\\z"),
                let automaton = PatternAutomaton(pattern)
            else { continue }
            compiledCount += 1
            for _ in 0..<40 {
                let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                    Array("aabbc1-.:&".utf8).randomElement(using: &generator) ?? 0
                }
                expectSame(automaton, expression, text, pattern)
            }
        }
        #expect(compiledCount > 20)
    }

    @Test(arguments: [
        "(?=a)a", #"(a)\1"#, "a+?", "a++", "[[:alpha:]]", "[a-c&&b]", "é", #"\p{L}"#, "(?i)a", "a.b", #"\s"#, "^a",
        "a$",
        "a{1,2}{3}", "[]a]", "a)(b", "(a{900}){900}",
    ])
    func `what the automaton does not know is left to the system`(pattern: String) {
        #expect(PatternAutomaton(pattern) == nil)
    }

    @Test func `texts past ASCII are left to the system`() throws {
        let automaton = try #require(PatternAutomaton(#"\w+"#))
        #expect(Array("订单".utf8).withUnsafeBufferPointer { automaton.matches($0) } == nil)
    }

    private func expectSame(
        _ automaton: PatternAutomaton, _ expression: NSRegularExpression, _ text: [UInt8], _ pattern: String
    ) {
        let string = String(decoding: text, as: UTF8.self)
        let range = NSRange(location: 0, length: string.utf16.count)
        let expected = expression.firstMatch(in: string, range: range) != nil
        let found = text.withUnsafeBufferPointer { automaton.matches($0) }
        #expect(found == expected, "\(pattern) on \(text)")
    }
}
