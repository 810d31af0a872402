import CXXHash
import CaliberColumns

/// Rows, keys and facts that can change no value any more leave memory. When they do changes no value either: what would
/// count of them is decided at the event that would ask for them.
extension FeatureStream {
    /// Forgets rows that are over, and keys of entities of which nothing is kept, and gives the others new numbers.
    ///
    /// - Parameter keepsLearned: keeps in mind which rows were learned from.
    func forget(keepsLearned: Bool) {
        lastForgetting = now
        for entity in entities { entity.purge(now: now) }
        pending.filterWaiting { $0.time > now - plan.facts[$0.fact].horizon }
        forgetRows(keepsLearned: keepsLearned)
        forgetStrings()
    }

    /// A hash of a row's key.
    func keyHash(_ row: Int) -> UInt64 {
        let key = keys[UInt32(truncatingIfNeeded: row)]
        return XXH3_64bits(key.baseAddress, key.count)
    }

    private func forgetRows(keepsLearned: Bool) {
        let gone = forgottenRows()
        guard !gone.isEmpty else { return }
        var numbers = [Int32](repeating: 0, count: memory.count)
        for row in gone {
            numbers[row] = -1
            if keepsLearned, memory.isTrained[row] { learned.insert(keyHash(row)) }
        }
        let left = StringPool()
        var next: Int32 = 0
        for row in numbers.indices where numbers[row] >= 0 {
            numbers[row] = next
            next += 1
            _ = left.intern(keys[UInt32(row)])
        }
        memory.renumber(numbers)
        pending.renumberRows(numbers)
        replacePools(keys: left, slots: slotPools)
    }

    /// Forgets strings that no row, key or fact names.
    private func forgetStrings() {
        var pools = slotPools
        for slot in pools.indices {
            guard let pool = pools[slot], let numbers = usedStrings(slot, pool) else { continue }
            let left = StringPool()
            for code in numbers.indices where numbers[code] >= 0 { _ = left.intern(pool[UInt32(code)]) }
            pools[slot] = left
            memory.renumberStrings(slot, numbers)
            for (index, entity) in entities.enumerated() where entity.plan.slot == slot {
                entity.runs.renumber(numbers, count: left.count)
                pending.renumberKeys(entity: index, numbers)
            }
        }
        replacePools(keys: keys, slots: pools)
    }

    /// - Returns: by code, the new one; −1 for a string that is not used. nil where all are.
    private func usedStrings(_ slot: Int, _ pool: StringPool) -> [Int32]? {
        var isUsed = [Bool](repeating: false, count: pool.count)
        memory.markStrings(slot, in: &isUsed)
        for (index, entity) in entities.enumerated() where entity.plan.slot == slot {
            for key in 0..<entity.runs.count where entity.runs.places[key].start != KeyRuns.Place.none {
                isUsed[key] = true
            }
            for fact in pending.all where fact.keys[index] >= 0 { isUsed[Int(fact.keys[index])] = true }
        }
        guard isUsed.contains(false) else { return nil }
        var next: Int32 = 0
        return isUsed.map { used in
            guard used else { return -1 }
            next += 1
            return next - 1
        }
    }
}

extension RowMemory {
    /// Marks the codes that rows have in a slot.
    func markStrings(_ slot: Int, in isUsed: inout [Bool]) {
        for row in 0..<count {
            let record = record(row)
            if RowMemory.isValid(record, slot) { isUsed[Int(record[firstLane + slot])] = true }
        }
    }

    func renumberStrings(_ slot: Int, _ numbers: [Int32]) {
        for row in 0..<count {
            let record = record(row)
            if RowMemory.isValid(record, slot) {
                record[firstLane + slot] = Int64(numbers[Int(record[firstLane + slot])])
            }
        }
    }
}

extension PendingFacts {
    /// Gives rows other numbers; facts of those that are forgotten wait no more.
    mutating func renumberRows(_ numbers: [Int32]) {
        let former = waiting.values.flatMap { $0 }
        for row in waiting.keys { setWaiting([], of: row) }
        for fact in future where fact.row >= 0 { fact.row = numbers[Int(fact.row)] }
        for fact in former {
            if !fact.isFuture { fact.row = numbers[Int(fact.row)] }
            if fact.row >= 0 { wait(fact) }
        }
    }

    mutating func renumberKeys(entity: Int, _ numbers: [Int32]) {
        for fact in all where fact.keys[entity] >= 0 { fact.keys[entity] = numbers[Int(fact.keys[entity])] }
    }
}
