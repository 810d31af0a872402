import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import Dispatch

/// A feature set computed along the log: events go in, in the log's order; rows as of their moments of scoring come out.
///
/// What is known at a moment is what had arrived by then *and* had happened by then. Nothing that comes later in the log
/// changes a value that was handed out, and the log replayed gives the same bits, however it is cut into chunks.
///
/// Serves one thread at a time.
package final class FeatureStream {
    package let plan: FeaturePlan
    /// The log up to where events were taken.
    package private(set) var position = LogPosition.start
    /// The clock of arrival: the latest `recordedtime` (or event time, where there is none) so far, UTC microseconds.
    package private(set) var now = FeatureStream.beginning
    /// By row.
    private(set) var keys = StringPool()
    let memory: RowMemory
    /// By the row's slot; nil for one that holds no strings.
    private(set) var slotPools: [StringPool?]
    let entities: [EntityHistory]
    var pending = PendingFacts()
    /// Hashes of the keys of rows that were learned from and are forgotten; only where nothing else is handed out.
    var learned: Set<UInt64> = []
    /// Rows and keys of entities at which it is time to forget.
    private var nextForgetting: Int
    /// `now` when rows and keys were forgotten last.
    var lastForgetting = FeatureStream.beginning
    private let fewestForgotten: Int
    private let facts: [FactValues]
    private var stages: [String: ContractStage] = [:]
    private var closing: RowClosing?
    /// Rows that began in the chunk.
    private var births: [Birth] = []

    private struct Birth {
        /// A position in the order of arrival.
        let place: Int
        let row: Int
        /// Whether there was a row of this key before, which is forgotten.
        let isAnew: Bool
    }

    /// Which moments are handed out.
    package enum Selection: Sendable {
        case all
        /// A row's first moment that is learned from.
        case training
    }

    /// - Parameter fewestForgotten: rows and keys of entities are looked through, for those that matter no more, once there
    ///   are so many and twice as many as were left the last time; 0: after every chunk. Values are the same for any
    ///   number.
    package init(_ plan: FeaturePlan, fewestForgotten: Int = 1 << 16) {
        self.plan = plan
        self.fewestForgotten = fewestForgotten
        nextForgetting = fewestForgotten
        memory = RowMemory(plan.rows)
        slotPools = plan.rows.slots.map { $0.holdsStrings ? StringPool() : nil }
        entities = plan.entities.enumerated().map { EntityHistory($1, index: $0, factCount: plan.facts.count) }
        facts = plan.facts.map {
            FactValues(valueCount: $0.definition.values.count, entityCount: plan.entities.count)
        }
        makeStages()
    }

    /// What goes over events and rows remembers the codes of strings, and so begins anew with other pools.
    private func makeStages() {
        stages = Dictionary(
            uniqueKeysWithValues: plan.contracts.map {
                ($0.contract.name, ContractStage($0, set: plan, memory: memory, keys: keys, slotPools: slotPools))
            })
        closing = RowClosing(plan, memory, slotPools: slotPools)
    }

    /// Takes up a state that was put away.
    func goOn(from position: LogPosition, now: Int64) {
        self.position = position
        self.now = now
    }

    /// Takes other pools for the strings of rows and keys.
    func replacePools(keys: StringPool, slots: [StringPool?]) {
        self.keys = keys
        slotPools = slots
        makeStages()
    }

    /// Takes events of the log and hands out the features of the moments among them.
    ///
    /// - Parameters:
    ///   - batches: all that was accepted after `position`, with their arrival.
    ///   - end: the position of the last of them.
    ///   - workers: threads that compute histories.
    package func take(
        _ batches: [EventBatch], upTo end: LogPosition, selection: Selection = .all, workers: Int = 1,
        _ body: (FeatureBlock) throws -> Void
    ) rethrows {
        let begun = batches.compactMap { batch -> ContractStage? in
            guard let stage = stages[batch.contract.name] else { return nil }
            stage.begin(batch)
            return stage
        }
        memory.grow(to: keys.count)
        let order = ArrivalOrder(begun)
        births.removeAll(keepingCapacity: true)
        fold(order, begun)
        for stage in begun { stage.evaluateFacts() }
        var chunk = ChunkGathering(stageCount: begun.count, first: position, selection: selection)
        gather(order, begun, &chunk)
        let output = FeatureOutput(chunk, featureCount: plan.featureCount)
        for (index, stage) in begun.enumerated() { output.evaluateExpressions(of: index, stage, plan) }
        let work = ChunkWork(
            actions: chunk.actions, facts: facts.map(\.view),
            keyCounts: entities.map { slotPools[$0.plan.slot]?.count ?? 0 }, entityCount: entities.count,
            featureCount: plan.featureCount, keys: output.keys, lives: output.lives, values: output.values)
        run(work, workers: workers)
        for facts in facts { facts.removeAll() }
        position = end
        defer { forgetIfWorthwhile(selection) }
        guard !chunk.moments.isEmpty else { return }
        try body(
            FeatureBlock(
                moments: chunk.moments, featureCount: plan.featureCount, values: UnsafePointer(output.values),
                keys: keys))
        withExtendedLifetime(output) {}
    }

    /// A stretch of the chunk at a time, so that the rows that all entities write to are in the cache together.
    private func run(_ work: ChunkWork, workers: Int) {
        let entities = entities
        let threads =
            work.actions.count > FeatureStream.fewestParallelActions ? max(1, min(workers, entities.count)) : 1
        @Sendable func run(_ thread: Int) {
            let own = stride(from: thread, to: entities.count, by: threads)
            for entity in own { entities[entity].begin(work) }
            for start in stride(from: 0, to: work.actions.count, by: FeatureStream.actionsPerStretch) {
                let stretch = start..<min(start + FeatureStream.actionsPerStretch, work.actions.count)
                for entity in own { entities[entity].work(work, stretch) }
            }
        }
        guard threads > 1 else { return run(0) }
        DispatchQueue.concurrentPerform(iterations: threads) { run($0) }
    }

    /// Some hundred rows: less than a second-level cache.
    private static let actionsPerStretch = 512

    /// Before every event; windows can be taken off it.
    static let beginning = Int64.min / 2

    /// Below it, threads cost more than they save.
    private static let fewestParallelActions = 2_000

    // MARK: - Rows

    /// Folds the events into their rows in the order of arrival, and keeps each row as it was after its event.
    private func fold(_ order: ArrivalOrder, _ stages: [ContractStage]) {
        let recordWords = memory.stride
        for (index, place) in order.places.enumerated() {
            let stage = stages[Int(place.stage)]
            let event = Int(place.event)
            guard let clock = stage.clock else { continue }
            if let arrival = clock.arrival(event) { now = max(now, arrival) }
            let row = stage.row(of: event)
            stage.observed.nows[event] = now
            stage.observed.rows[event] = Int32(truncatingIfNeeded: row)
            guard row >= 0 else { continue }
            hear(of: row, at: index)
            memory.fold(stage.sources, clock, event: event, into: row)
            if stage.isObserved {
                stage.observed.record(event).update(from: memory.record(row), count: recordWords)
            }
        }
    }

    /// Notes that an event of the row has come, and begins the row where it is new or forgotten.
    @inline(__always)
    private func hear(of row: Int, at place: Int) {
        let heard = memory.heard(row)
        if heard == RowMemory.neverHeard {
            births.append(Birth(place: place, row: row, isAnew: false))
        } else if now - heard > plan.horizon, let closing, !closing.closed([row]).isEmpty {
            memory.clear(row)
            births.append(Birth(place: place, row: row, isAnew: true))
        }
        memory.setHeard(row, at: now)
    }

    // MARK: - Facts and moments

    private func gather(_ order: ArrivalOrder, _ stages: [ContractStage], _ chunk: inout ChunkGathering) {
        for stage in stages { stage.evaluateMoments() }
        var nextBirth = 0
        for (index, place) in order.places.enumerated() {
            if nextBirth < births.count, births[nextBirth].place == index {
                begin(births[nextBirth], chunk.position(of: place), chunk.selection)
                nextBirth += 1
            }
            let stage = stages[Int(place.stage)]
            guard stage.isObserved else { continue }
            let event = Int(place.event)
            let row = stage.observed.rows[event]
            guard row >= 0 else { continue }
            let now = stage.observed.nows[event]
            while pending.nextTime <= now, let next = pending.takeNext() {
                next.isFuture = false
                add(next, now: now, &chunk)
            }
            if stage.revealsEntities, pending.isWaiting, pending.waits(row) {
                attachWaiting(row, stage, event, now: now, &chunk)
            }
            for fact in stage.factStages { add(fact, stage, event, row, now: now, &chunk) }
            if let moment = stage.moment(of: event) { addMoment(moment, place, stage, row, now: now, &chunk) }
        }
    }

    private func begin(_ birth: Birth, _ position: LogPosition, _ selection: Selection) {
        memory.lives[birth.row] = position.sequence
        guard birth.isAnew else { return }
        pending.forget(Int32(truncatingIfNeeded: birth.row))
        if selection != .training { memory.isTrained[birth.row] = false }
    }

    private func add(
        _ fact: ContractStage.FactStage, _ stage: ContractStage, _ event: Int, _ row: Int32, now: Int64,
        _ chunk: inout ChunkGathering
    ) {
        guard fact.mask.start[event] != 0, let batch = stage.batch else { return }
        let time: Int64
        switch plan.facts[fact.fact].definition.time {
        case .data(let field) where batch.fields[field].validity[event] != 0: time = batch.fields[field].lanes[event]
        default: time = batch.time.validity[event] != 0 ? batch.time.lanes[event] : now
        }
        let life = memory.lives[Int(row)]
        let known = facts[fact.fact]
        let number = known.append(time: time, life: life)
        for value in fact.values.indices {
            known.values(number)[value] = fact.lanes.start[value * batch.count + event]
        }
        var isWaiting = false
        for (index, slot) in plan.entitySlots.enumerated() {
            let key = key(in: slot, stage, event)
            known.keys(number)[index] = key
            if key < 0, plan.concerns(fact.fact, index) { isWaiting = true }
        }
        let isFuture = time > now
        if isWaiting || isFuture {
            let fact = PendingFact(
                fact: fact.fact, time: time, row: row, life: life,
                values: Array(UnsafeBufferPointer(start: known.values(number), count: known.valueCount)),
                keys: Array(UnsafeBufferPointer(start: known.keys(number), count: known.entityCount)),
                isFuture: isFuture)
            if isWaiting { pending.wait(fact) }
            if isFuture { pending.postpone(fact) }
        }
        if !isFuture { chunk.add(fact: fact.fact, number, now: now) }
    }

    /// Adds a fact that has happened in the meantime to all that are known to be concerned.
    private func add(_ fact: PendingFact, now: Int64, _ chunk: inout ChunkGathering) {
        let known = facts[fact.fact]
        let number = known.append(time: fact.time, life: fact.life)
        known.values(number).update(from: fact.values, count: fact.values.count)
        known.keys(number).update(from: fact.keys, count: fact.keys.count)
        chunk.add(fact: fact.fact, number, now: now)
    }

    /// The row's key of an entity; −1 while it is unknown.
    @inline(__always)
    private func key(in slot: Int, _ stage: ContractStage, _ event: Int) -> Int32 {
        let record = stage.observed.record(event)
        guard RowMemory.isValid(record, slot) else { return -1 }
        return Int32(truncatingIfNeeded: record[memory.firstLane + slot])
    }

    /// Hands facts of a row to entities that are known of it since this event.
    private func attachWaiting(
        _ row: Int32, _ stage: ContractStage, _ event: Int, now: Int64, _ chunk: inout ChunkGathering
    ) {
        var left: [PendingFact] = []
        for fact in pending.waiting[row] ?? [] where fact.time > now - plan.facts[fact.fact].horizon {
            var isWaiting = false
            for (index, slot) in plan.entitySlots.enumerated()
            where fact.keys[index] < 0 && plan.concerns(fact.fact, index) {
                let key = key(in: slot, stage, event)
                guard key >= 0 else {
                    isWaiting = true
                    continue
                }
                fact.keys[index] = key
                // One that is still to happen goes to all its entities when it does.
                if !fact.isFuture { add(fact, to: index, now: now, &chunk) }
            }
            if isWaiting { left.append(fact) }
        }
        pending.setWaiting(left, of: row)
    }

    /// Adds a fact to one entity, which was not known before.
    private func add(_ fact: PendingFact, to entity: Int, now: Int64, _ chunk: inout ChunkGathering) {
        let known = facts[fact.fact]
        let number = known.append(time: fact.time, life: fact.life)
        known.values(number).update(from: fact.values, count: fact.values.count)
        known.keys(number).update(repeating: -1, count: known.entityCount)
        known.keys(number)[entity] = fact.keys[entity]
        chunk.add(fact: fact.fact, number, now: now)
    }

    private func addMoment(
        _ moment: Int, _ place: ArrivalOrder.Place, _ stage: ContractStage, _ row: Int32, now: Int64,
        _ chunk: inout ChunkGathering
    ) {
        var isTraining = false
        if plan.definition.moments[moment].trains, !memory.isTrained[Int(row)] {
            memory.isTrained[Int(row)] = true
            isTraining = learned.isEmpty || !learned.contains(keyHash(Int(row)))
        }
        guard chunk.selection == .all || isTraining else { return }
        for slot in plan.entitySlots { chunk.keys.append(key(in: slot, stage, Int(place.event))) }
        chunk.add(
            FeatureBlock.Moment(
                row: Int(row), moment: moment, position: chunk.position(of: place), now: now, isTraining: isTraining),
            life: memory.lives[Int(row)], place)
    }

    // MARK: - Forgetting

    private func forgetIfWorthwhile(_ selection: Selection) {
        guard memory.count + entities.reduce(0, { $0 + $1.runs.count }) >= nextForgetting else { return }
        forget(keepsLearned: selection == .training)
        postponeForgetting()
    }

    /// Until there are twice as many rows and keys as now.
    func postponeForgetting() {
        let left = memory.count + entities.reduce(0) { $0 + $1.runs.count }
        nextForgetting = fewestForgotten == 0 ? 0 : max(fewestForgotten, left * 2)
    }

    /// Rows that are closed, and of which nothing was heard for so long that an event would begin them anew.
    func forgottenRows() -> [Int] {
        guard let closing else { return [] }
        return closing.closed(
            (0..<memory.count).filter {
                memory.heard($0) != RowMemory.neverHeard && now - memory.heard($0) > plan.horizon
            })
    }
}
