import CaliberAttribution
import CaliberDictionary
import Testing

/// Which touches make a path.
@Suite struct PathTests {
    /// A path as text: channels as letters, then `!` and the conversion's place, or `.` where it led nowhere.
    private func paths(
        _ touches: [(Int64, Character)], _ conversions: [Int64], _ rules: PathRules, direct: Set<Character> = []
    ) -> [String] {
        func code(_ letter: Character) -> UInt8 { letter.asciiValue.map { $0 - UInt8(ascii: "A") } ?? 0 }
        var building = PathBuilding(
            rules: rules, isDirect: (0..<26).map { direct.map(code).contains(UInt8($0)) })
        var texts: [String] = []
        touches.map(\.0).withUnsafeBufferPointer { times in
            touches.map { code($0.1) }.withUnsafeBufferPointer { channels in
                conversions.withUnsafeBufferPointer { moments in
                    let buyer = PathBuilding.Buyer(touchTimes: times, channels: channels, conversionTimes: moments)
                    building.build(buyer) { path, conversion, _ in
                        let letters = path.channels.map { String(UnicodeScalar($0 + UInt8(ascii: "A"))) }.joined()
                        texts.append(letters + (conversion.map { "!\($0)" } ?? "."))
                    }
                }
            }
        }
        return texts
    }

    private func spread(_ letters: String) -> [(Int64, Character)] {
        letters.enumerated().map { (Int64($0), $1) }
    }

    @Test(
        arguments: [
            (.exposure, "DABCDC"), (.first, "DABC"), (.frequency, "DDABBCCC"), (.unique, "DABBCDCC"),
            (.none, "DABBCDCC"),
        ] as [(PathRules.Transform, String)])
    func `repeated channels become what the rule says`(transform: PathRules.Transform, expected: String) {
        let rules = PathRules(lookback: 1000, transform: transform)
        #expect(paths(spread("DABBCDCC"), [100], rules) == [expected + "!0"])
    }

    @Test func `a window has its first moment and the conversion's, and no other`() {
        let rules = PathRules(lookback: 10, transform: .none)
        let touches: [(Int64, Character)] = [(89, "A"), (90, "B"), (100, "C"), (101, "D")]
        #expect(paths(touches, [100], rules) == ["BC!0", "A.", "D."])
    }

    @Test func `touches serve every conversion, or the next one alone`() {
        let touches: [(Int64, Character)] = [(1, "A"), (5, "B"), (7, "C")]
        #expect(paths(touches, [5, 9], PathRules(lookback: 100)) == ["AB!0", "ABC!1"])
        #expect(paths(touches, [5, 9], PathRules(lookback: 100, repeated: .restart)) == ["AB!0", "C!1"])
        #expect(paths(touches, [5, 5], PathRules(lookback: 100, repeated: .restart)) == ["AB!0", "!1", "C."])
    }

    @Test func `touches that no conversion has are paths that led nowhere, cut at silences and conversions`() {
        let rules = PathRules(lookback: 10)
        let touches: [(Int64, Character)] = [(0, "A"), (8, "B"), (30, "C"), (50, "D"), (59, "E"), (70, "F"), (85, "G")]
        #expect(paths(touches, [59], rules) == ["DE!0", "AB.", "C.", "F.", "G."])
        #expect(paths(touches, [], rules) == ["AB.", "C.", "DE.", "F.", "G."])
        #expect(paths([], [3], rules) == ["!0"])
        #expect(paths([], [], rules) == [])
    }

    @Test func `the latest steps count`() {
        #expect(paths(spread("ABCDE"), [9], PathRules(lookback: 100, stepLimit: 2)) == ["DE!0"])
    }

    @Test func `direct touches leave a path that has others`() {
        let rules = PathRules(lookback: 100, direct: .drop)
        #expect(paths(spread("AZBZ"), [9], rules, direct: ["Z"]) == ["AB!0"])
        #expect(paths(spread("ZZ"), [9], rules, direct: ["Z"]) == ["Z!0"])
        #expect(paths(spread("AZA"), [9], rules, direct: ["Z"]) == ["A!0"])
    }

    @Test func `times at the ends of what there is do no harm`() {
        let rules = PathRules(lookback: .max)
        let touches: [(Int64, Character)] = [(.min, "A"), (0, "B"), (.max, "C")]
        #expect(paths(touches, [.min, .max], rules).first == "A!0")
        #expect(paths(touches, [.max], PathRules(lookback: 1)).first == "C!0")
    }
}
