import CaliberCore
import CaliberDictionary

/// Everything that is kept of one entity, and its features.
final class EntityHistory: @unchecked Sendable {
    // Safe to share: in each chunk one thread alone works on an entity, and hands it back before the next chunk.
    let plan: EntityPlan
    let layout: EntityLayout
    let runs = KeyRuns()
    /// By track.
    let busyPlans: [BusyPlan]
    // Stored privately, so that the compiler sees all accesses and needs no check of each at run time.
    /// Keys with many facts, at the places that their runs name.
    private var busy: [BusyKey?] = []
    private var freeBusy: [Int] = []
    private let index: Int
    /// By fact: its track, −1 for one that does not matter.
    private let trackOfFact: [Int]
    /// The record of a key that has few facts, while it is read.
    private let record: UnsafeMutablePointer<Int64>
    /// What is kept of one fact.
    private let kept: UnsafeMutablePointer<Int64>

    init(_ plan: EntityPlan, index: Int, factCount: Int) {
        self.plan = plan
        self.index = index
        layout = EntityLayout(plan)
        busyPlans = plan.tracks.map { BusyPlan($0) }
        trackOfFact = (0..<factCount).map { plan.track(of: $0) ?? -1 }
        record = .allocate(capacity: max(1, layout.recordCount))
        kept = .allocate(capacity: max(1, plan.tracks.map(\.payload.count).max() ?? 0))
    }

    deinit {
        record.deallocate()
        kept.deallocate()
    }

    /// Makes room for the keys that a chunk brought.
    func begin(_ chunk: ChunkWork) { runs.grow(keys: chunk.keyCounts[index]) }

    /// Goes through a stretch of what a chunk brought, in its order: adds facts, and reads features at moments.
    func work(_ chunk: ChunkWork, _ stretch: Range<Int>) {
        for action in chunk.actions[stretch] {
            switch action.kind {
            case .fact:
                let track = trackOfFact[Int(action.fact)]
                guard track >= 0 else { continue }
                let facts = chunk.facts[Int(action.fact)]
                let key = facts.key(Int(action.number), index)
                if key >= 0 { insert(track, facts, Int(action.number), key: Int(key), now: action.now) }
            case .moment: read(Int(action.number), now: action.now, chunk)
            }
        }
    }

    // MARK: - Facts

    private func insert(_ track: Int, _ facts: FactValues.View, _ number: Int, key: Int, now: Int64) {
        let values = facts.values(number)
        let plan = layout.tracks + track
        for index in 0..<plan.pointee.payloadCount { kept[index] = values[plan.pointee.payload[index]] }
        insert(track, key: key, time: facts.time(number), life: facts.life(number), values: values, now: now)
    }

    /// Adds a fact that has happened; what is kept of it stands in `kept`.
    private func insert(
        _ track: Int, key: Int, time: Int64, life: Int64, values: UnsafePointer<Int64>, now: Int64
    ) {
        let plan = layout.tracks + track
        let keeps = plan.pointee.keeps(time, now: now)
        if runs.places[key].start == KeyRuns.Place.none {
            guard keeps || layout.headCount > 0 else { return }
            begin(key, wordCount: keeps ? plan.pointee.entryStride : 0)
        }
        let place = runs.places[key]
        if place.isBusy, let busy = busy[Int(place.start)] {
            layout.remember(plan.pointee, time: time, life: life, values, in: busy.record)
            if keeps { busy.insert(track, time: time, kept, now: now) }
            return
        }
        let head = runs.words(place.start)
        layout.remember(plan.pointee, time: time, life: life, values, in: head)
        if plan.pointee.isEndless { countDifferent(plan.pointee, track, key, in: head) }
        if keeps { keep(track, key: key, time: time, now: now) }
    }

    /// Gives a key its first run.
    private func begin(_ key: Int, wordCount: Int) {
        guard let size = KeyRuns.size(of: layout.headCount + wordCount) else {
            return setBusy(key, BusyKey(layout, busyPlans))
        }
        let start = runs.allocate(size)
        runs.words(start).update(from: layout.blank, count: layout.headCount)
        runs.places[key] = KeyRuns.Place(start: start, used: 0, size: UInt16(size))
    }

    /// Different values of all time, of a fact that is not kept yet.
    private func countDifferent(
        _ plan: EntityLayout.Track, _ track: Int, _ key: Int, in head: UnsafeMutablePointer<Int64>
    ) {
        guard let ever = plan.ever else { return }
        let used = Int(runs.places[key].used)
        for index in 0..<ever.pointee.measureCount {
            let measure = ever.pointee.measures[index]
            guard measure.distinct >= 0, kept[measure.payload] != FactValues.absent,
                !layout.isRepeated(
                    kept[measure.payload], at: 1 + measure.payload, as: layout.word(time: 0, track: track),
                    in: head + layout.headCount, 0..<used)
            else { continue }
            head[measure.distinct] += 1
        }
    }

    private func keep(_ track: Int, key: Int, time: Int64, now: Int64) {
        let stride = layout.tracks[track].entryStride
        if hasNoRoom(key, stride) {
            purge(key, now: now)
            let needed = layout.headCount + Int(runs.places[key].used) + stride
            guard let size = KeyRuns.size(of: needed) else {
                promote(key, now: now)
                if let busy = busy[Int(runs.places[key].start)] { busy.insert(track, time: time, kept, now: now) }
                return
            }
            if hasNoRoom(key, stride) { runs.move(key, to: size, headCount: layout.headCount) }
        }
        let used = Int(runs.places[key].used)
        let entries = runs.words(runs.places[key].start) + layout.headCount
        let word = layout.word(time: time, track: track)
        let place = self.place(of: word, in: entries, used)
        (entries + place + stride).update(from: entries + place, count: used - place)
        entries[place] = word
        for index in 0..<stride - 1 { entries[place + 1 + index] = kept[index] }
        runs.places[key].used = UInt16(used + stride)
    }

    private func hasNoRoom(_ key: Int, _ wordCount: Int) -> Bool {
        let place = runs.places[key]
        return layout.headCount + Int(place.used) + wordCount > KeyRuns.sizes[Int(place.size)]
    }

    private func place(of word: Int64, in entries: UnsafePointer<Int64>, _ used: Int) -> Int {
        var place = 0
        while place < used, entries[place] <= word { place += layout.tracks[layout.track(entries[place])].entryStride }
        return place
    }

    /// Takes facts that have left every window out of a key's run.
    private func purge(_ key: Int, now: Int64) {
        let used = Int(runs.places[key].used)
        let entries = runs.words(runs.places[key].start) + layout.headCount
        var place = 0
        var kept = 0
        while place < used {
            let track = layout.tracks + layout.track(entries[place])
            let stride = track.pointee.entryStride
            if track.pointee.keeps(layout.time(entries[place]), now: now) {
                if kept != place { (entries + kept).update(from: entries + place, count: stride) }
                kept += stride
            }
            place += stride
        }
        runs.places[key].used = UInt16(kept)
    }

    /// Makes a key that has outgrown its run a busy one.
    private func promote(_ key: Int, now: Int64) {
        let busy = BusyKey(layout, busyPlans)
        let place = runs.places[key]
        if place.start != KeyRuns.Place.none {
            let head = runs.words(place.start)
            busy.record.update(from: head, count: layout.headCount)
            let entries = head + layout.headCount
            var next = 0
            while next < Int(place.used) {
                let track = layout.track(entries[next])
                busy.insert(track, time: layout.time(entries[next]), entries + next + 1, now: now)
                next += layout.tracks[track].entryStride
            }
            runs.release(place.start, size: Int(place.size))
        }
        setBusy(key, busy)
    }

    func busyKey(at place: UInt32) -> BusyKey? { busy[Int(place)] }

    func setBusy(_ key: Int, _ made: BusyKey) {
        let place = freeBusy.popLast() ?? busy.count
        if place == busy.count { busy.append(made) } else { busy[place] = made }
        runs.places[key] = KeyRuns.Place(start: UInt32(place), used: 0, size: KeyRuns.Place.busy)
    }

    // MARK: - Features

    private func read(_ row: Int, now: Int64, _ chunk: ChunkWork) {
        let key = Int(chunk.keys[row * chunk.entityCount + index])
        let values = chunk.values + row * chunk.featureCount
        guard key >= 0 else {
            for feature in plan.features { values[feature.feature] = .nan }
            return
        }
        let record = figures(of: key, now: now)
        let life = chunk.lives[row]
        for feature in plan.features {
            let value = KeyFigures.value(of: feature, record, now: now, life: life, own: values + feature.feature)
            values[feature.feature] = feature.isLog ? FeatureScale.log(value) : value
        }
    }

    /// A key's record as of a moment; valid until the next is asked for.
    private func figures(of key: Int, now: Int64) -> UnsafePointer<Int64> {
        let place = runs.places[key]
        if place.isBusy, let busy = busy[Int(place.start)] {
            busy.settle(now: now)
            return UnsafePointer(busy.record)
        }
        record.update(from: layout.blank, count: layout.recordCount)
        guard place.start != KeyRuns.Place.none else { return UnsafePointer(record) }
        let head = runs.words(place.start)
        record.update(from: head, count: layout.headCount)
        layout.addUp(head + layout.headCount, count: Int(place.used), now: now, into: record)
        return UnsafePointer(record)
    }

    // MARK: - Forgetting

    /// Takes out what has left every window.
    func purge(now: Int64) {
        for key in 0..<runs.count where runs.places[key].start != KeyRuns.Place.none {
            let place = runs.places[key]
            if place.isBusy {
                purgeBusy(key, Int(place.start), now: now)
            } else {
                purge(key, now: now)
                shrink(key)
            }
        }
    }

    private func purgeBusy(_ key: Int, _ place: Int, now: Int64) {
        guard let former = busy[place] else { return }
        former.settle(now: now)
        guard former.isEmpty, KeyRuns.size(of: layout.headCount) != nil else { return }
        busy[place] = nil
        freeBusy.append(place)
        runs.places[key] = KeyRuns.Place()
        guard layout.headCount > 0 else { return }
        begin(key, wordCount: 0)
        runs.words(runs.places[key].start).update(from: former.record, count: layout.headCount)
    }

    private func shrink(_ key: Int) {
        let place = runs.places[key]
        let needed = layout.headCount + Int(place.used)
        if needed == 0 {
            runs.release(place.start, size: Int(place.size))
            runs.places[key] = KeyRuns.Place()
        } else if let size = KeyRuns.size(of: needed), size + 1 < Int(place.size) {
            runs.move(key, to: size, headCount: layout.headCount)
        }
    }
}
