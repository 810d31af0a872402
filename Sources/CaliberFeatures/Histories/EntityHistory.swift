import CaliberCore
import CaliberDictionary
import Glibc

/// Everything that is kept of one entity, and its features.
final class EntityHistory: @unchecked Sendable {
    // Safe to share: in each chunk one thread alone works on an entity, and hands it back before the next chunk.
    let plan: EntityPlan
    let index: Int
    let tracks: [Track]
    private let facts: [FactMemory]
    /// By fact: the tracks that are of it.
    private let tracksOfFact: [[Int]]

    init(_ plan: EntityPlan, index: Int, facts: [FactMemory]) {
        self.plan = plan
        self.index = index
        self.facts = facts
        tracks = plan.tracks.map { Track($0, facts: facts[$0.fact], entity: index) }
        tracksOfFact = facts.indices.map { fact in plan.tracks.indices.filter { plan.tracks[$0].fact == fact } }
    }

    /// Goes through what a chunk brought, in its order: adds facts, and reads features at moments.
    func work(_ chunk: ChunkWork) {
        for track in tracks { track.grow(keys: chunk.keyCounts[index]) }
        for action in chunk.actions {
            switch action.kind {
            case .fact(let fact, let number): insert(fact, number, now: action.now)
            case .attachment(let fact, let number, let entity, let key) where entity == index:
                // Only now: the fact itself may stand earlier in the same chunk.
                facts[fact].setKey(number, entity, to: key)
                insert(fact, number, now: action.now)
            case .attachment: break
            case .moment(let row): read(row, now: action.now, chunk)
            }
        }
        for (fact, end) in chunk.forgotten where end > 0 { forget(fact, upTo: end, now: chunk.now) }
    }

    private func insert(_ fact: Int, _ number: Int, now: Int64) {
        for index in tracksOfFact[fact] {
            let key = tracks[index].facts.key(number, self.index)
            if key >= 0 { tracks[index].insert(number, key: Int(key), now: now) }
        }
    }

    /// Advances the keys of facts that are about to be forgotten past them.
    private func forget(_ fact: Int, upTo end: Int, now: Int64) {
        for index in tracksOfFact[fact] {
            let track = tracks[index]
            for number in track.facts.first..<end {
                let key = track.facts.key(number, self.index)
                if key >= 0 { track.advance(track.record(Int(key)), now: now) }
            }
            track.removeFirst(upTo: end)
        }
    }

    // MARK: - Features

    private func read(_ row: Int, now: Int64, _ chunk: ChunkWork) {
        let key = Int(chunk.keys[row * chunk.entityCount + index])
        let values = chunk.values + row * chunk.featureCount
        guard key >= 0 else {
            for feature in plan.features { values[feature.feature] = .nan }
            return
        }
        for track in tracks { track.advance(track.record(key), now: now) }
        for feature in plan.features {
            let value = value(of: feature, key: key, now: now, row: chunk.rows[row], own: values[feature.feature])
            values[feature.feature] = feature.isLog ? FeatureScale.log(value) : value
        }
    }

    /// - Parameter own: of a deviation, the row's own value.
    private func value(of feature: HistoryColumn, key: Int, now: Int64, row: Int32, own: Double) -> Double {
        let track = tracks[feature.track]
        let layout = track.layout
        let record = track.record(key)
        let start = record + layout.window(feature.window)
        let count = start[TrackLayout.count]
        switch feature.statistic {
        case .count: return Double(count)
        case .rate:
            let other = tracks[feature.perTrack]
            let per = (other.record(key) + other.layout.window(feature.perWindow))[TrackLayout.count]
            return per == 0 ? .nan : Double(count) / Double(per)
        case .sum: return Double(start[layout.sum(feature.measure)]) * feature.unit
        case .mean:
            let valued = start[layout.valued(feature.measure)]
            return valued == 0 ? .nan : Double(start[layout.sum(feature.measure)]) / Double(valued) * feature.unit
        case .max:
            return track.greatest(feature.measure, window: feature.window, record).map { Double($0) * feature.unit }
                ?? .nan
        case .distinct: return Double(start[layout.distinct(feature.measure)])
        case .since:
            let isOwn = record[TrackLayout.newestRow] == Int64(row)
            return hours(from: record[isOwn ? TrackLayout.otherTime : TrackLayout.newestTime], to: now)
        case .age:
            let first = record[TrackLayout.firstTime]
            return hours(from: first == .max ? TrackLayout.never : first, to: now)
        case .zscore:
            let short = Spread(start, layout, feature.measure)
            let long = Spread(record + layout.window(feature.baseline), layout, feature.measure)
            guard short.count > 0, long.deviation > 0 else { return .nan }
            return (short.mean - long.mean) / (long.deviation / Double(short.count).squareRoot())
        case .surge: return surge(record, layout, feature, now: now)
        case .deviation:
            let spread = Spread(start, layout, feature.measure)
            guard spread.deviation > 0 else { return .nan }
            return (own - spread.mean * feature.unit) / (spread.deviation * feature.unit)
        }
    }

    private func hours(from time: Int64, to now: Int64) -> Double {
        time == TrackLayout.never ? .nan : FeatureUnits.hours(now - time)
    }

    /// A Poisson count beside what the baseline lets expect; a history shorter than the baseline counts by its length.
    private func surge(
        _ record: UnsafeMutablePointer<Int64>, _ layout: TrackLayout, _ feature: HistoryColumn, now: Int64
    ) -> Double {
        let windows = tracks[feature.track].plan.windows
        let count = (record + layout.window(feature.window))[TrackLayout.count]
        let longCount = (record + layout.window(feature.baseline))[TrackLayout.count]
        guard longCount > 0 else { return .nan }
        let age = now - record[TrackLayout.firstTime]
        let length = Swift.max(windows[feature.window], Swift.min(windows[feature.baseline], age))
        let expected = Double(longCount) * Double(windows[feature.window]) / Double(length)
        return (Double(count) - expected) / expected.squareRoot()
    }
}

/// Mean and deviation of a window's values, in their own unit.
///
/// The deviation is the sample's (n − 1); 0 for fewer than two values.
private struct Spread {
    let count: Int64
    let mean: Double
    let deviation: Double

    init(_ start: UnsafeMutablePointer<Int64>, _ layout: TrackLayout, _ measure: Int) {
        count = start[layout.valued(measure)]
        let sum = start[layout.sum(measure)]
        mean = count == 0 ? 0 : Double(sum) / Double(count)
        guard count > 1 else {
            deviation = 0
            return
        }
        // n·Σx² − (Σx)² in whole numbers: nothing is lost where the values are close to each other.
        let squares = TrackLayout.wide(start + layout.squares(measure))
        let (product, overflows) = squares.multipliedReportingOverflow(by: Int128(count))
        if overflows {
            deviation = Swift.max(0, (Double(squares) - Double(sum) * mean) / Double(count - 1)).squareRoot()
        } else {
            let numerator = product - Int128(sum) * Int128(sum)
            deviation = (Double(numerator) / (Double(count) * Double(count - 1))).squareRoot()
        }
    }
}

enum FeatureScale {
    /// `sign(x) · ln(1 + |x|)`.
    static func log(_ value: Double) -> Double { value < 0 ? -log1p(-value) : log1p(value) }
}

/// What one chunk brought, as all entities go through it.
struct ChunkWork: @unchecked Sendable {
    // Safe to share: read by all; of `values`, each entity's thread writes the columns that are its own.
    struct Action {
        enum Kind {
            /// A fact of a kind, by its number, for all entities that it names.
            case fact(Int, Int)
            /// A fact of which one entity became known only now.
            case attachment(Int, Int, entity: Int, key: Int32)
            /// A row of the output.
            case moment(Int)
        }

        let kind: Kind
        let now: Int64
    }

    let actions: [Action]
    /// By entity.
    let keyCounts: [Int]
    let entityCount: Int
    let featureCount: Int
    /// By moment and entity; −1 for an entity that is not known.
    let keys: UnsafePointer<Int32>
    /// By moment.
    let rows: UnsafePointer<Int32>
    /// By moment and feature.
    let values: UnsafeMutablePointer<Double>
    /// By fact: facts before this number are forgotten; 0 for none.
    let forgotten: [(fact: Int, end: Int)]
    let now: Int64
}
