import CaliberCore
import CaliberSimulator
import Foundation

/// A stream in memory, and its lines.
struct SimulatedStream {
    let bytes: [UInt8]
    let truth: SimulationTruth
    let ledger: [UInt8]
    let ledgerTruth: LedgerTruth

    init(_ settings: SimulationSettings) {
        var bytes: [UInt8] = []
        var ledger: [UInt8] = []
        let simulation = Simulation(settings)
        truth = simulation.write { bytes.append(contentsOf: $0) }
        ledgerTruth = simulation.writeLedger { ledger.append(contentsOf: $0) }
        self.bytes = bytes
        self.ledger = ledger
    }

    var lines: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }

    /// Without the heading.
    var ledgerRows: [[Substring]] {
        String(decoding: ledger, as: UTF8.self).split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    }
}

extension SimulationSettings {
    static func faultless(seed: UInt64, orderCount: Int) -> SimulationSettings {
        var settings = SimulationSettings(seed: seed, orderCount: orderCount, dayCount: 7)
        settings.repeatShare = 0
        settings.lateShare = 0
        settings.malformedShare = 0
        settings.outOfOrderShare = 0
        return settings
    }
}

/// A line read by another tool than wrote it: Foundation's JSON.
struct ParsedEvent {
    let type: String
    let source: String
    let id: String
    let time: String
    let data: [String: Any]

    init?(_ line: ArraySlice<UInt8>) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
            let type = object["type"] as? String, let source = object["source"] as? String,
            let id = object["id"] as? String, let time = object["time"] as? String,
            let data = object["data"] as? [String: Any], object["specversion"] as? String == "1.0"
        else { return nil }
        (self.type, self.source, self.id, self.time, self.data) = (type, source, id, time, data)
    }

    func text(_ field: String) -> String { data[field] as? String ?? "" }

    /// An amount in minor units, nil when it has not exactly two decimals.
    func minor(_ field: String) -> Int64? { minorUnits(text(field)) }

    /// What is wrong with it, as far as a reader of JSON can see.
    var fault: MalformedKind? {
        if type.hasPrefix("order") || type.hasPrefix("payment") || type.hasPrefix("shipment"), data["order_id"] == nil {
            return .missingField
        }
        if ["stock.reserved", "refund.settled"].contains(type), data["order_id"] == nil { return .missingField }
        if !time.hasSuffix("+08:00") { return .zoneMissing }
        if data["debug_trace"] != nil { return .undeclaredField }
        if data["amount"] != nil, minor("amount") == nil { return .amountTooPrecise }
        if text("channel") == "douyn" { return .unknownChannel }
        if text("tracking_no").contains("１") { return .fullWidthDigit }
        if text("tracking_no").contains("\u{3000}") { return .fullWidthSpace }
        if text("tracking_no").contains("\u{200B}") { return .invisibleCharacter }
        if data["tracking_no"] != nil, text("tracking_no").count != 15 { return .wrongLength }
        return nil
    }
}

func minorUnits(_ text: some StringProtocol) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].count == 2 else { return nil }
    return Int64(String(parts[0]) + String(parts[1]))
}
