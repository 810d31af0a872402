import CaliberCore
import CaliberDictionary
import Glibc

/// Figures in a key's record. All are whole numbers, so they are the same whatever the order of arrival.
enum KeyFigures {
    /// No moment is known.
    static let never = Int64.min
    /// No row has this life.
    static let noRow: Int64 = -1

    /// Adds a value to what is kept of it, but for the number of different values.
    @inline(__always)
    static func add(_ value: Int64, _ measure: MeasurePlan, to record: UnsafeMutablePointer<Int64>) {
        guard value != FactValues.absent else { return }
        addSums(value, measure, to: record)
        if measure.greatest >= 0, value > record[measure.greatest] { record[measure.greatest] = value }
    }

    /// Adds a value to what is kept of it that can be taken back.
    @inline(__always)
    static func addSums(_ value: Int64, _ measure: MeasurePlan, to record: UnsafeMutablePointer<Int64>) {
        guard value != FactValues.absent else { return }
        if measure.valued >= 0 { record[measure.valued] += 1 }
        if measure.sum >= 0 { record[measure.sum] &+= value }
        if measure.squares >= 0 { addSquare(of: value, to: record + measure.squares) }
    }

    /// Takes a value back that has left a window.
    @inline(__always)
    static func take(_ value: Int64, _ measure: MeasurePlan, from record: UnsafeMutablePointer<Int64>) {
        guard value != FactValues.absent else { return }
        if measure.valued >= 0 { record[measure.valued] -= 1 }
        if measure.sum >= 0 { record[measure.sum] &-= value }
        if measure.squares >= 0 { takeSquare(of: value, from: record + measure.squares) }
    }

    @inline(__always)
    private static func addSquare(of value: Int64, to words: UnsafeMutablePointer<Int64>) {
        let square = value.multipliedFullWidth(by: value)
        let (low, carries) = UInt64(bitPattern: words[0]).addingReportingOverflow(square.low)
        words[0] = Int64(bitPattern: low)
        words[1] = words[1] &+ square.high &+ (carries ? 1 : 0)
    }

    @inline(__always)
    private static func takeSquare(of value: Int64, from words: UnsafeMutablePointer<Int64>) {
        let square = value.multipliedFullWidth(by: value)
        let (low, borrows) = UInt64(bitPattern: words[0]).subtractingReportingOverflow(square.low)
        words[0] = Int64(bitPattern: low)
        words[1] = words[1] &- square.high &- (borrows ? 1 : 0)
    }

    /// The newest moment, the row that it is of, and the newest moment of any other row.
    @inline(__always)
    static func remember(time: Int64, life: Int64, _ words: UnsafeMutablePointer<Int64>) {
        if life == words[1] {
            words[0] = max(words[0], time)
        } else if time > words[0] || words[1] == noRow {
            words[2] = words[0]
            words[0] = time
            words[1] = life
        } else {
            words[2] = max(words[2], time)
        }
    }

    // MARK: - Features

    /// - Parameters:
    ///   - life: the row's that is scored.
    ///   - own: where the row's own value stands; read of a deviation alone.
    @inline(__always)
    static func value(
        of feature: HistoryColumn, _ record: UnsafePointer<Int64>, now: Int64, life: Int64,
        own: UnsafePointer<Double>
    ) -> Double {
        switch feature.reading {
        case .count(let place): return Double(record[place])
        case .rate(let place, let per):
            return record[per] == 0 ? .nan : Double(record[place]) / Double(record[per])
        case .sum(let place): return Double(record[place]) * feature.unit
        case .mean(let sum, let valued):
            return record[valued] == 0 ? .nan : Double(record[sum]) / Double(record[valued]) * feature.unit
        case .greatest(let place):
            return record[place] == FactValues.absent ? .nan : Double(record[place]) * feature.unit
        case .since(let newest):
            return hours(from: record[record[newest + 1] == life ? newest + 2 : newest], to: now)
        case .age(let first): return hours(from: record[first] == .max ? never : record[first], to: now)
        case .zscore(let places, let baseline):
            let short = Spread(record, places)
            guard short.count > 0 else { return .nan }
            let long = Spread(record, baseline)
            let deviation = long.deviation
            guard deviation > 0 else { return .nan }
            return (short.mean - long.mean) / (deviation / Double(short.count).squareRoot())
        case .surge(let places): return surge(record, places, now: now)
        case .deviation(let places):
            let spread = Spread(record, places)
            let deviation = spread.deviation
            guard deviation > 0 else { return .nan }
            return (own.pointee - spread.mean * feature.unit) / (deviation * feature.unit)
        }
    }

    @inline(__always)
    private static func hours(from time: Int64, to now: Int64) -> Double {
        time == never ? .nan : FeatureUnits.hours(now - time)
    }

    /// A Poisson count beside what the baseline lets expect; a history shorter than the baseline counts by its length.
    private static func surge(
        _ record: UnsafePointer<Int64>, _ places: HistoryColumn.SurgePlaces, now: Int64
    ) -> Double {
        let longCount = record[places.baseline]
        guard longCount > 0 else { return .nan }
        let age = now - record[places.first]
        let length = max(places.length, min(places.baselineLength, age))
        let expected = Double(longCount) * Double(places.length) / Double(length)
        return (Double(record[places.count]) - expected) / expected.squareRoot()
    }
}

/// Mean and deviation of a window's values, in their own unit.
struct Spread {
    struct Places: Sendable {
        let valued: Int
        let sum: Int
        let squares: Int

        init(_ measure: MeasurePlan) {
            valued = measure.valued
            sum = measure.sum
            squares = measure.squares
        }
    }

    let count: Int64
    private let sum: Int64
    private let squares: (low: UInt64, high: Int64)

    @inline(__always)
    init(_ record: UnsafePointer<Int64>, _ places: Places) {
        count = record[places.valued]
        sum = record[places.sum]
        squares = (UInt64(bitPattern: record[places.squares]), record[places.squares + 1])
    }

    var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// The sample's (n − 1); 0 for fewer than two values.
    var deviation: Double {
        guard count > 1 else { return 0 }
        return (numerator / (Double(count) * Double(count - 1))).squareRoot()
    }

    /// n·Σx² − (Σx)² in whole numbers: nothing is lost where the values are close to each other.
    private var numerator: Double {
        if squares.high == 0, squares.low <= UInt64(Int64.max) {
            let (product, overflows) = Int64(squares.low).multipliedReportingOverflow(by: count)
            let (square, alsoOverflows) = sum.multipliedReportingOverflow(by: sum)
            if !overflows, !alsoOverflows { return Double(product - square) }
        }
        let wide = Int128(squares.high) << 64 | Int128(squares.low)
        let (product, overflows) = wide.multipliedReportingOverflow(by: Int128(count))
        guard !overflows else {
            return max(0, Spread.number(wide) * Double(count) - Double(sum) * Double(sum))
        }
        return Spread.number(product - Int128(sum) * Int128(sum))
    }

    /// By halves: the standard conversion goes digit by digit.
    private static func number(_ wide: Int128) -> Double {
        Double(Int64(truncatingIfNeeded: wide >> 64)) * 0x1p64 + Double(UInt64(truncatingIfNeeded: wide))
    }
}

enum FeatureScale {
    /// `sign(x) · ln(1 + |x|)`.
    @inline(__always)
    static func log(_ value: Double) -> Double {
        if value == 0 { return value }
        return value < 0 ? -log1p(-value) : log1p(value)
    }
}
