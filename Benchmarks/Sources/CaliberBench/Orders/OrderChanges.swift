import Foundation

/// Events that change orders which are in the table: a refund, and a corrected amount. Each has an id and a figure of its
/// own, so that none is a repeat, not even of an earlier run on the same file.
struct OrderChanges {
    let orderIDs: [String]
    private let run = UUID()
    private var count = 0

    init(orderIDs: [String]) {
        precondition(!orderIDs.isEmpty, "there are orders to change")
        self.orderIDs = orderIDs
    }

    /// - Returns: one line an event.
    mutating func next(_ eventCount: Int) -> [UInt8] {
        var lines = ""
        for _ in 0..<eventCount {
            let order = orderIDs[count % orderIDs.count]
            count += 1
            let fen = String(format: "%d.%02d", 100 + count / 100, count % 100)
            lines += """
                {"specversion":"1.0","id":"\(run)-\(count)","source":"bench","type":"order.exported",\
                "time":"2026-01-15T12:00:00+08:00","data":{"order_id":"\(order)","paid":"\(fen)","refunded":"\(fen)",\
                "is_refunded":true,"status":"refunded"}}

                """
        }
        return Array(lines.utf8)
    }
}
