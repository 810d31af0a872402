import CaliberCore

/// What a simulated shop is like, and how badly its systems deliver. The same settings give the same bytes.
public struct SimulationSettings: Hashable, Sendable {
    public var seed: UInt64 = 1
    public var orderCount = 20_000
    /// The first day, in Shanghai, on which orders are placed.
    public var startDay = CivilDate(year: 2025, month: 5, day: 25)
    /// Days on which orders are placed; what follows from them (parcels, refunds, late events) runs on for some weeks.
    public var dayCount = 30
    public var channels = SalesChannel.all
    public var productCount = 300
    /// Distinct buyers that orders are drawn from, as a share of the orders. Few buy often, many once.
    public var buyerShare = 0.6

    // What happens to orders, as shares of them.
    public var abandonedShare = 0.08
    public var failedPaymentShare = 0.04
    public var depositShare = 0.04
    public var giftShare = 0.012
    public var reviewShare = 0.03
    /// Of the parcels: a second one follows with the rest of the order.
    public var splitParcelShare = 0.04
    /// Added to every order's log-odds of going bad, in thousandths: 0 for the law as declared.
    public var extraLogOddsMilli = 0
    /// How often orders that go bad do so in each way. Which orders do is the law's to say (`RiskCause`).
    public var badWayWeights: [BadWay: Int] = [
        .cancelled: 18, .refundedBeforeShipping: 24, .refundedAfterDelivery: 36, .deliveredLate: 16, .lost: 6,
    ]
    /// Of the deposits that go bad: those whose final payment never comes.
    public var depositLapseShare = 0.4
    public var faults = FaultSettings.none

    // What the events tell beside the usual.
    /// Each event says when it was recorded, which is when it arrives: the CloudEvents extension `recordedtime`.
    public var recordsArrival = false
    /// Hashes of telephone, address and payer, lines, approvals, foreign currency.
    public var isDetailed = false

    // What goes wrong on the way, as shares of the events.
    /// Delivered a second time, byte for byte, under the same source and id.
    public var repeatShare = 0.02
    /// Arrive days after they happened.
    public var lateShare = 0.01
    /// Arrive broken, in one of `MalformedKind`'s ways.
    public var malformedShare = 0.003
    /// Share of the orders whose first payment callback overtakes the order itself.
    public var outOfOrderShare = 0.02

    // The ERP's ledger, as shares of its rows.
    public var ledgerMissingShare = 0.004
    public var ledgerDifferentAmountShare = 0.003

    public init() {}

    public init(seed: UInt64, orderCount: Int, dayCount: Int = 30) {
        self.seed = seed
        self.orderCount = orderCount
        self.dayCount = dayCount
    }

    /// A shop with all its trouble: every detail, every kind of fault.
    public static func troubled(seed: UInt64, orderCount: Int, dayCount: Int = 30) -> SimulationSettings {
        var settings = SimulationSettings(seed: seed, orderCount: orderCount, dayCount: dayCount)
        settings.faults = .all
        settings.recordsArrival = true
        settings.isDetailed = true
        settings.lateShare = 0.004
        settings.outOfOrderShare = 0.01
        return settings
    }
}

/// The ways in which a paid order goes bad.
public enum BadWay: String, CaseIterable, Hashable, Sendable {
    /// Called off after payment, by the buyer, the merchant or the review, and refunded.
    case cancelled
    case refundedBeforeShipping = "refunded_before_shipping"
    case refundedAfterDelivery = "refunded_after_delivery"
    /// More than three days after the promise.
    case deliveredLate = "delivered_late"
    /// Left the warehouse and never arrived.
    case lost
    /// A deposit whose final payment never came.
    case lapsed
    /// Does not move on, for one of `StuckCause`'s causes.
    case stuck
    /// Refunded by hand, which no event tells.
    case refundedOffline = "refunded_offline"
}

/// Where an order is placed.
public struct SalesChannel: Hashable, Sendable {
    /// As the events name it: `mini_program`.
    public let name: String
    /// As the ERP's ledger names it: `小程序`.
    public let ledgerName: String
    /// Orders come in proportion to it.
    public let weight: Int
    public let storeCount: Int

    public init(name: String, ledgerName: String, weight: Int, storeCount: Int) {
        self.name = name
        self.ledgerName = ledgerName
        self.weight = weight
        self.storeCount = storeCount
    }

    public static let all = [
        SalesChannel(name: "douyin", ledgerName: "抖音", weight: 26, storeCount: 4),
        SalesChannel(name: "tmall", ledgerName: "天猫", weight: 22, storeCount: 2),
        SalesChannel(name: "jd", ledgerName: "京东", weight: 14, storeCount: 2),
        SalesChannel(name: "pinduoduo", ledgerName: "拼多多", weight: 13, storeCount: 3),
        SalesChannel(name: "mini_program", ledgerName: "小程序", weight: 9, storeCount: 1),
        SalesChannel(name: "kuaishou", ledgerName: "快手", weight: 7, storeCount: 2),
        SalesChannel(name: "xiaohongshu", ledgerName: "小红书", weight: 5, storeCount: 1),
        SalesChannel(name: "store", ledgerName: "门店", weight: 4, storeCount: 12),
    ]
}

/// The ways in which a simulated event breaks its contract. Each replaces the event: the right one never arrives.
public enum MalformedKind: String, Hashable, Sendable, CaseIterable {
    /// The line breaks off: no JSON.
    case truncated
    /// `order_id` is not there.
    case missingField = "missing_field"
    /// `time` names no offset from UTC.
    case zoneMissing = "zone_missing"
    /// A field that the contract does not have.
    case undeclaredField = "undeclared_field"
    /// An amount with three decimals.
    case amountTooPrecise = "amount_too_precise"
    /// `douyn`.
    case unknownChannel = "unknown_channel"
    /// A province in GBK bytes.
    case notUTF8 = "not_utf8"
    /// A full-width digit in a tracking number.
    case fullWidthDigit = "full_width_digit"
    /// A full-width space in a tracking number.
    case fullWidthSpace = "full_width_space"
    /// A zero-width space in a tracking number.
    case invisibleCharacter = "invisible_character"
    /// A tracking number that is too short.
    case wrongLength = "wrong_length"
}
