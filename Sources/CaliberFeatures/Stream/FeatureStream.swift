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
    let keys = StringPool()
    let memory: RowMemory
    let slotPools: [StringPool?]
    let facts: [FactMemory]
    let entities: [EntityHistory]
    private let stages: [String: ContractStage]
    /// Facts whose entity is not known yet, by row.
    var waiting: [Int32: [WaitingFact]] = [:]
    /// Facts that have arrived and not happened, the next to happen last.
    var future: [FutureFact] = []
    /// By fact: the first that may still lie in a window.
    private var expiredEnds: [Int]

    struct WaitingFact {
        let fact: Int
        let number: Int
        let entity: Int
    }

    struct FutureFact {
        let time: Int64
        let fact: Int
        let number: Int
    }

    /// Which moments are handed out.
    package enum Selection: Sendable {
        case all
        /// A row's first moment that is learned from.
        case training
    }

    package init(_ plan: FeaturePlan) {
        self.plan = plan
        let memory = RowMemory(plan.rows)
        let slotPools = plan.rows.slots.map { $0.holdsStrings ? StringPool() : nil }
        let facts = plan.facts.map {
            FactMemory(valueCount: $0.definition.values.count, entityCount: plan.entities.count)
        }
        self.memory = memory
        self.slotPools = slotPools
        self.facts = facts
        entities = plan.entities.enumerated().map { EntityHistory($1, index: $0, facts: facts) }
        expiredEnds = facts.map { _ in 0 }
        let keys = keys
        stages = Dictionary(
            uniqueKeysWithValues: plan.contracts.map {
                ($0.contract.name, ContractStage($0, set: plan, memory: memory, keys: keys, slotPools: slotPools))
            })
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
        fold(order, begun)
        for stage in begun { stage.evaluateFacts() }
        var chunk = ChunkGathering(plan, first: position, selection: selection)
        gather(order, begun, &chunk)
        let output = FeatureOutput(chunk, plan)
        for (index, stage) in begun.enumerated() { output.evaluateExpressions(of: index, stage) }
        let forgotten = forgettableFacts()
        let work = ChunkWork(
            actions: chunk.actions, keyCounts: entities.map { slotPools[$0.plan.slot]?.count ?? 0 },
            entityCount: entities.count, featureCount: plan.featureCount, keys: output.keys, rows: output.rows,
            values: output.values, forgotten: forgotten, now: now)
        run(work, workers: workers)
        for (fact, end) in forgotten where end > 0 { facts[fact].removeFirst(upTo: end) }
        position = end
        guard !chunk.moments.isEmpty else { return }
        try body(
            FeatureBlock(
                moments: chunk.moments, featureCount: plan.featureCount, values: UnsafePointer(output.values),
                keys: keys))
        withExtendedLifetime(output) {}
    }

    private func run(_ work: ChunkWork, workers: Int) {
        guard workers > 1, work.actions.count > FeatureStream.fewestParallelActions else {
            for entity in entities { entity.work(work) }
            return
        }
        let entities = entities
        DispatchQueue.concurrentPerform(iterations: entities.count) { entities[$0].work(work) }
    }

    /// Before every event; windows can be taken off it.
    static let beginning = Int64.min / 2

    /// Below it, threads cost more than they save.
    private static let fewestParallelActions = 2_000

    /// Pools whose codes are kept from one chunk to the next, beside the keys.
    var sharedPools: [StringPool] {
        slotPools.compactMap { $0 } + stages.keys.sorted().flatMap { stages[$0]?.fieldPools ?? [] }
    }

    /// Takes up a state that was put away.
    func goOn(from position: LogPosition, now: Int64) {
        self.position = position
        self.now = now
        for index in facts.indices { expiredEnds[index] = facts[index].first }
    }

    // MARK: - Rows

    /// Folds the events into their rows in the order of arrival, and keeps each row as it was after its event.
    private func fold(_ order: ArrivalOrder, _ stages: [ContractStage]) {
        let recordWords = memory.stride
        for place in order.places {
            let stage = stages[Int(place.stage)]
            let event = Int(place.event)
            advanceClock(stage, event)
            let row = stage.row(of: event)
            stage.observed.nows[event] = now
            stage.observed.rows[event] = Int32(truncatingIfNeeded: row)
            guard row >= 0, let sources = stage.sources else { continue }
            memory.fold(sources, event: event, into: row)
            if stage.plan.isObserved {
                stage.observed.record(event).update(from: memory.record(row), count: recordWords)
            }
        }
    }

    private func advanceClock(_ stage: ContractStage, _ event: Int) {
        guard let batch = stage.batch, let arrival = batch.arrival else { return }
        if arrival.recordedAt.validity[event] != 0 {
            now = max(now, arrival.recordedAt.lanes[event])
        } else if batch.time.validity[event] != 0 {
            now = max(now, batch.time.lanes[event])
        }
    }

    // MARK: - Facts and moments

    private func gather(_ order: ArrivalOrder, _ stages: [ContractStage], _ chunk: inout ChunkGathering) {
        for stage in stages { stage.evaluateMoments() }
        for place in order.places {
            let stage = stages[Int(place.stage)]
            guard stage.plan.isObserved else { continue }
            let event = Int(place.event)
            let row = stage.observed.rows[event]
            guard row >= 0 else { continue }
            let now = stage.observed.nows[event]
            settleFuture(now: now, &chunk)
            if stage.plan.revealsEntities, memory.has(RowMemory.waitsFlag, Int(row)) {
                attachWaiting(row, stage, event, now: now, &chunk)
            }
            for fact in stage.factStages { add(fact, stage, event, row, now: now, &chunk) }
            if let moment = stage.moment(of: event) { addMoment(moment, place, stage, row, now: now, &chunk) }
        }
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
        let memory = facts[fact.fact]
        let number = memory.append(time: time, row: row)
        for value in fact.values.indices {
            memory.setValue(number, value, to: fact.lanes.start[value * batch.count + event])
        }
        for (index, entity) in plan.entities.enumerated() {
            let key = key(of: entity, stage, event)
            memory.setKey(number, index, to: key)
            if key < 0, entity.track(of: fact.fact) != nil {
                waiting[row, default: []].append(WaitingFact(fact: fact.fact, number: number, entity: index))
                self.memory.set(RowMemory.waitsFlag, Int(row), to: true)
            }
        }
        if time > now {
            postpone(FutureFact(time: time, fact: fact.fact, number: number))
        } else {
            chunk.actions.append(ChunkWork.Action(kind: .fact(fact.fact, number), now: now))
        }
    }

    /// The row's key of an entity; −1 while it is unknown.
    @inline(__always)
    private func key(of entity: EntityPlan, _ stage: ContractStage, _ event: Int) -> Int32 {
        let record = stage.observed.record(event)
        guard RowMemory.isValid(record, entity.slot) else { return -1 }
        return Int32(truncatingIfNeeded: record[memory.firstLane + entity.slot])
    }

    private func postpone(_ fact: FutureFact) {
        let place = future.firstIndex { $0.time <= fact.time } ?? future.count
        future.insert(fact, at: place)
    }

    /// Facts that have happened by now.
    private func settleFuture(now: Int64, _ chunk: inout ChunkGathering) {
        while let next = future.last, next.time <= now {
            future.removeLast()
            chunk.actions.append(ChunkWork.Action(kind: .fact(next.fact, next.number), now: now))
        }
    }

    /// Hands facts of a row to entities that are known of it since this event.
    private func attachWaiting(
        _ row: Int32, _ stage: ContractStage, _ event: Int, now: Int64, _ chunk: inout ChunkGathering
    ) {
        guard let facts = waiting[row] else { return }
        var left: [WaitingFact] = []
        for fact in facts {
            let memory = self.facts[fact.fact]
            // What has left every window counts no more, whenever it is forgotten.
            guard fact.number >= memory.first, memory.time(fact.number) > now - plan.facts[fact.fact].horizon else {
                continue
            }
            let key = key(of: plan.entities[fact.entity], stage, event)
            guard key >= 0 else {
                left.append(fact)
                continue
            }
            guard memory.time(fact.number) <= now else {
                // One that is still to happen goes to all its entities when it does.
                memory.setKey(fact.number, fact.entity, to: key)
                continue
            }
            chunk.actions.append(
                ChunkWork.Action(
                    kind: .attachment(fact.fact, fact.number, entity: fact.entity, key: key), now: now))
        }
        waiting[row] = left.isEmpty ? nil : left
        if left.isEmpty { self.memory.set(RowMemory.waitsFlag, Int(row), to: false) }
    }

    private func addMoment(
        _ moment: Int, _ place: ArrivalOrder.Place, _ stage: ContractStage, _ row: Int32, now: Int64,
        _ chunk: inout ChunkGathering
    ) {
        var isTraining = false
        if plan.definition.moments[moment].trains, !memory.has(RowMemory.trainedFlag, Int(row)) {
            memory.set(RowMemory.trainedFlag, Int(row), to: true)
            isTraining = true
        }
        guard chunk.selection == .all || isTraining else { return }
        for entity in plan.entities { chunk.keys.append(key(of: entity, stage, Int(place.event))) }
        chunk.add(
            FeatureBlock.Moment(
                row: Int(row), moment: moment,
                position: LogPosition(sequence: chunk.first.sequence + 1 + Int64(place.line)), now: now,
                isTraining: isTraining), place)
    }

    // MARK: - Forgetting

    /// Facts that have left every window, where so many of them stand first that it pays to forget them.
    private func forgettableFacts() -> [(fact: Int, end: Int)] {
        facts.indices.map { index in
            let memory = facts[index]
            let bound = now - plan.facts[index].horizon
            var end = max(expiredEnds[index], memory.first)
            while end < memory.end, memory.time(end) <= bound { end += 1 }
            expiredEnds[index] = end
            let isMany =
                end - memory.first >= FeatureStream.fewestForgotten
                && (end - memory.first) * 2 > memory.end - memory.first
            return (index, isMany ? end : 0)
        }
    }

    private static let fewestForgotten = 4_096
}
