/// A currency by its ISO 4217 code, with the number of decimal digits of its minor unit.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
    /// Three upper-case letters: `CNY`.
    public let code: String
    /// Digits after the point of a major amount: 2 for CNY (fen), 0 for JPY, 3 for KWD.
    public let minorDigits: Int

    /// - Returns: nil when `code` is not an active ISO 4217 currency.
    public init?(code: String) {
        let upper = code.uppercased()
        guard let digits = Currency.minorDigits(of: upper) else { return nil }
        self.code = upper
        minorDigits = digits
    }

    public static let cny = Currency(code: "CNY")!

    public var description: String { code }

    /// Every code that `init(code:)` takes, sorted.
    public static var knownCodes: [String] { (twoDigitCodes + zeroDigitCodes + threeDigitCodes).sorted() }

    private static func minorDigits(of code: String) -> Int? {
        if zeroDigitCodes.contains(code) { return 0 }
        if threeDigitCodes.contains(code) { return 3 }
        return twoDigitCodes.contains(code) ? 2 : nil
    }

    /// Source: ISO 4217 list one, minor unit column.
    private static let zeroDigitCodes = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
        "XPF",
    ]
    private static let threeDigitCodes = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
    private static let twoDigitCodes = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP \
        CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR \
        IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN \
        NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP \
        STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW
        """.split(separator: " ").map(String.init)
}

/// An exact amount of one currency, in whole minor units.
public struct Money: Hashable, Sendable, CustomStringConvertible {
    public let amountMinor: Int64
    public let currency: Currency

    public init(amountMinor: Int64, currency: Currency) {
        self.amountMinor = amountMinor
        self.currency = currency
    }

    /// The major amount with all its decimals, and the currency: `1234.50 CNY`.
    public var description: String {
        DecimalText.format(amountMinor, scale: currency.minorDigits) + " " + currency.code
    }
}
