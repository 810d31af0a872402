import CaliberCore
import Foundation

/// The truth about a whole stream, for reading beside it: settings, the law, how well it can be known, faults.
public struct SimulationSummary: Encodable {
    struct Cause: Encodable {
        let cause: String
        let coefficient: Double
        let usual: Double
    }

    struct Law: Encodable {
        let intercept: Double
        let causes: [Cause]
    }

    struct Period: Encodable {
        let kind: String
        let target: String?
        let from: String
        let to: String
    }

    struct Ledger: Encodable {
        let rows: Int
        let missing: Int
        let differentAmounts: Int
        let lapsedDeposits: Int
    }

    let seed: UInt64
    let orders: Int
    let days: Int
    let startDay: String
    let faultSettings: [String: Double]
    let law: Law
    let lines: Int
    let accepted: Int
    let repeated: Int
    let malformed: [String: Int]
    let paidOrders: Int
    let decidedOrders: Int
    let scoredOrders: Int
    let badOrders: Int
    let expectedBadOrders: Double
    let badByWay: [String: Int]
    let baseRate: Double?
    let bestAUC: Double?
    let bestObservedAUC: Double?
    let lastDaysAUC: Double?
    let lastDaysObservedAUC: Double?
    let faults: [String: Int]
    let periods: [Period]
    let ledger: Ledger?

    public init(_ settings: SimulationSettings, _ truth: SimulationTruth, _ ledgerTruth: LedgerTruth? = nil) {
        let risk = truth.risk
        seed = settings.seed
        orders = settings.orderCount
        days = settings.dayCount
        startDay = "\(settings.startDay)"
        faultSettings = Dictionary(
            uniqueKeysWithValues: FaultSettings.names.map { ($0.name, settings.faults[keyPath: $0.path]) })
        law = Law(
            intercept: Double(RiskCause.interceptMilli) / 1000,
            causes: RiskCause.allCases.map {
                Cause(
                    cause: $0.rawValue, coefficient: Double($0.coefficientMilli) / 1000,
                    usual: Double($0.usualMilli) / 1000)
            })
        lines = truth.lineCount
        accepted = truth.acceptedCount
        repeated = truth.repeatCount
        malformed = Dictionary(uniqueKeysWithValues: truth.malformedByKind.map { ($0.key.rawValue, $0.value) })
        paidOrders = truth.paidOrderCount
        decidedOrders = risk.decidedCount
        scoredOrders = risk.scoredCount
        badOrders = risk.badCount
        expectedBadOrders = risk.expectedBadCount
        badByWay = Dictionary(uniqueKeysWithValues: risk.badByWay.map { ($0.key.rawValue, $0.value) })
        baseRate = risk.decidedCount > 0 ? Double(risk.badCount) / Double(risk.decidedCount) : nil
        bestAUC = risk.bestAUC
        bestObservedAUC = risk.bestObservedAUC
        lastDaysAUC = risk.lastDaysAUC
        lastDaysObservedAUC = risk.lastDaysObservedAUC
        var faultsByKind = truth.faultsByKind
        if let ledgerTruth {
            faultsByKind[.missingInLedger] = ledgerTruth.missingCount
            faultsByKind[.amountDiffersInLedger] = ledgerTruth.differentAmountCount
            faultsByKind[.depositCountedAsSale] = ledgerTruth.lapsedDepositCount
        }
        faults = Dictionary(uniqueKeysWithValues: faultsByKind.map { ($0.key.rawValue, $0.value) })
        periods = truth.periods.map {
            Period(
                kind: $0.kind.rawValue, target: $0.target, from: SimulationSummary.time($0.fromMilliseconds),
                to: SimulationSummary.time($0.toMilliseconds))
        }
        ledger = ledgerTruth.map {
            Ledger(
                rows: $0.rowCount, missing: $0.missingCount, differentAmounts: $0.differentAmountCount,
                lapsedDeposits: $0.lapsedDepositCount)
        }
    }

    /// Keys in alphabetical order, so that the same settings give the same bytes.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Numbers and texts of our own making can always be encoded.
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private static func time(_ milliseconds: Int64) -> String {
        var writer = NDJSONWriter()
        writer.time(milliseconds, .seconds)
        var text = ""
        writer.withBytes { text = String(decoding: $0, as: UTF8.self) }
        return text
    }
}
