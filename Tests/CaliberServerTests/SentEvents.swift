import CaliberSimulator
import CaliberTesting
import Foundation

/// Events for tests to send.
enum SentEvents {
    /// A payment of an order, as a line of NDJSON; a new number is a new event.
    static func payment(_ number: Int, fen: Int = 1990, orderPrefix: String = "o") -> String {
        let amount = "\(fen / 100)." + (fen % 100 < 10 ? "0" : "") + "\(fen % 100)"
        let place = String(repeating: "0", count: max(0, 9 - String(number).count)) + String(number)
        let no = "123456789" + place
        return #"{"specversion":"1.0","id":"p-\#(orderPrefix)\#(number)","source":"tests","type":"payment.callback","#
            + #""time":"2026-03-01T10:00:00Z","data":{"order_id":"\#(orderPrefix)\#(number)","payment_no":"\#(no)","#
            + #""amount":"\#(amount)","result":"success","callback_at":"2026-03-01T10:00:00Z"}}"#
    }

    static func lines(_ numbers: Range<Int>, orderPrefix: String = "o") -> [UInt8] {
        Array(numbers.map { payment($0, orderPrefix: orderPrefix) + "\n" }.joined().utf8)
    }

    /// A week of orders as the simulator makes them, as lines.
    static func simulated(orderCount: Int, seed: UInt64 = 5) -> [Data] {
        var bytes = Data()
        Simulation(SimulationSettings(seed: seed, orderCount: orderCount, dayCount: 7)).write {
            bytes.append(contentsOf: $0)
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { Data($0) + [UInt8(ascii: "\n")] }
    }

    /// Bytes as a command line tool packs them.
    static func packed(_ bytes: [UInt8], by tool: String, in folder: TemporaryFolder) throws -> [UInt8] {
        let path = folder.path(UUID().uuidString)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let output = path + ".packed"
        try Data().write(to: URL(fileURLWithPath: output))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool, "-c", path]
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try process.run()
        process.waitUntilExit()
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
    }
}
