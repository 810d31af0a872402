import CaliberCore
import CaliberDictionary

/// What is kept of a fact until it leaves the longest window.
struct FactPlan: Sendable {
    let definition: FactDefinition
    /// Microseconds that facts are kept for: the longest window of any entity.
    let horizon: Int64

    /// What facts that nobody has a window over are kept for, until their entity is known.
    static let defaultHorizon: Int64 = 30 * 86_400_000_000
}

/// Finds out what has to be kept for the features of a set, and no more.
struct TrackPlanning {
    private let definition: FeatureSetDefinition
    /// By entity and fact.
    private var needs: [Pair: Need] = [:]

    private struct Pair: Hashable {
        let entity: Int
        let fact: Int
    }

    private struct Need {
        /// By window length, and by the fact's value.
        var windows: [Int64: [Int: Figures]] = [:]
        var first = false
        var newest = false
    }

    /// What of one value over one window.
    private struct Figures {
        var sum = false
        var valued = false
        var squares = false
        var greatest = false
        var distinct = false
    }

    init(_ definition: FeatureSetDefinition) {
        self.definition = definition
        for feature in definition.features {
            if case .history(let history) = feature.content { add(history) }
        }
    }

    private mutating func add(_ feature: HistoryFeature) {
        let window = feature.window ?? WindowPlan.ever
        let baseline = feature.baseline ?? WindowPlan.ever
        let pair = Pair(entity: feature.entity, fact: feature.fact)
        var need = needs[pair] ?? Need()
        func keep(_ window: Int64, _ change: (inout Figures) -> Void) {
            var figures = Figures()
            if let value = feature.value {
                figures = need.windows[window]?[value] ?? Figures()
                change(&figures)
                need.windows[window, default: [:]][value] = figures
            } else if need.windows[window] == nil {
                need.windows[window] = [:]
            }
        }
        switch feature.statistic {
        case .count: keep(window) { _ in }
        case .rate:
            keep(window) { _ in }
            if let per = feature.per {
                var other = per == feature.fact ? need : needs[Pair(entity: feature.entity, fact: per)] ?? Need()
                if other.windows[window] == nil { other.windows[window] = [:] }
                if per == feature.fact { need = other } else { needs[Pair(entity: feature.entity, fact: per)] = other }
            }
        case .sum: keep(window) { $0.sum = true }
        case .mean:
            keep(window) {
                $0.sum = true
                $0.valued = true
            }
        case .max: keep(window) { $0.greatest = true }
        case .distinct: keep(window) { $0.distinct = true }
        case .since: need.newest = true
        case .age: need.first = true
        case .zscore:
            for length in [window, baseline] { keep(length, TrackPlanning.spread) }
        case .deviation: keep(window, TrackPlanning.spread)
        case .surge:
            for length in [window, baseline] { keep(length) { _ in } }
            need.first = true
        }
        needs[pair] = need
    }

    private static func spread(_ figures: inout Figures) {
        figures.sum = true
        figures.valued = true
        figures.squares = true
    }

    func fact(_ index: Int) -> FactPlan {
        let lengths = needs.filter { $0.key.fact == index }.flatMap { $0.value.windows.keys }
        return FactPlan(
            definition: definition.facts[index],
            horizon: lengths.filter { $0 != WindowPlan.ever }.max() ?? FactPlan.defaultHorizon)
    }

    /// Microseconds after which nothing that happened is in any window.
    var horizon: Int64 {
        let lengths = needs.values.flatMap { $0.windows.keys }
        return lengths.filter { $0 != WindowPlan.ever }.max() ?? FactPlan.defaultHorizon
    }

    func entity(_ index: Int, slot: Int) -> EntityPlan {
        let facts = definition.facts.indices.filter { needs[Pair(entity: index, fact: $0)] != nil }
        var layout = RecordLayout()
        var parts = facts.map { fact in
            TrackParts(fact: fact, headIn: &layout, needs[Pair(entity: index, fact: fact)] ?? Need())
        }
        let headCount = layout.blank.count
        for part in parts.indices { parts[part].addWindows(in: &layout) }
        let tracks = parts.map(\.plan)
        let plan = EntityPlan(
            name: definition.entities[index].name, slot: slot, tracks: tracks, headCount: headCount,
            blank: layout.blank, features: [])
        return EntityPlan(
            name: plan.name, slot: slot, tracks: tracks, headCount: headCount, blank: layout.blank,
            features: definition.features.indices.compactMap { column(of: $0, entity: index, plan) })
    }

    /// A record while its places are given out.
    private struct RecordLayout {
        var blank: [Int64] = []

        mutating func place(_ words: Int64...) -> Int {
            blank += words
            return blank.count - words.count
        }

        mutating func window(_ length: Int64, _ values: [Int: Figures], payload: [Int]) -> WindowPlan {
            let count = place(0)
            let measures = values.sorted { $0.key < $1.key }.map { value, figures in
                MeasurePlan(
                    value: value, payload: payload.firstIndex(of: value) ?? -1,
                    valued: figures.valued ? place(0) : -1, sum: figures.sum ? place(0) : -1,
                    squares: figures.squares ? place(0, 0) : -1,
                    greatest: figures.greatest ? place(FactValues.absent) : -1,
                    distinct: figures.distinct ? place(0) : -1)
            }
            return WindowPlan(length: length, count: count, measures: measures)
        }
    }

    /// A track while its record is laid out: heads of all tracks come before any window.
    private struct TrackParts {
        private let fact: Int
        private let need: Need
        private let first: Int?
        private let newest: Int?
        private let ever: WindowPlan?
        private let payload: [Int]
        private var windows: [WindowPlan] = []

        init(fact: Int, headIn layout: inout RecordLayout, _ need: Need) {
            self.fact = fact
            self.need = need
            first = need.first ? layout.place(.max) : nil
            newest = need.newest ? layout.place(KeyFigures.never, KeyFigures.noRow, KeyFigures.never) : nil
            let ended = need.windows.filter { $0.key != WindowPlan.ever }.values.flatMap(\.keys)
            let endless = need.windows[WindowPlan.ever]?.filter(\.value.distinct).map(\.key) ?? []
            let payload = Set(ended + endless).sorted()
            self.payload = payload
            ever = need.windows[WindowPlan.ever].map { layout.window(WindowPlan.ever, $0, payload: payload) }
        }

        mutating func addWindows(in layout: inout RecordLayout) {
            for (length, values) in need.windows.sorted(by: { $0.key < $1.key }) where length != WindowPlan.ever {
                windows.append(layout.window(length, values, payload: payload))
            }
        }

        var plan: TrackPlan {
            TrackPlan(
                fact: fact, windows: windows, ever: ever, payload: payload, first: first, newest: newest,
                isEndless: ever?.measures.contains { $0.distinct >= 0 } ?? false)
        }
    }
}

// MARK: - Features

extension TrackPlanning {
    private func column(of index: Int, entity: Int, _ plan: EntityPlan) -> HistoryColumn? {
        guard case .history(let feature) = definition.features[index].content, feature.entity == entity,
            let track = plan.track(of: feature.fact).map({ plan.tracks[$0] }),
            let reading = TrackPlanning.reading(of: feature, track, plan)
        else { return nil }
        let unit = feature.value.map {
            FeatureUnits.unit(ofMeasurement: definition.facts[feature.fact].values[$0].expression.type)
        }
        return HistoryColumn(
            feature: index, reading: reading, unit: unit ?? 1, isLog: definition.features[index].scale == .log)
    }

    private static func reading(
        of feature: HistoryFeature, _ track: TrackPlan, _ plan: EntityPlan
    ) -> HistoryColumn.Reading? {
        let window = track.window(feature.window)
        let measure = window?.measure(feature.value)
        let baseline = track.window(feature.baseline)
        switch feature.statistic {
        case .count: return window.map { .count($0.count) }
        case .rate:
            let per = feature.per.flatMap { plan.track(of: $0) }.flatMap { plan.tracks[$0].window(feature.window) }
            guard let window, let per else { return nil }
            return .rate(window.count, per: per.count)
        case .sum: return measure.map { .sum($0.sum) }
        case .mean: return measure.map { .mean(sum: $0.sum, valued: $0.valued) }
        case .max: return measure.map { .greatest($0.greatest) }
        case .distinct: return measure.map { .count($0.distinct) }
        case .since: return track.newest.map { .since(newest: $0) }
        case .age: return track.first.map { .age(first: $0) }
        case .zscore:
            guard let measure, let long = baseline?.measure(feature.value) else { return nil }
            return .zscore(Spread.Places(measure), baseline: Spread.Places(long))
        case .deviation: return measure.map { .deviation(Spread.Places($0)) }
        case .surge:
            guard let window, let baseline, let first = track.first else { return nil }
            return .surge(
                HistoryColumn.SurgePlaces(
                    count: window.count, baseline: baseline.count, first: first, length: window.length,
                    baselineLength: baseline.length))
        }
    }
}

extension TrackPlan {
    fileprivate func window(_ length: Int64?) -> WindowPlan? {
        guard let length, length != WindowPlan.ever else { return ever }
        return windows.first { $0.length == length }
    }
}

extension WindowPlan {
    fileprivate func measure(_ value: Int?) -> MeasurePlan? {
        value.flatMap { value in measures.first { $0.value == value } }
    }
}
