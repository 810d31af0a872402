import CSimdJSON

/// The keys that a running intake must not accept again: those of committed events, and those of chunks that it has
/// decoded and not committed yet.
final class KnownKeys {
    private let index: KeyIndex
    private var committed: [KeyRun] = []
    /// Runs of chunks on their way to the disk, oldest first, with the chunk's number.
    private var underway: [(chunk: Int, run: KeyRun)] = []
    private var chunkCount = 0
    private(set) var runs: [KeyRun] = []
    /// The runs as the decoding loop asks them.
    private var views = UnsafeMutableBufferPointer<KeyRunView>.allocate(capacity: 0)
    /// Keeps what the views look at in memory.
    private var viewed: [SortedKeys] = []
    /// A dry run commits nothing; its runs stay here and are merged like those of the file.
    private let isDryRun: Bool

    init(index: KeyIndex, isDryRun: Bool) {
        self.index = index
        self.isDryRun = isDryRun
        refresh()
    }

    /// Looks which chunks have been committed since. The index is read in one piece, so that a chunk's keys are always
    /// in it or still underway.
    func refresh() {
        let state = index.current
        committed = state.runs.all
        if !isDryRun { underway.removeAll { $0.chunk < state.committedChunkCount } }
        runs = committed + underway.map(\.run)
        viewed.removeAll(keepingCapacity: true)
        views.deallocate()
        views = .allocate(capacity: runs.count)
        for (index, run) in runs.enumerated() {
            let keys = run.residentKeys
            if let keys { viewed.append(keys) }
            views.initializeElement(
                at: index,
                to: KeyRunView(filter: run.filter.view, keys: keys.map { UnsafeBufferPointer($0.buffer) }))
        }
    }

    deinit { views.deallocate() }

    /// What is known of a key without reading the file.
    enum Verdict { case new, known, undecided }

    /// Brings near what `verdict` will look at.
    @inline(__always)
    func prefetch(_ key: EventKey) {
        for view in views { caliber_prefetch(view.filter.block(of: key)) }
    }

    @inline(__always)
    func verdict(_ key: EventKey) -> Verdict {
        var verdict = Verdict.new
        for view in views where view.filter.mayContain(key) {
            guard let keys = view.keys else {
                verdict = .undecided
                continue
            }
            if SortedKeys.contains(key, in: keys) { return .known }
        }
        return verdict
    }

    /// Every chunk is told, one without keys as nil.
    func add(_ run: KeyRun?) {
        if let run { underway.append((chunkCount, run)) }
        chunkCount += 1
        if isDryRun { mergeUnderway() }
    }

    private func mergeUnderway() {
        var level = 0
        while true {
            let full = underway.filter { $0.run.level == level }
            guard full.count >= EventLogLimits.keyRunsPerLevel else { return }
            underway.removeAll { $0.run.level == level }
            level += 1
            underway.append((full[0].chunk, KeyRun(merging: full.map(\.run), level: level)))
        }
    }

    /// Which of some sorted keys are known.
    func known(among keys: [EventKey]) throws -> [Bool] {
        while true {
            do {
                return try index.known(among: keys, in: runs)
            } catch is StaleKeyRun {
                // A merge replaced a run between the look at the list and the look at its pages. If the list is the
                // same as before, the pages are not merged but gone.
                let asked = Set(runs.map(\.keyRunID))
                refresh()
                guard Set(runs.map(\.keyRunID)) != asked else {
                    throw InputProblem.damagedKeys(reason: "pages of a key run are missing")
                }
            }
        }
    }
}

/// A run without references: its filter, and its keys where they are in memory.
private struct KeyRunView {
    let filter: KeyFilterView
    let keys: UnsafeBufferPointer<EventKey>?
}

extension KeyRun {
    /// One run of the keys of some that are in memory.
    convenience init(merging runs: [KeyRun], level: Int) {
        let all = SortedKeys(capacity: runs.reduce(0) { $0 + $1.count })
        for run in runs { if let keys = run.residentKeys { all.append(contentsOf: keys) } }
        self.init(unsorted: all, level: level)
    }
}
