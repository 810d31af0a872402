import CaliberCore
import CaliberDictionary

/// What is kept of a fact until it leaves the longest window.
struct FactPlan: Sendable {
    let definition: FactDefinition
    /// Of each value, whether its lanes are texts' codes.
    let isText: [Bool]
    /// Of each value, what a lane is multiplied by to be a feature.
    let units: [Double]
    /// Microseconds that facts are kept for: the longest window of any entity.
    let horizon: Int64

    /// What facts that nobody has a window over are kept for, until their entity is known.
    static let defaultHorizon: Int64 = 30 * 86_400_000_000
}

/// The history of one entity: a track for each fact that features read.
struct EntityPlan: Sendable {
    let name: String
    /// The row's slot whose strings are its keys.
    let slot: Int
    let tracks: [TrackPlan]
    let features: [HistoryColumn]

    func track(of fact: Int) -> Int? { tracks.firstIndex { $0.fact == fact } }
}

/// The figures of one fact that are kept for each key of an entity.
struct TrackPlan: Sendable {
    let fact: Int
    /// Ascending; the last may be `TrackPlan.ever`.
    let windows: [Int64]
    /// The fact's values that figures are kept of.
    let measures: [Measure]

    static let ever = Int64.max

    struct Measure: Sendable {
        let value: Int
        var keepsSquares = false
        var keepsGreatest = false
        var keepsDistinct = false
        var keepsSum = false
    }

    func window(_ length: Int64?) -> Int? { windows.firstIndex(of: length ?? TrackPlan.ever) }
    func measure(of value: Int) -> Int? { measures.firstIndex { $0.value == value } }
}

/// A feature that is read from an entity's tracks.
struct HistoryColumn: Sendable {
    /// The column of the set.
    let feature: Int
    let statistic: HistoryFeature.Statistic
    let track: Int
    let window: Int
    let measure: Int
    /// Of a rate.
    let perTrack: Int
    let perWindow: Int
    /// Of a z-score and a surge.
    let baseline: Int
    let unit: Double
    let isLog: Bool
}

/// Finds out what has to be kept for the features of a set.
struct TrackPlanning {
    private let definition: FeatureSetDefinition
    /// By entity and fact: windows, and what is measured.
    private var needs: [Pair: Need] = [:]

    private struct Pair: Hashable {
        let entity: Int
        let fact: Int
    }

    private struct Need {
        var windows: Set<Int64> = []
        var measures: [Int: TrackPlan.Measure] = [:]
    }

    init(_ definition: FeatureSetDefinition) {
        self.definition = definition
        for feature in definition.features {
            if case .history(let history) = feature.content { add(history) }
        }
    }

    private mutating func add(_ feature: HistoryFeature) {
        let window = feature.window ?? TrackPlan.ever
        var need = needs[Pair(entity: feature.entity, fact: feature.fact)] ?? Need()
        need.windows.insert(window)
        if feature.statistic == .zscore || feature.statistic == .surge {
            need.windows.insert(feature.baseline ?? TrackPlan.ever)
        }
        if let value = feature.value {
            var measure = need.measures[value] ?? TrackPlan.Measure(value: value)
            switch feature.statistic {
            case .max: measure.keepsGreatest = true
            case .distinct: measure.keepsDistinct = true
            case .zscore, .deviation:
                measure.keepsSum = true
                measure.keepsSquares = true
            default: measure.keepsSum = true
            }
            need.measures[value] = measure
        }
        needs[Pair(entity: feature.entity, fact: feature.fact)] = need
        if let per = feature.per {
            needs[Pair(entity: feature.entity, fact: per), default: Need()].windows.insert(window)
        }
    }

    func fact(_ index: Int, zone: BusinessZone) -> FactPlan {
        let fact = definition.facts[index]
        let windows = needs.filter { $0.key.fact == index }.flatMap(\.value.windows).filter { $0 != TrackPlan.ever }
        return FactPlan(
            definition: fact, isText: fact.values.map { $0.expression.type.storage == .code },
            units: fact.values.map { FeatureUnits.unit(ofMeasurement: $0.expression.type) },
            horizon: windows.max() ?? FactPlan.defaultHorizon)
    }

    func entity(_ index: Int, slot: Int) -> EntityPlan {
        let tracks = definition.facts.indices.compactMap { fact -> TrackPlan? in
            guard let need = needs[Pair(entity: index, fact: fact)] else { return nil }
            return TrackPlan(
                fact: fact, windows: need.windows.sorted(),
                measures: need.measures.values.sorted { $0.value < $1.value })
        }
        let entity = definition.entities[index]
        let plan = EntityPlan(name: entity.name, slot: slot, tracks: tracks, features: [])
        let columns = definition.features.indices.compactMap { column(of: $0, entity: index, plan) }
        return EntityPlan(name: entity.name, slot: slot, tracks: tracks, features: columns)
    }

    private func column(of index: Int, entity: Int, _ plan: EntityPlan) -> HistoryColumn? {
        guard case .history(let feature) = definition.features[index].content, feature.entity == entity,
            let track = plan.track(of: feature.fact), let window = plan.tracks[track].window(feature.window)
        else { return nil }
        let measure = feature.value.flatMap { plan.tracks[track].measure(of: $0) }
        let perTrack = feature.per.flatMap { plan.track(of: $0) }
        let perWindow = perTrack.flatMap { plan.tracks[$0].window(feature.window) }
        let unit = feature.value.map {
            FeatureUnits.unit(ofMeasurement: definition.facts[feature.fact].values[$0].expression.type)
        }
        return HistoryColumn(
            feature: index, statistic: feature.statistic, track: track, window: window, measure: measure ?? 0,
            perTrack: perTrack ?? 0, perWindow: perWindow ?? 0,
            baseline: plan.tracks[track].window(feature.baseline) ?? window, unit: unit ?? 1,
            isLog: definition.features[index].scale == .log)
    }
}

/// The units that feature values are in: amounts in major units, durations in hours.
enum FeatureUnits {
    static let millionth = 1e-6
    private static let hoursPerMicrosecond = 1 / 3_600_000_000.0

    /// What an expression's value is multiplied by.
    static func unit(ofExpression type: LogicalType) -> Double {
        switch type {
        case .money(let currency), .moneyRate(let currency): majorUnits(of: currency)
        case .duration: hoursPerMicrosecond
        default: 1
        }
    }

    /// What a measured whole number is multiplied by. Floats are measured in millionths, so that sums over a window are
    /// exact whatever leaves it first.
    static func unit(ofMeasurement type: LogicalType) -> Double {
        unit(ofExpression: type) * (type.storage == .float ? millionth : 1)
    }

    static func hours(_ microseconds: Int64) -> Double { Double(microseconds) * hoursPerMicrosecond }

    private static func majorUnits(of currency: Currency) -> Double {
        var unit = 1.0
        for _ in 0..<currency.minorDigits { unit /= 10 }
        return unit
    }
}
