import CaliberCore
import CaliberDictionary
import CaliberIdentity
import CaliberTesting
import Foundation
import Testing

@Suite struct DefinitionTests {
    private static let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "dictionary").path

    @Test func `the shipped identity declares what its contracts carry`() throws {
        let dictionary = try MetricDictionary.load(from: Self.shipped).dictionary
        let buyers = try #require(dictionary.identity(named: "buyers"))
        #expect(
            buyers.identifiers.map(\.name) == [
                "user_id", "order", "phone_hash", "payment_account_hash", "device_fingerprint", "address_hash",
            ])
        let user = try #require(buyers.identifier(named: "user_id"))
        #expect(user.role == .account)
        #expect(user.values == IdentityDefinition.Limit(most: 1))
        #expect(user.carriers == [.field(contract: "order.created", field: "buyer_id", within: "channel")])
        let device = try #require(buyers.identifier(named: "device_fingerprint"))
        #expect(device.values == IdentityDefinition.Limit(most: 5, window: 365 * IdentityFixture.day))
        #expect(device.halfLife == 180 * IdentityFixture.day)
        for blocked in ["", "0", "00-0"] { #expect(device.blocked.patterns[0].matches(blocked)) }
        #expect(device.blocked.values.isSuperset(of: ["-1", "null", "anonymous", "unknown", "none"]))
        #expect(device.blocked.patterns[1].matches("test-phone"))
        #expect(!device.blocked.patterns[1].matches("latest-phone"))
        #expect(IdentityPolicy(buyers).identifier(named: "order") == 1)
    }

    @Test(arguments: [
        "^[0-]*$", "abc", "^a.c$", "a|bc|d", "^(?:ab|cd)+e?$", "x{2,3}", "^x{2}y{1,}$", "[^a-c]d", "^\\d+\\.\\d*$",
        "\\w\\s", "^$", "a*",
        "^(a|b)*abb$", "(ab){0,2}c", "[]a]", "[a\\]]b",
    ])
    func `a pattern finds what the standard library's expression finds`(text: String) throws {
        let pattern = try ValuePattern(text)
        let standard = try Regex(text == "[]a]" ? "[\\]a]" : text)
        var generator = SeededGenerator(seed: 7)
        let letters = Array("abcdexy0123-.] _")
        for _ in 0..<3_000 {
            let length = Int.random(in: 0..<8, using: &generator)
            let candidate = String(
                (0..<length).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
            #expect(
                pattern.matches(candidate) == (candidate.firstMatch(of: standard) != nil), "\(text) in \(candidate)")
        }
    }
}
