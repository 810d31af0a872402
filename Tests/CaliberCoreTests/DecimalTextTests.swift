import CaliberCore
import CaliberTesting
import Testing

@Suite struct DecimalTextTests {
    @Test(arguments: [
        ("19.90", 1990), ("19.9", 1990), ("19", 1900), ("-3", -300), ("+0.5", 50), ("0", 0), ("-0.00", 0),
        ("1e3", 100_000), ("1.5E-1", 15), ("19.900000000000000000000000", 1990), ("0.010", 1),
        ("10000000000000.00", 1_000_000_000_000_000),
    ])
    func `an amount is read digit by digit`(text: String, minor: Int64) throws {
        #expect(try DecimalText.parse(text, scale: 2) == minor)
    }

    @Test(arguments: ["", ".", "1.", ".5", "-", "1,000", "１９", " 1", "1 ", "0x10", "1e", "NaN", "¥5", "1.2.3"])
    func `what is no plain decimal is refused`(text: String) {
        #expect(throws: DecimalText.Failure.malformed) { try DecimalText.parse(text, scale: 2) }
    }

    @Test(arguments: ["19.999", "0.001", "1e-3", "12345678.901"])
    func `decimals that the unit does not have are never rounded away`(text: String) {
        #expect(throws: DecimalText.Failure.tooPrecise) { try DecimalText.parse(text, scale: 2) }
    }

    @Test(arguments: ["10000000000000.01", "99999999999999999999", "1e18", "1e999999999999"])
    func `an amount past the limit is refused`(text: String) {
        #expect(throws: DecimalText.Failure.outOfRange) { try DecimalText.parse(text, scale: 2) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `a printed amount reads back as itself`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scale = Int.random(in: 0...3, using: &generator)
        let limit = DecimalText.largestAmountMinor
        let minor = Int64.random(in: -limit...limit, using: &generator) >> Int64.random(in: 0..<50, using: &generator)
        #expect(try DecimalText.parse(DecimalText.format(minor, scale: scale), scale: scale) == minor)
    }
}

@Suite struct CurrencyTests {
    @Test func `a currency knows its minor unit`() {
        #expect(Currency(code: "cny")?.minorDigits == 2)
        #expect(Currency(code: "JPY")?.minorDigits == 0)
        #expect(Currency(code: "KWD")?.minorDigits == 3)
        #expect(Currency(code: "RMB") == nil)
    }

    @Test func `money prints its exact amount and currency`() {
        #expect(Money(amountMinor: -5, currency: .cny).description == "-0.05 CNY")
        #expect(Money(amountMinor: 123_450, currency: .cny).description == "1234.50 CNY")
    }
}
