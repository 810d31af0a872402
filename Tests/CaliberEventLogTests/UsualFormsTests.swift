import CaliberCore
import CaliberEventLog
import CaliberTesting
import Testing

/// The quick readers beside the ones that know every form: where a quick one answers, both give the same.
@Suite struct UsualFormsTests {
    private static let zones: [BusinessZone?] = [
        nil, .utc, BusinessZone(identifier: "Asia/Shanghai"), BusinessZone(identifier: "Europe/Berlin"),
        BusinessZone(identifier: "-05:30"),
    ]

    @Test(arguments: 0..<5)
    func `times`(zoneIndex: Int) throws {
        let zone = UsualFormsTests.zones[zoneIndex]
        var generator = SeededGenerator(seed: UInt64(zoneIndex))
        var usual = UsualTime()
        var answerCount = 0
        for _ in 0..<20_000 {
            let text = time(&generator)
            let answer = Array(text.utf8).withUnsafeBufferPointer { usual.read($0, zone: { zone }) }
            guard let answer else { continue }
            answerCount += 1
            #expect(try TimestampText.parse(text, zone: zone).microseconds == answer, "\(text)")
        }
        #expect(answerCount > 2000)
    }

    @Test func `amounts`() throws {
        var generator = SeededGenerator(seed: 3)
        var answerCount = 0
        for _ in 0..<20_000 {
            let scale = Int.random(in: 0...4, using: &generator)
            var text = (0..<Int.random(in: 0...15, using: &generator)).map { _ in digit(&generator) }.joined()
            if Bool.random(using: &generator) {
                text += "." + (0..<Int.random(in: 0...4, using: &generator)).map { _ in digit(&generator) }.joined()
            }
            text = oddly(text, &generator)
            let answer = Array(text.utf8).withUnsafeBufferPointer { UsualAmount.read($0, minorDigits: scale) }
            guard let answer else { continue }
            answerCount += 1
            #expect(try DecimalText.parse(text, scale: scale) == answer, "\(text) at scale \(scale)")
        }
        #expect(answerCount > 1000)
    }

    /// Mostly a time of the usual form, on a day near a change of clocks, now and then with a wrong character.
    private func time(_ generator: inout SeededGenerator) -> String {
        func number(_ range: ClosedRange<Int>, _ width: Int) -> String {
            let digits = String(Int.random(in: range, using: &generator))
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day = ["2026-03-2", "2026-10-2", "2025-12-3", "0001-01-0", "9999-12-3"].randomElement(using: &generator)!
        var text = day + number(0...9, 1) + ["T", "T", "T", " ", "t"].randomElement(using: &generator)!
        text += number(0...24, 2) + ":" + number(0...60, 2) + ":" + number(0...60, 2)
        text += ["", "", ".5", ".123", ".1234", ".123456"].randomElement(using: &generator)!
        text += ["", "Z", "z", "+08:00", "-03:30", "+18:59", "+19:00", "+0800"].randomElement(using: &generator)!
        return Int.random(in: 0..<6, using: &generator) == 0 ? oddly(text, &generator) : text
    }

    private func oddly(_ text: String, _ generator: inout SeededGenerator) -> String {
        guard Int.random(in: 0..<4, using: &generator) == 0, !text.isEmpty else { return text }
        var bytes = Array(text.utf8)
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
            Array("0:-+. aZT/;9".utf8).randomElement(using: &generator)!
        return String(decoding: bytes, as: UTF8.self)
    }

    private func digit(_ generator: inout SeededGenerator) -> String {
        String(Int.random(in: 0...9, using: &generator))
    }
}
