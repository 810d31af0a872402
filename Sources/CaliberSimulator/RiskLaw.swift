/// The law by which simulated orders go bad: the one place where its causes and their weights are declared.
///
/// The log-odds that a paid order goes bad are `intercept + Σ coefficient · (value − usual)`, and whether it does is
/// then drawn: that draw is the noise. Every value can be known when the payment's first successful callback arrives,
/// from the events that arrived before, so the best score that anyone can give is the law's own. Whole thousandths
/// throughout, so that a seed gives the same bytes everywhere.
public enum RiskCause: String, CaseIterable, Hashable, Sendable {
    /// Failed payment callbacks of the order itself before it was paid.
    case failedPayments = "failed_payments"
    /// Orders that the account placed within the last ten minutes, this one among them: a purchase entered twice.
    case likeOrders = "like_orders"
    /// Orders placed on the device within the last hour, this one among them.
    case deviceOrders = "device_orders"
    /// Failed payment callbacks of orders on the device within the last 24 hours, this order's among them.
    case deviceFailures = "device_failures"
    /// Refunds that the account got within the last 30 days.
    case buyerRefunds = "buyer_refunds"
    /// Refunds of orders to the address within the last 30 days.
    case addressRefunds = "address_refunds"
    /// Parcels that the account received within the last 30 days: a buyer who is known is a better one.
    case buyerDeliveries = "buyer_deliveries"
    /// Failed callbacks as a share of the channel's callbacks within the last 24 hours.
    case channelFailures = "channel_failures"
    /// Failed callbacks as a share of the payment method's callbacks within the last hour.
    case methodFailures = "method_failures"
    /// Parcels past their promise as a share of those that the planned carrier delivered within the last 7 days.
    case carrierLateness = "carrier_lateness"
    /// The stock was promised to others already: fewer than none were left after the reservation.
    case oversold
    /// Discount as a share of the goods' list value.
    case discount
    /// Placed between midnight and six in the morning, in Shanghai.
    case night
    /// The parcel goes to a province at three days' distance or more.
    case farProvince = "far_province"
    /// Came by a live stream.
    case liveStream = "live_stream"
    /// Paid in two parts.
    case deposit
    /// A thousand yuan or more are to be paid.
    case largeAmount = "large_amount"
    /// Bought in one of the two great sales.
    case promotion

    /// Its weight in thousandths of log-odds for one more of its value.
    public var coefficientMilli: Int {
        switch self {
        case .failedPayments: 1100
        case .likeOrders: 1600
        case .deviceOrders: 380
        case .deviceFailures: 240
        case .buyerRefunds: 1300
        case .addressRefunds: 500
        case .buyerDeliveries: -350
        case .channelFailures: 3600
        case .methodFailures: 2000
        case .carrierLateness: 3000
        case .oversold: 2600
        case .discount: 6000
        case .night: 1300
        case .farProvince: 1500
        case .liveStream: 1000
        case .deposit: 1200
        case .largeAmount: 1200
        case .promotion: 400
        }
    }

    /// What its value is most often or in the middle, in thousandths: contributions are told against it.
    public var usualMilli: Int {
        switch self {
        case .likeOrders, .deviceOrders: 1000
        case .channelFailures, .methodFailures: 50
        case .carrierLateness: 20
        default: 0
        }
    }

    /// The log-odds that an order goes bad of which nothing is unusual, in thousandths.
    public static let interceptMilli = -5300

    /// Of an order of which nothing is known, in thousandths: about the base rate.
    static let logOddsOfUnknownMilli = -2700

    /// Its place among the causes.
    var index: Int {
        switch self {
        case .failedPayments: 0
        case .likeOrders: 1
        case .deviceOrders: 2
        case .deviceFailures: 3
        case .buyerRefunds: 4
        case .addressRefunds: 5
        case .buyerDeliveries: 6
        case .channelFailures: 7
        case .methodFailures: 8
        case .carrierLateness: 9
        case .oversold: 10
        case .discount: 11
        case .night: 12
        case .farProvince: 13
        case .liveStream: 14
        case .deposit: 15
        case .largeAmount: 16
        case .promotion: 17
        }
    }

    static let coefficientsMilli = allCases.map(\.coefficientMilli)
    static let usualsMilli = allCases.map(\.usualMilli)
}

/// The law's answer for one order. Kept and filled again.
struct RiskAssessment {
    /// By the cause's index, in thousandths of log-odds against what is usual.
    private(set) var contributionsMilli = [Int](repeating: 0, count: RiskCause.allCases.count)
    private(set) var logOddsMilli = RiskCause.interceptMilli
    private let interceptMilli: Int

    init(extraLogOddsMilli: Int) {
        interceptMilli = RiskCause.interceptMilli + extraLogOddsMilli
    }

    mutating func clear() {
        for place in contributionsMilli.indices { contributionsMilli[place] = 0 }
        logOddsMilli = interceptMilli
    }

    mutating func set(_ cause: RiskCause, _ valueMilli: Int) {
        let place = cause.index
        let contribution =
            RiskCause.coefficientsMilli[place] * (valueMilli - RiskCause.usualsMilli[place]) / 1000
        logOddsMilli += contribution - contributionsMilli[place]
        contributionsMilli[place] = contribution
    }

    func contributionMilli(_ cause: RiskCause) -> Int { contributionsMilli[cause.index] }

    var probability: Double { RiskAssessment.probability(ofLogOddsMilli: logOddsMilli) }

    /// 1 / (1 + e^−z), by additions, products and quotients alone: these are rounded alike on every machine, `exp` is
    /// not.
    static func probability(ofLogOddsMilli milli: Int) -> Double {
        let bounded = max(-40_000, min(40_000, milli))
        return 1 / (1 + exponential(-Double(bounded) / 1000))
    }

    /// e^x for |x| ≤ 40, by 2^k · e^r with |r| ≤ ½ ln 2 and the Taylor series of e^r.
    private static func exponential(_ x: Double) -> Double {
        let power = (x / 0.693_147_180_559_945_3).rounded()
        let rest = x - power * 0.693_147_180_559_945_3
        var sum = 1.0
        for term in stride(from: 16.0, through: 1, by: -1) { sum = 1 + sum * rest / term }
        return Double(sign: .plus, exponent: Int(power), significand: sum)
    }
}
