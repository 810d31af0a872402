import CaliberColumns
import CaliberCore

/// The rows that a watch has open, found by the bytes of their keys: a look asks for each row that the watch is for.
struct OpenRows {
    /// An open row, as long as nothing is closed.
    struct Row {
        fileprivate let code: UInt32
    }

    private var keys = StringPool()
    /// Of each key, UTC microseconds; `notOpen` once it was closed.
    private var openings: [Int64] = []
    /// Of each key, in hundredths; `unknown` where no ticket says.
    private var healths: [Int32] = []
    private var openCount = 0

    private static let notOpen = Int64.min
    private static let unknown = Int32.min
    /// Keys of closed rows that may stay.
    private static let greatestClosedCount = 4_096

    init() {}

    init(_ memory: WatchMemory) {
        for (key, openedAt) in memory.open {
            var key = key
            let health = memory.ticketHealth[key]
            key.withUTF8 { add(UnsafeRawBufferPointer($0), at: openedAt, ticketHealth: health) }
        }
    }

    var isEmpty: Bool { openCount == 0 }

    func row(_ key: UnsafeRawBufferPointer) -> Row? {
        guard openCount > 0, let code = keys.code(of: key), openings[Int(code)] != OpenRows.notOpen else { return nil }
        return Row(code: code)
    }

    mutating func add(_ key: UnsafeRawBufferPointer, at now: Timestamp, ticketHealth: Int?) {
        let code = Int(keys.intern(key))
        if code == openings.count {
            openings.append(OpenRows.notOpen)
            healths.append(OpenRows.unknown)
        }
        openings[code] = now.microseconds
        healths[code] = ticketHealth.map { Int32(clamping: $0) } ?? OpenRows.unknown
        openCount += 1
    }

    func openedAt(_ row: Row) -> Timestamp { Timestamp(microseconds: openings[Int(row.code)]) }

    func ticketHealth(of row: Row) -> Int? {
        let health = healths[Int(row.code)]
        return health == OpenRows.unknown ? nil : Int(health)
    }

    mutating func setTicketHealth(_ hundredths: Int, of row: Row) {
        healths[Int(row.code)] = Int32(clamping: hundredths)
    }

    /// - Returns: since when it was open.
    mutating func close(_ row: Row) -> Timestamp {
        defer {
            openings[Int(row.code)] = OpenRows.notOpen
            openCount -= 1
        }
        return openedAt(row)
    }

    /// Lets go of the keys of closed rows, when most are such.
    mutating func forgetClosed() {
        guard keys.count > 2 * openCount + OpenRows.greatestClosedCount else { return }
        let (oldKeys, oldOpenings, oldHealths) = (keys, openings, healths)
        keys = StringPool()
        (openings, healths, openCount) = ([], [], 0)
        for (code, openedAt) in oldOpenings.enumerated() where openedAt != OpenRows.notOpen {
            let health = oldHealths[code]
            add(
                oldKeys[UInt32(truncatingIfNeeded: code)], at: Timestamp(microseconds: openedAt),
                ticketHealth: health == OpenRows.unknown ? nil : Int(health))
        }
    }
}

/// Rows of which nothing new is said for a while, since what was said of them is over.
struct CoolingRows {
    private let duration: Int64
    private var closings: [String: Timestamp]
    /// The same in the order in which they were closed; those before `first` are forgotten.
    private var queue: [(key: String, closedAt: Timestamp)]
    private var first = 0

    /// - Parameter duration: microseconds.
    init(_ closings: [String: Timestamp], for duration: Int64) {
        self.duration = duration
        self.closings = closings
        queue = closings.map { (key: $0.key, closedAt: $0.value) }.sorted {
            ($0.closedAt, $0.key) < ($1.closedAt, $1.key)
        }
    }

    mutating func add(_ key: String, at now: Timestamp) {
        closings[key] = now
        queue.append((key: key, closedAt: now))
    }

    func contains(_ key: UnsafeRawBufferPointer) -> Bool {
        !closings.isEmpty && closings[String(decoding: key, as: UTF8.self)] != nil
    }

    /// Lets go of what has cooled down.
    mutating func forget(until now: Timestamp) {
        while first < queue.count, isOver(queue[first].closedAt, now) {
            let (key, closedAt) = queue[first]
            // It may have been open and over once more.
            if closings[key] == closedAt { closings[key] = nil }
            first += 1
        }
        guard first > queue.count / 2 else { return }
        queue.removeFirst(first)
        first = 0
    }

    private func isOver(_ closedAt: Timestamp, _ now: Timestamp) -> Bool {
        let end = closedAt.microseconds.addingReportingOverflow(duration)
        return !end.overflow && end.partialValue <= now.microseconds
    }
}
