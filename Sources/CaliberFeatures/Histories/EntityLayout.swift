import CaliberCore

/// An entity's plan as plain memory: what the innermost loops read.
final class EntityLayout {
    let tracks: UnsafeMutablePointer<Track>
    let trackCount: Int
    private let windows: UnsafeMutablePointer<Window>
    private let measures: UnsafeMutablePointer<MeasurePlan>
    let blank: UnsafeMutablePointer<Int64>
    let recordCount: Int
    let headCount: Int
    /// A fact's first word is its moment, and in its lowest bits its track.
    let tagBits: Int64
    private let tagMask: Int64
    private let greatestTime: Int64

    struct Track {
        let windows: UnsafeMutablePointer<Window>
        let windowCount: Int
        let ever: UnsafeMutablePointer<Window>?
        let entryStride: Int
        let horizon: Int64
        let isEndless: Bool
        let first: Int
        let newest: Int
        /// The fact's values that are kept, in their order.
        let payload: UnsafeMutablePointer<Int>
        let payloadCount: Int

        /// Whether a fact of that age is kept for any window.
        @inline(__always)
        func keeps(_ time: Int64, now: Int64) -> Bool { isEndless || now &- time < horizon }
    }

    struct Window {
        let length: Int64
        let count: Int
        let measures: UnsafeMutablePointer<MeasurePlan>
        let measureCount: Int
    }

    init(_ plan: EntityPlan) {
        let all = plan.tracks.flatMap { $0.windows + ($0.ever.map { [$0] } ?? []) }
        windows = .allocate(capacity: max(1, all.count))
        measures = .allocate(capacity: max(1, all.reduce(0) { $0 + $1.measures.count }))
        tracks = .allocate(capacity: max(1, plan.tracks.count))
        trackCount = plan.tracks.count
        var nextWindow = windows
        var nextMeasure = measures
        func add(_ window: WindowPlan) {
            nextWindow.initialize(
                to: Window(
                    length: window.length, count: window.count, measures: nextMeasure,
                    measureCount: window.measures.count))
            nextWindow += 1
            for measure in window.measures {
                nextMeasure.initialize(to: measure)
                nextMeasure += 1
            }
        }
        for (index, track) in plan.tracks.enumerated() {
            let first = nextWindow
            for window in track.windows { add(window) }
            let ever = nextWindow
            if let window = track.ever { add(window) }
            let payload = UnsafeMutablePointer<Int>.allocate(capacity: max(1, track.payload.count))
            payload.update(from: track.payload, count: track.payload.count)
            (tracks + index).initialize(
                to: Track(
                    windows: first, windowCount: track.windows.count, ever: track.ever == nil ? nil : ever,
                    entryStride: track.entryStride, horizon: track.horizon, isEndless: track.isEndless,
                    first: track.first ?? -1, newest: track.newest ?? -1, payload: payload,
                    payloadCount: track.payload.count))
        }
        recordCount = plan.blank.count
        headCount = plan.headCount
        blank = .allocate(capacity: max(1, plan.blank.count))
        blank.update(from: plan.blank, count: plan.blank.count)
        var bits: Int64 = 0
        while 1 << bits < plan.tracks.count { bits += 1 }
        tagBits = bits
        tagMask = (1 << bits) - 1
        greatestTime = Int64.max >> bits
    }

    deinit {
        for track in 0..<trackCount { tracks[track].payload.deallocate() }
        tracks.deallocate()
        windows.deallocate()
        measures.deallocate()
        blank.deallocate()
    }

    // MARK: - Facts that are kept

    /// A fact's first word: later facts have greater ones.
    @inline(__always)
    func word(time: Int64, track: Int) -> Int64 {
        max(-greatestTime, min(greatestTime, time)) << tagBits | Int64(track)
    }

    @inline(__always)
    func time(_ word: Int64) -> Int64 { word >> tagBits }

    @inline(__always)
    func track(_ word: Int64) -> Int { Int(word & tagMask) }

    // MARK: - Figures

    /// Adds what is known of a fact to what is kept for good.
    ///
    /// - Parameter values: all of the fact's.
    @inline(__always)
    func remember(
        _ track: Track, time: Int64, life: Int64, _ values: UnsafePointer<Int64>, in head: UnsafeMutablePointer<Int64>
    ) {
        if track.first >= 0 { head[track.first] = min(head[track.first], time) }
        if track.newest >= 0 { KeyFigures.remember(time: time, life: life, head + track.newest) }
        guard let ever = track.ever else { return }
        head[ever.pointee.count] += 1
        for index in 0..<ever.pointee.measureCount {
            let measure = ever.pointee.measures[index]
            KeyFigures.add(values[measure.value], measure, to: head)
        }
    }

    /// Adds up the windows of a key that has few facts.
    ///
    /// - Parameters:
    ///   - entries: the facts that are kept, by time.
    ///   - record: a blank one.
    func addUp(
        _ entries: UnsafePointer<Int64>, count: Int, now: Int64, into record: UnsafeMutablePointer<Int64>
    ) {
        var place = 0
        while place < count {
            let word = entries[place]
            let track = tracks + self.track(word)
            let age = now &- time(word)
            let next = place + track.pointee.entryStride
            var index = track.pointee.windowCount - 1
            while index >= 0, age < track.pointee.windows[index].length {
                let window = track.pointee.windows + index
                record[window.pointee.count] += 1
                for position in 0..<window.pointee.measureCount {
                    let measure = window.pointee.measures + position
                    let value = entries[place + 1 + measure.pointee.payload]
                    KeyFigures.add(value, measure.pointee, to: record)
                    if measure.pointee.distinct >= 0, value != FactValues.absent,
                        !isRepeated(value, at: 1 + measure.pointee.payload, as: word, in: entries, next..<count)
                    {
                        record[measure.pointee.distinct] += 1
                    }
                }
                index -= 1
            }
            place = next
        }
    }

    /// Whether a fact among these is of the same track and has the same value.
    func isRepeated(
        _ value: Int64, at offset: Int, as word: Int64, in entries: UnsafePointer<Int64>, _ range: Range<Int>
    ) -> Bool {
        var place = range.lowerBound
        let tag = word & tagMask
        while place < range.upperBound {
            if entries[place] & tagMask == tag, entries[place + offset] == value { return true }
            place += tracks[track(entries[place])].entryStride
        }
        return false
    }
}
