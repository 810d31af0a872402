/// A key with many facts: windows' figures are kept, and what has left a window is taken back when the key is looked at.
final class BusyKey {
    let record: UnsafeMutablePointer<Int64>
    let tracks: [BusyTrack]
    /// When the next fact leaves a window.
    private var nextLeave = Int64.max
    /// Whether some figures are looked up when the key is read.
    private let looksUp: Bool

    init(_ layout: EntityLayout, _ plans: [BusyPlan]) {
        record = .allocate(capacity: max(1, layout.recordCount))
        record.update(from: layout.blank, count: layout.recordCount)
        tracks = plans.map { BusyTrack($0) }
        looksUp = plans.contains { !$0.values.isEmpty }
    }

    deinit { record.deallocate() }

    /// Whether no fact is kept.
    var isEmpty: Bool { tracks.allSatisfy(\.isEmpty) }

    /// Adds a fact that has happened.
    ///
    /// - Parameter kept: those of the fact's values that the track keeps.
    func insert(_ track: Int, time: Int64, _ kept: UnsafePointer<Int64>, now: Int64) {
        nextLeave = min(nextLeave, tracks[track].insert(time: time, kept, now: now, record))
    }

    /// Brings the record up to a moment.
    func settle(now: Int64) {
        if now >= nextLeave {
            nextLeave = .max
            for track in tracks { nextLeave = min(nextLeave, track.advance(now: now, record)) }
        }
        guard looksUp else { return }
        for track in tracks { track.lookUp(now: now, record) }
    }

    /// Makes the record be brought up to date by the next `settle`, whatever it holds.
    func expectLeave() { nextLeave = .min }
}
