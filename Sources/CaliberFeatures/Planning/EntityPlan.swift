import CaliberCore
import CaliberDictionary

/// The history of one entity: what is kept of each of its keys, and what features read off it.
///
/// A key's *record* has the figures that are kept for good (the head), and then those of windows. A key with few facts
/// has no windows' figures: they are added up when they are read.
struct EntityPlan: Sendable {
    let name: String
    /// The row's slot whose strings are its keys.
    let slot: Int
    let tracks: [TrackPlan]
    /// Words of the head.
    let headCount: Int
    /// A record of a key to which nothing has happened.
    let blank: [Int64]
    let features: [HistoryColumn]

    func track(of fact: Int) -> Int? { tracks.firstIndex { $0.fact == fact } }
}

/// What is kept of one kind of fact for each key of an entity.
struct TrackPlan: Sendable {
    let fact: Int
    /// Windows that end, ascending, each with the figures that some feature asks for.
    let windows: [WindowPlan]
    /// Figures of everything that ever happened: in the head.
    let ever: WindowPlan?
    /// The fact's values that have to be kept beside its time, for figures of windows.
    let payload: [Int]
    /// Where the head has the moment of the first fact; nil where no feature asks for it.
    let first: Int?
    /// Where the head has the newest moment, the row it is of, and the newest moment of any other row.
    let newest: Int?
    /// Facts are kept for good: the different values of all time are asked for.
    let isEndless: Bool

    /// Microseconds for which a fact is kept; 0 where none is.
    var horizon: Int64 { isEndless ? .max : windows.last?.length ?? 0 }
    /// Words of a fact that is kept.
    var entryStride: Int { 1 + payload.count }
}

/// The figures of one window: places in a key's record.
struct WindowPlan: Sendable {
    /// Microseconds; `WindowPlan.ever` for everything that ever happened.
    let length: Int64
    /// How many facts.
    let count: Int
    let measures: [MeasurePlan]

    static let ever = Int64.max
}

/// What is kept of a fact's value over a window. Places in the key's record; −1 for what no feature asks for.
struct MeasurePlan: Sendable {
    /// Which of the fact's values.
    let value: Int
    /// Its place among what is kept of a fact.
    var payload = -1
    /// How many facts have a value.
    var valued = -1
    var sum = -1
    /// Two words: the lower and the upper half of the sum of squares.
    var squares = -1
    /// `FactValues.absent` where there is none.
    var greatest = -1
    /// How many different ones.
    var distinct = -1
}

/// A feature that is read off a key's record.
struct HistoryColumn: Sendable {
    /// The column of the set.
    let feature: Int
    let reading: Reading
    let unit: Double
    let isLog: Bool

    /// What is read; numbers are places in the record.
    enum Reading: Sendable {
        /// A number of facts, or of different values.
        case count(Int)
        case rate(Int, per: Int)
        case sum(Int)
        case mean(sum: Int, valued: Int)
        case greatest(Int)
        case since(newest: Int)
        case age(first: Int)
        case zscore(Spread.Places, baseline: Spread.Places)
        case surge(SurgePlaces)
        case deviation(Spread.Places)
    }

    struct SurgePlaces: Sendable {
        let count: Int
        let baseline: Int
        let first: Int
        /// Microseconds.
        let length: Int64
        let baselineLength: Int64
    }
}
