/// Events on their way, by the hour in which they arrive: a calendar queue.
///
/// It holds eight bytes an event under way, nothing of its content, so memory follows the events under way and not the
/// orders simulated.
struct Arrivals {
    /// Which event of which order, and the moment within the hour; in the order in which they arrive.
    struct Ticket: Comparable {
        private let packed: UInt64

        private static let orderBits: UInt64 = 34
        private static let positionBits: UInt64 = 7

        init(millisecondOfHour: Int64, order: Int, position: Int, isRepeat: Bool) {
            precondition(
                order >> Int(Ticket.orderBits) == 0 && position >> Int(Ticket.positionBits) == 0,
                "order \(order), event \(position) fit a ticket")
            var packed = UInt64(millisecondOfHour)
            packed = packed << Ticket.orderBits | UInt64(order)
            packed = packed << Ticket.positionBits | UInt64(position)
            self.packed = packed << 1 | (isRepeat ? 1 : 0)
        }

        var order: Int { Int(packed >> (Ticket.positionBits + 1) & (1 << Ticket.orderBits - 1)) }
        var position: Int { Int(packed >> 1 & (1 << Ticket.positionBits - 1)) }
        var isRepeat: Bool { packed & 1 == 1 }

        static func < (left: Ticket, right: Ticket) -> Bool { left.packed < right.packed }
    }

    /// Hours ahead that can be held: longer than any event of the simulation is under way.
    static let hoursAhead = 100 * 24

    private var hours: [[Ticket]] = Array(repeating: [], count: Arrivals.hoursAhead)
    private(set) var pendingCount = 0
    private let startMilliseconds: Int64
    private var currentHour = 0

    init(startMilliseconds: Int64) {
        self.startMilliseconds = startMilliseconds
    }

    mutating func add(arrivesMilliseconds: Int64, order: Int, position: Int, isRepeat: Bool) {
        let offset = arrivesMilliseconds - startMilliseconds
        let hour = Int(offset / TradingCalendar.millisecondsPerHour)
        precondition(
            hour >= currentHour && hour < currentHour + Arrivals.hoursAhead,
            "hour \(hour) is within \(Arrivals.hoursAhead) hours of \(currentHour)")
        hours[hour % Arrivals.hoursAhead].append(
            Ticket(
                millisecondOfHour: offset % TradingCalendar.millisecondsPerHour, order: order, position: position,
                isRepeat: isRepeat))
        pendingCount += 1
    }

    /// What arrives in the current hour, in order; the hour is over with it.
    mutating func takeHour() -> [Ticket] {
        let slot = currentHour % Arrivals.hoursAhead
        var tickets: [Ticket] = []
        swap(&tickets, &hours[slot])
        tickets.sort()
        pendingCount -= tickets.count
        currentHour += 1
        return tickets
    }
}
