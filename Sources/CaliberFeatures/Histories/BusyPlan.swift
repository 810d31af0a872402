import CaliberCore

/// What is kept of one kind of fact of busy keys, as plain memory.
final class BusyPlan {
    let windows: UnsafeMutablePointer<Window>
    let windowCount: Int
    /// Microseconds that facts are kept for; 0 where no window ends.
    let longest: Int64
    let isEndless: Bool
    /// Places, among what is kept of a fact, of values that sums are of.
    let summed: [Int]
    /// By place of a value among what is kept: where windows ask for the greatest or for different ones.
    let values: [(payload: Int, kind: ValueTimeline.Kind)]
    /// Of all time: place in the record, and position among `values`.
    let distinctEver: [Figure]
    private let sums: UnsafeMutablePointer<Sum>
    private let figures: UnsafeMutablePointer<Figure>

    struct Window {
        let length: Int64
        let count: Int
        let sums: UnsafeMutablePointer<Sum>
        let sumCount: Int
        let figures: UnsafeMutablePointer<Figure>
        let figureCount: Int
    }

    struct Sum {
        let measure: MeasurePlan
        /// The place of its value in a fact's entry.
        let entry: Int
    }

    /// A figure that `values` knows.
    struct Figure {
        let place: Int
        let values: Int
    }

    init(_ track: TrackPlan) {
        let ended = track.windows.flatMap(\.measures)
        let summed = Set(ended.filter { $0.valued >= 0 || $0.sum >= 0 }.map(\.payload)).sorted()
        let different = (ended + (track.ever?.measures ?? [])).filter { $0.distinct >= 0 }.map(\.payload)
        let greatest = ended.filter { $0.greatest >= 0 }.map(\.payload)
        let values =
            Set(different).sorted().map { (payload: $0, kind: ValueTimeline.Kind.distinct) }
            + Set(greatest).sorted().map { (payload: $0, kind: ValueTimeline.Kind.greatest) }
        func figures(_ measures: [MeasurePlan]) -> [Figure] {
            measures.flatMap { measure in
                values.indices.compactMap { index in
                    let place = values[index].kind == .distinct ? measure.distinct : measure.greatest
                    return values[index].payload == measure.payload && place >= 0
                        ? Figure(place: place, values: index) : nil
                }
            }
        }
        self.summed = summed
        self.values = values
        distinctEver = figures(track.ever?.measures ?? []).filter { values[$0.values].kind == .distinct }
        isEndless = track.isEndless
        longest = track.windows.last?.length ?? 0
        windowCount = track.windows.count
        windows = .allocate(capacity: max(1, windowCount))
        sums = .allocate(capacity: max(1, ended.count))
        self.figures = .allocate(capacity: max(1, track.windows.reduce(0) { $0 + figures($1.measures).count }))
        var nextSum = sums
        var nextFigure = self.figures
        for (index, window) in track.windows.enumerated() {
            let own = window.measures.filter { $0.valued >= 0 || $0.sum >= 0 }
                .map { Sum(measure: $0, entry: 1 + (summed.firstIndex(of: $0.payload) ?? 0)) }
            let looked = figures(window.measures)
            nextSum.update(from: own, count: own.count)
            nextFigure.update(from: looked, count: looked.count)
            (windows + index).initialize(
                to: Window(
                    length: window.length, count: window.count, sums: nextSum, sumCount: own.count,
                    figures: nextFigure, figureCount: looked.count))
            nextSum += own.count
            nextFigure += looked.count
        }
    }

    deinit {
        windows.deallocate()
        sums.deallocate()
        figures.deallocate()
    }
}
