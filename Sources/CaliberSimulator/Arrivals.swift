/// Events on their way, by the minute in which they arrive: a calendar queue.
///
/// It holds eight bytes an event under way, nothing of its content, so memory follows the events under way and not the
/// orders simulated. What is added for the current minute still takes its turn in it.
struct Arrivals {
    /// Which event of which order, and the moment within the minute; in the order in which they arrive.
    struct Ticket: Comparable {
        private let packed: UInt64

        private static let orderBits: UInt64 = 34
        private static let positionBits: UInt64 = 7
        /// A position that no event has: the order's fate is to be decided.
        static let decision = (1 << Int(positionBits)) - 1

        init(millisecondOfMinute: Int64, order: Int, position: Int, isRepeat: Bool) {
            precondition(
                order >> Int(Ticket.orderBits) == 0 && position >> Int(Ticket.positionBits) == 0,
                "order \(order), event \(position) fit a ticket")
            var packed = UInt64(millisecondOfMinute)
            packed = packed << Ticket.orderBits | UInt64(order)
            packed = packed << Ticket.positionBits | UInt64(position)
            self.packed = packed << 1 | (isRepeat ? 1 : 0)
        }

        var order: Int { Int(packed >> (Ticket.positionBits + 1) & (1 << Ticket.orderBits - 1)) }
        var position: Int { Int(packed >> 1 & (1 << Ticket.positionBits - 1)) }
        var isRepeat: Bool { packed & 1 == 1 }
        var millisecondOfMinute: Int64 { Int64(packed >> (Ticket.positionBits + Ticket.orderBits + 1)) }

        static func < (left: Ticket, right: Ticket) -> Bool { left.packed < right.packed }
    }

    /// Minutes ahead that can be held: longer than any event of the simulation is under way.
    static let minutesAhead = 100 * 24 * 60

    private var minutes: [[Ticket]] = Array(repeating: [], count: Arrivals.minutesAhead)
    private(set) var pendingCount = 0
    private let startMilliseconds: Int64
    /// The minute that is being taken, its tickets in order, and the next of them.
    private var currentMinute = 0
    private var current: [Ticket] = []
    private var next = 0

    init(startMilliseconds: Int64) {
        self.startMilliseconds = startMilliseconds
    }

    /// - Precondition: it arrives after what was taken last, and within `minutesAhead`.
    mutating func add(arrivesMilliseconds: Int64, order: Int, position: Int, isRepeat: Bool) {
        let offset = arrivesMilliseconds - startMilliseconds
        let minute = Int(offset / TradingCalendar.millisecondsPerMinute)
        precondition(
            minute >= currentMinute && minute < currentMinute + Arrivals.minutesAhead,
            "minute \(minute) is within \(Arrivals.minutesAhead) minutes of \(currentMinute)")
        let ticket = Ticket(
            millisecondOfMinute: offset % TradingCalendar.millisecondsPerMinute, order: order, position: position,
            isRepeat: isRepeat)
        pendingCount += 1
        guard minute == currentMinute else {
            minutes[minute % Arrivals.minutesAhead].append(ticket)
            return
        }
        var place = current.count
        while place > next, ticket < current[place - 1] { place -= 1 }
        current.insert(ticket, at: place)
    }

    /// The next ticket that arrives before `minute` of the window has begun, and when it arrives.
    mutating func take(beforeMinute minute: Int) -> (ticket: Ticket, arrivesMilliseconds: Int64)? {
        while next == current.count {
            guard currentMinute < minute - 1 else { return nil }
            begin(currentMinute + 1)
        }
        let ticket = current[next]
        next += 1
        pendingCount -= 1
        let arrives =
            startMilliseconds + Int64(currentMinute) * TradingCalendar.millisecondsPerMinute
            + ticket.millisecondOfMinute
        return (ticket, arrives)
    }

    private mutating func begin(_ minute: Int) {
        currentMinute = minute
        let slot = minute % Arrivals.minutesAhead
        next = 0
        current = minutes[slot]
        minutes[slot] = []
        current.sort()
    }
}
