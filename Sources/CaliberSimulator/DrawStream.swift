/// The random numbers of one order, buyer or product: a stream that its seed and number give back at any time, so that
/// nothing once drawn has to be kept.
///
/// Source: SplitMix64; Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
struct DrawStream {
    /// What a stream is drawn for; streams of different subjects are unrelated.
    enum Subject: UInt64 {
        case order = 0x6F72_6465_7200
        case faults = 0x6661_756C_7400
        case buyer = 0x6275_7965_7200
        case product = 0x7072_6F64_7500
        case ledger = 0x6C65_6467_6500
        case household = 0x686F_7573_6500
        case fate = 0x6661_7465_0000
        case verdict = 0x7665_7264_6963
        case twin = 0x7477_696E_0000
        case documents = 0x646F_6373_0000
        case period = 0x7065_7269_6F00
        case touches = 0x746F_7563_6800
    }

    private var state: UInt64

    init(seed: UInt64, _ subject: Subject, number: Int) {
        let start = DrawStream.mix(seed ^ subject.rawValue)
        state = DrawStream.mix(start &+ UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return DrawStream.mix(state)
    }

    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 up to but not including `bound`, which is positive.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func between(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    mutating func chance(_ share: Share) -> Bool { next() >> 11 < share.threshold }

    mutating func draw(_ curve: DelayCurve) -> Int64 { curve.milliseconds(at: below(DelayCurve.scale)) }

    mutating func draw(_ weights: Weights) -> Int { weights.index(at: below(weights.total)) }
}

/// A probability, ready to be compared with 53 random bits.
struct Share {
    let threshold: UInt64

    init(_ probability: Double) {
        threshold = UInt64(max(0, min(1, probability)) * 9_007_199_254_740_992)
    }
}

/// How unequal choices are drawn.
struct Weights {
    private let cumulative: [Int]
    let total: Int

    init(_ weights: [Int]) {
        var sum = 0
        cumulative = weights.map { weight in
            sum += weight
            return sum
        }
        precondition(sum > 0, "at least one choice has a weight, got \(weights)")
        total = sum
    }

    func index(at point: Int) -> Int {
        var low = 0
        var high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] <= point { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// How long something takes, as a quantile curve with straight lines between its knots. Whole numbers throughout, so
/// that a seed gives the same bytes on every machine.
struct DelayCurve {
    /// Millionths: the resolution of a quantile.
    static let scale = 1_000_000

    struct Knot {
        let quantilePPM: Int
        let milliseconds: Int64
    }

    private let knots: [Knot]

    /// - Parameter quantiles: per cent of the cases, and the seconds within which they happen; from 0 to 100.
    init(_ quantiles: [(percent: Int, seconds: Double)]) {
        knots = quantiles.map { Knot(quantilePPM: $0.percent * 10_000, milliseconds: Int64($0.seconds * 1000)) }
        precondition(
            knots.first?.quantilePPM == 0 && knots.last?.quantilePPM == DelayCurve.scale,
            "a delay curve goes from 0 to 100 per cent, got \(quantiles)")
    }

    func milliseconds(at point: Int) -> Int64 {
        var index = 1
        while knots[index].quantilePPM <= point { index += 1 }
        let (from, to) = (knots[index - 1], knots[index])
        let span = Int64(to.quantilePPM - from.quantilePPM)
        return from.milliseconds + (to.milliseconds - from.milliseconds) * Int64(point - from.quantilePPM) / span
    }
}
