import CaliberColumns
import CaliberDictionary
import CaliberEventLog

/// Brings parts of a state back into a stream that has taken nothing yet.
package final class StateRestoring {
    private let stream: FeatureStream
    private var historyCounts: [Int] = []
    private var restoredCounts: [Int]
    private var rowCount = -1

    /// - Parameter stream: one that has taken nothing yet.
    package init(_ stream: FeatureStream) {
        self.stream = stream
        restoredCounts = stream.entities.map { _ in 0 }
    }

    /// Takes a part; they come in the order of their numbers.
    ///
    /// - Returns: false where the bytes are no part of a state of the stream's plan.
    package func add(_ number: Int64, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let part = StatePart(number: number), rowCount >= 0 || part.kind == .summary else { return false }
        var reader = StateReader(bytes)
        do throws(StateProblem) {
            try read(part, &reader)
            return reader.isAtEnd
        } catch {
            return false
        }
    }

    /// - Returns: whether everything has come.
    package func finish() -> Bool {
        stream.postponeForgetting()
        return rowCount == stream.memory.count && rowCount == stream.keys.count && historyCounts == restoredCounts
    }

    private func read(_ part: StatePart, _ reader: inout StateReader) throws(StateProblem) {
        switch part.kind {
        case .summary: try readSummary(&reader)
        case .rowKeys: try readStrings(&reader, into: stream.keys, part)
        case .strings:
            guard stream.slotPools.indices.contains(part.owner), let pool = stream.slotPools[part.owner] else {
                throw .otherPlan
            }
            try readStrings(&reader, into: pool, part)
        case .rows: try readRows(&reader)
        case .histories, .busyKeys:
            guard stream.entities.indices.contains(part.owner) else { throw .otherPlan }
            let entity = stream.entities[part.owner]
            entity.runs.grow(keys: stream.slotPools[entity.plan.slot]?.count ?? 0)
            while !reader.isAtEnd {
                if part.kind == .histories {
                    try entity.readHistory(&reader)
                } else {
                    try entity.readBusy(&reader, now: stream.now)
                }
                restoredCounts[part.owner] += 1
            }
        }
    }

    private func readSummary(_ reader: inout StateReader) throws(StateProblem) {
        guard try reader.number() == FeatureStream.format else { throw .otherPlan }
        let sequence = try reader.number()
        stream.goOn(from: LogPosition(sequence: sequence), now: try reader.number())
        stream.lastForgetting = try reader.number()
        rowCount = try reader.number(below: Int(Int32.max))
        for _ in stream.entities { historyCounts.append(try reader.number(below: Int(Int32.max))) }
        try stream.memory.readHolders(&reader)
        for _ in 0..<(try reader.count(bytesEach: 8)) {
            stream.learned.insert(UInt64(bitPattern: try reader.number()))
        }
        for _ in 0..<(try reader.count(bytesEach: 40)) { stream.pending.add(try readPending(&reader), stream.plan) }
    }

    private func readPending(_ reader: inout StateReader) throws(StateProblem) -> PendingFact {
        let plan = stream.plan
        let fact = try reader.number(below: plan.facts.count)
        let numbers = try reader.values(Int64.self, count: 4)
        let values = try reader.values(Int64.self, count: plan.facts[fact].definition.values.count)
        let keys = try reader.values(Int64.self, count: plan.entities.count)
        return PendingFact(
            fact: fact, time: numbers[0], row: Int32(truncatingIfNeeded: numbers[1]), life: numbers[2], values: values,
            keys: keys.map { Int32(truncatingIfNeeded: $0) }, isFuture: numbers[3] != 0)
    }

    /// Strings get the codes that they had.
    private func readStrings(
        _ reader: inout StateReader, into pool: StringPool, _ part: StatePart
    ) throws(StateProblem) {
        guard pool.count == part.stretch * StatePart.stringCount else { throw .otherPlan }
        while !reader.isAtEnd {
            let code = pool.count
            guard Int(pool.intern(try reader.string())) == code else { throw .otherPlan }
        }
    }

    private func readRows(_ reader: inout StateReader) throws(StateProblem) {
        let memory = stream.memory
        guard try reader.number() == memory.count else { throw .otherPlan }
        let count = try reader.count(bytesEach: memory.stride * 8)
        let words = try reader.values(Int64.self, count: count * memory.stride)
        let lives = try reader.values(Int64.self, count: count)
        let isTrained = try reader.values(Int64.self, count: count)
        memory.restore(memory.count, words, lives, isTrained.map { $0 != 0 })
    }
}

extension PendingFacts {
    /// Takes up a fact that was put away.
    fileprivate mutating func add(_ fact: PendingFact, _ plan: FeaturePlan) {
        if fact.isFuture { postpone(fact) }
        let isWaiting = fact.keys.indices.contains { fact.keys[$0] < 0 && plan.concerns(fact.fact, $0) }
        if isWaiting, fact.row >= 0 { wait(fact) }
    }
}

extension RowMemory {
    fileprivate func readHolders(_ reader: inout StateReader) throws(StateProblem) {
        for _ in 0..<(try reader.count(bytesEach: 24)) {
            let key = Int(try reader.number())
            let time = try reader.number()
            holders[key] = Holder(time: time, tie: try reader.number())
        }
    }
}

extension EntityHistory {
    fileprivate func readHistory(_ reader: inout StateReader) throws(StateProblem) {
        let word = try reader.number()
        let key = Int(word >> 16)
        let used = Int(word & 0xFFFF)
        let words = try reader.values(Int64.self, count: layout.headCount + used)
        guard key < runs.count, runs.places[key].start == KeyRuns.Place.none,
            let size = KeyRuns.size(of: words.count)
        else { throw .otherPlan }
        let start = runs.allocate(size)
        runs.words(start).update(from: words, count: words.count)
        runs.places[key] = KeyRuns.Place(start: start, used: UInt16(used), size: UInt16(size))
    }

    fileprivate func readBusy(_ reader: inout StateReader, now: Int64) throws(StateProblem) {
        let key = try reader.number(below: runs.count)
        guard runs.places[key].start == KeyRuns.Place.none else { throw .otherPlan }
        let busy = BusyKey(layout, busyPlans)
        busy.record.update(from: try reader.values(Int64.self, count: layout.headCount), count: layout.headCount)
        for track in busy.tracks {
            let count = try reader.count(bytesEach: 8 * track.facts.stride)
            let facts = try reader.values(Int64.self, count: count * track.facts.stride)
            track.restore(facts, count: count, now: now, busy.record)
            for value in track.values {
                let count = try reader.count(bytesEach: 16)
                let entries = try reader.values(Int64.self, count: count * 2)
                for entry in 0..<count { value.insert(entries[2 * entry + 1], at: entries[2 * entry]) }
            }
        }
        busy.expectLeave()
        setBusy(key, busy)
    }
}
