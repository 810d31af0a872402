import CaliberSimulator
import Foundation

/// A stream with every kind of trouble, read back from its bytes by Foundation's JSON: what an engine can see, and what
/// the truth says.
struct TroubledShop: Sendable {
    let truth: SimulationTruth
    let ledgerTruth: LedgerTruth
    let summary: String
    let orderTruths: [OrderTruth]
    /// Whole events, once each, in the order of arrival.
    let events: [SeenEvent]
    let ledger: [String: LedgerRow]

    static let shared = TroubledShop(.troubled(seed: 17, orderCount: 9000, dayCount: 28))

    init(_ settings: SimulationSettings) {
        var bytes: [UInt8] = []
        var orderBytes: [UInt8] = []
        var ledgerBytes: [UInt8] = []
        let simulation = Simulation(settings)
        truth = simulation.write(
            to: { bytes.append(contentsOf: $0) }, orderTruth: { orderBytes.append(contentsOf: $0) })
        ledgerTruth = simulation.writeLedger { ledgerBytes.append(contentsOf: $0) }
        summary = SimulationSummary(settings, truth, ledgerTruth).json
        orderTruths = orderBytes.split(separator: UInt8(ascii: "\n")).compactMap {
            try? OrderTruth.decoder.decode(OrderTruth.self, from: Data($0))
        }
        var seen: Set<ArraySlice<UInt8>> = []
        events = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard seen.insert(line).inserted, let event = ParsedEvent(line), event.fault == nil else { return nil }
            return SeenEvent(event, line)
        }
        ledger = Dictionary(
            uniqueKeysWithValues: String(decoding: ledgerBytes, as: UTF8.self).split(separator: "\n").dropFirst().map {
                let cells = $0.split(separator: ",")
                return (
                    String(cells[0]),
                    LedgerRow(amountMinor: minorUnits(cells[3]) ?? 0, refundedMinor: minorUnits(cells[8]) ?? 0)
                )
            })
    }

    struct LedgerRow: Sendable {
        let amountMinor: Int64
        let refundedMinor: Int64
    }
}

/// One line of the truth about orders.
struct OrderTruth: Decodable, Sendable {
    struct Cause: Decodable, Sendable {
        let cause: String
        let logOdds: Double
    }

    struct Fault: Decodable, Sendable {
        let kind: String
        let cause: String?
        let documents: [String]?
        let amountMinor: Int64
    }

    let orderId: String
    let person: String
    let buyerId: String
    let channel: String
    let decidedAt: String?
    let isScored: Bool?
    let logOdds: Double?
    let observedLogOdds: Double?
    let probability: Double?
    let isBad: Bool?
    let way: String?
    let causes: [Cause]?
    let faults: [Fault]?

    func has(_ kind: FaultKind) -> Bool { faults?.contains { $0.kind == kind.rawValue } ?? false }

    func contribution(_ cause: RiskCause) -> Double {
        causes?.first { $0.cause == cause.rawValue }?.logOdds ?? 0
    }

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

/// An event as an engine knows it: its fields as texts, and both clocks in milliseconds.
struct SeenEvent: Sendable {
    let id: String
    let type: String
    let happened: Int64
    let recorded: Int64?
    private let fields: [String: String]

    init(_ event: ParsedEvent, _ line: ArraySlice<UInt8>) {
        id = event.id
        type = event.type
        happened = SeenEvent.milliseconds(event.time)
        let envelope = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        recorded = (envelope?["recordedtime"] as? String).map(SeenEvent.milliseconds)
        fields = event.data.mapValues { "\($0)" }
    }

    subscript(field: String) -> String? { fields[field] }
    var order: String { fields["order_id"] ?? "" }
    func minor(_ field: String) -> Int64 { fields[field].flatMap { minorUnits($0) } ?? 0 }
    func moment(_ field: String) -> Int64? { fields[field].map(SeenEvent.milliseconds) }

    /// Milliseconds since 2000 of a time on Shanghai's clock, in any of the forms that events have.
    static func milliseconds(_ text: String) -> Int64 {
        let digits = text.prefix(23).split { !$0.isNumber }.compactMap { Int($0) }
        guard digits.count >= 6 else { return 0 }
        let parts = DateComponents(
            calendar: calendar, year: digits[0], month: digits[1], day: digits[2], hour: digits[3], minute: digits[4],
            second: digits[5])
        let seconds = calendar.date(from: parts)?.timeIntervalSinceReferenceDate ?? 0
        let fraction = text.count > 23 && text.dropFirst(19).first == "." ? digits[6] : 0
        return Int64(seconds) * 1000 + Int64(fraction)
    }

    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt
        return calendar
    }()
}
