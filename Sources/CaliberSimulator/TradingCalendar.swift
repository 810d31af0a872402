import CaliberCore

/// When orders are placed: the shape of the day, of the week, and the promotion days.
struct TradingCalendar {
    /// Orders placed before each hour of the window begins, and all of them at the end.
    private let cumulativeOrders: [Int]
    /// Of each day of the window.
    private let promotions: [Promotion]
    private let startDay: CivilDate
    /// UTC milliseconds of the first hour.
    let startMilliseconds: Int64

    static let millisecondsPerMinute: Int64 = 60_000
    static let millisecondsPerHour: Int64 = 3_600_000
    static let millisecondsPerDay: Int64 = 86_400_000
    /// Shanghai has had no clock change since 1991.
    static let offsetMilliseconds: Int64 = 8 * 3_600_000

    var hourCount: Int { cumulativeOrders.count - 1 }

    init(startDay: CivilDate, dayCount: Int, orderCount: Int) {
        self.startDay = startDay
        var weights: [Int] = []
        var promotions: [Promotion] = []
        for day in 0..<dayCount {
            let date = CivilDate(dayNumber: startDay.dayNumber + Int32(day))
            promotions.append(Promotion.on(date))
            let weight = TradingCalendar.weightOfWeekday[date.isoWeekday - 1] * promotions[day].demandPercent
            weights += TradingCalendar.weightOfHour.map { $0 * weight }
        }
        let total = weights.reduce(0, +)
        var sum = 0
        var cumulative = [0]
        for weight in weights {
            sum += weight
            let share = UInt64(sum).multipliedFullWidth(by: UInt64(orderCount))
            cumulative.append(Int(UInt64(total).dividingFullWidth(share).quotient))
        }
        cumulativeOrders = cumulative
        self.promotions = promotions
        startMilliseconds =
            Int64(startDay.dayNumber) * TradingCalendar.millisecondsPerDay - TradingCalendar.offsetMilliseconds
    }

    /// - Precondition: the day is one of the window's.
    func promotion(on date: CivilDate) -> Promotion { promotions[Int(date.dayNumber - startDay.dayNumber)] }

    /// The numbers of the orders placed in one hour of the window.
    func orders(inHour hour: Int) -> Range<Int> { cumulativeOrders[hour]..<cumulativeOrders[hour + 1] }

    /// UTC milliseconds at which an order is placed; rises with its number.
    func placedMilliseconds(order number: Int, inHour hour: Int, jitter: Int) -> Int64 {
        let orders = orders(inHour: hour)
        let slot = TradingCalendar.millisecondsPerHour * 1000 / Int64(orders.count)
        let within = (Int64(number - orders.lowerBound) * slot + slot * Int64(jitter) / 1000) / 1000
        return startMilliseconds + Int64(hour) * TradingCalendar.millisecondsPerHour + within
    }

    func hour(ofOrder number: Int) -> Int {
        var low = 0
        var high = hourCount
        while high - low > 1 {
            let middle = (low + high) / 2
            if cumulativeOrders[middle] <= number { low = middle } else { high = middle }
        }
        return low
    }

    private static let weightOfHour = [
        22, 12, 7, 4, 3, 4, 9, 18, 30, 44, 52, 50, 48, 46, 45, 46, 47, 46, 48, 58, 72, 78, 64, 40,
    ]
    private static let weightOfWeekday = [96, 95, 97, 99, 106, 112, 108]
}

/// The two great sales of the year, and the days that lead to them.
enum Promotion {
    case none, midYear, midYearPeak, doubleEleven, doubleElevenPeak

    static func on(_ date: CivilDate) -> Promotion {
        let (_, month, day) = date.components
        switch (month, day) {
        case (6, 18): return .midYearPeak
        case (6, 16...17), (6, 1): return .midYear
        case (11, 11): return .doubleElevenPeak
        case (11, 9...10), (11, 1): return .doubleEleven
        default: return .none
        }
    }

    /// Demand beside an ordinary day's.
    var demandPercent: Int {
        switch self {
        case .none: 100
        case .midYear, .doubleEleven: 190
        case .midYearPeak: 480
        case .doubleElevenPeak: 620
        }
    }

    var campaign: StaticString? {
        switch self {
        case .none: nil
        case .midYear, .midYearPeak: "618"
        case .doubleEleven, .doubleElevenPeak: "double_11"
        }
    }
}
