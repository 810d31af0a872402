import CaliberColumns
import CaliberEventLog

/// A stream put away and taken up again: what comes after it is the same to the last bit.
extension FeatureStream {
    static let format: Int64 = 2

    /// Hands out everything that later values hang on, part by part, in the order of the parts' numbers.
    ///
    /// - Parameter body: gets a part's number, which it keeps from one time to the next, and its bytes, valid until it
    ///   returns.
    package func forEachStatePart(_ body: (Int64, UnsafeRawBufferPointer) throws -> Void) rethrows {
        forgetIfDue()
        let writer = StateWriter()
        func hand(_ part: StatePart) throws {
            try writer.bytes.withUnsafeBytes { try body(part.number, $0) }
            writer.removeAll()
        }
        writeSummary(to: writer)
        try hand(StatePart(.summary))
        try writer.write(keys, .rowKeys, owner: 0, hand)
        for (slot, pool) in slotPools.enumerated() {
            if let pool { try writer.write(pool, .strings, owner: slot, hand) }
        }
        for (stretch, first) in stride(from: 0, to: memory.count, by: StatePart.rowCount).enumerated() {
            memory.write(first..<min(first + StatePart.rowCount, memory.count), to: writer)
            try hand(StatePart(.rows, stretch: stretch))
        }
        for (index, entity) in entities.enumerated() {
            for (stretch, first) in stride(from: 0, to: entity.runs.count, by: StatePart.keyCount).enumerated() {
                entity.write(first..<min(first + StatePart.keyCount, entity.runs.count), to: writer)
                if !writer.bytes.isEmpty { try hand(StatePart(.histories, owner: index, stretch: stretch)) }
            }
        }
        for (index, entity) in entities.enumerated() {
            var stretch = 0
            for key in 0..<entity.runs.count where entity.runs.places[key].isBusy {
                entity.writeBusy(key, now: now, to: writer)
                guard writer.bytes.count >= StatePart.busyByteCount else { continue }
                try hand(StatePart(.busyKeys, owner: index, stretch: stretch))
                stretch += 1
            }
            if !writer.bytes.isEmpty { try hand(StatePart(.busyKeys, owner: index, stretch: stretch)) }
        }
    }

    /// All parts one behind the other.
    package func encodedState() -> [UInt8] {
        let all = StateWriter()
        forEachStatePart { number, bytes in
            all.write(number)
            all.write(bytes)
        }
        return all.bytes
    }

    /// A stream that goes on from a state.
    ///
    /// - Returns: nil where the bytes are not a state of this plan.
    package convenience init?(_ plan: FeaturePlan, state: UnsafeRawBufferPointer) {
        self.init(plan)
        let restoring = StateRestoring(self)
        var reader = StateReader(state)
        do throws(StateProblem) {
            while !reader.isAtEnd {
                let number = try reader.number()
                guard restoring.add(number, try reader.string()) else { return nil }
            }
        } catch {
            return nil
        }
        guard restoring.finish() else { return nil }
    }

    /// What no figure needs any more is not put away.
    private func forgetIfDue() {
        if now - lastForgetting > plan.horizon / FeatureStream.forgettingsInHorizon {
            forget(keepsLearned: !learned.isEmpty)
        } else {
            for entity in entities { entity.purge(now: now) }
        }
    }

    private static let forgettingsInHorizon: Int64 = 16

    private func writeSummary(to writer: StateWriter) {
        writer.write(FeatureStream.format)
        writer.write(position.sequence)
        writer.write(now)
        writer.write(lastForgetting)
        writer.write(memory.count)
        for entity in entities { writer.write(entity.historyCount) }
        memory.writeHolders(to: writer)
        writer.write(learned.count)
        for hash in learned.sorted() { writer.write(Int64(bitPattern: hash)) }
        let pending = pending.all
        writer.write(pending.count)
        for fact in pending {
            writer.write(fact.fact)
            for number in [fact.time, Int64(fact.row), fact.life, fact.isFuture ? 1 : 0] { writer.write(number) }
            for value in fact.values { writer.write(value) }
            for key in fact.keys { writer.write(Int64(key)) }
        }
    }
}

extension StateWriter {
    fileprivate func write(
        _ pool: StringPool, _ kind: StatePart.Kind, owner: Int, _ hand: (StatePart) throws -> Void
    ) rethrows {
        for (stretch, first) in stride(from: 0, to: pool.count, by: StatePart.stringCount).enumerated() {
            for code in first..<min(first + StatePart.stringCount, pool.count) { write(pool[UInt32(code)]) }
            try hand(StatePart(kind, owner: owner, stretch: stretch))
        }
    }
}

extension RowMemory {
    func write(_ rows: Range<Int>, to writer: StateWriter) {
        writer.write(rows.lowerBound)
        writer.write(rows.count)
        writer.write(UnsafePointer(record(rows.lowerBound)), count: rows.count * stride)
        writer.write(UnsafePointer(lives + rows.lowerBound), count: rows.count)
        for row in rows { writer.write(isTrained[row] ? 1 : 0) }
    }

    func writeHolders(to writer: StateWriter) {
        writer.write(holders.count)
        for (key, holder) in holders.sorted(by: { $0.key < $1.key }) {
            writer.write(key)
            writer.write(holder.time)
            writer.write(holder.tie)
        }
    }
}

extension EntityHistory {
    /// How many keys something is kept of.
    var historyCount: Int {
        (0..<runs.count).reduce(0) { $0 + (runs.places[$1].start == KeyRuns.Place.none ? 0 : 1) }
    }

    /// Keys with few facts: number, words in use, head and facts of each.
    func write(_ keys: Range<Int>, to writer: StateWriter) {
        for key in keys {
            let place = runs.places[key]
            guard place.start != KeyRuns.Place.none, !place.isBusy else { continue }
            writer.write(Int64(key) << 16 | Int64(place.used))
            writer.write(UnsafePointer(runs.words(place.start)), count: layout.headCount + Int(place.used))
        }
    }

    func writeBusy(_ key: Int, now: Int64, to writer: StateWriter) {
        guard let busy = busyKey(at: runs.places[key].start) else { return }
        busy.settle(now: now)
        writer.write(key)
        writer.write(UnsafePointer(busy.record), count: layout.headCount)
        for track in busy.tracks {
            writer.write(track.facts)
            for value in track.values { writer.write(value.timeline) }
        }
    }
}

extension StateWriter {
    fileprivate func write(_ timeline: Timeline) {
        write(timeline.count)
        for block in timeline.blocks { write(UnsafePointer(block.start), count: block.count * timeline.stride) }
    }
}
