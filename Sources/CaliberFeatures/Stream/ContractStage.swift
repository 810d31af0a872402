import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog

/// The events of one contract on their way through a feature set, batch after batch.
final class ContractStage {
    let plan: ContractPlan
    let observed: ObservedEvents
    private(set) var batch: EventBatch?
    let sources: FoldSources
    /// Whether rows as of its events are looked at.
    let isObserved: Bool
    /// Whether an event can make an entity known that was not.
    let revealsEntities: Bool
    private(set) var clock: EventClock?
    private let keyField: TranslatedField
    /// The row of each event.
    private(set) var keys: UnsafePointer<Int64>?
    private var keyValidity: UnsafePointer<UInt8>?
    /// Strings of a field as codes of the slot that it fills.
    private var slotFields: [Int: TranslatedField] = [:]
    private var slotLanes: [Int: UnsafePointer<Int64>] = [:]
    /// Strings of a field as codes that programs know.
    private var namedFields: [Int: TranslatedField] = [:]
    private let foldConditions: [Program]
    private let facts: [FactStage]
    private let moments: [Program?]
    private let closed: Program?
    private let expressions: [Program]
    private var masks: [ChunkScratch<UInt8>] = []
    private let momentMask = ChunkScratch<UInt8>()
    private let momentOfEvent = ChunkScratch<Int32>()

    /// What is evaluated of a fact.
    struct FactStage {
        /// Its position in the set.
        let fact: Int
        let condition: Program?
        let values: [Program]
        let mask = ChunkScratch<UInt8>()
        /// One after the other, all events of a value.
        let lanes = ChunkScratch<Int64>()
    }

    init(_ plan: ContractPlan, set: FeaturePlan, memory: RowMemory, keys: StringPool, slotPools: [StringPool?]) {
        self.plan = plan
        sources = FoldSources(plan.folds)
        isObserved = plan.isObserved
        revealsEntities = plan.revealsEntities
        observed = ObservedEvents(stride: memory.stride, firstLane: memory.firstLane)
        keyField = TranslatedField(plan.key[0], pool: keys)
        let slots =
            plan.folds.orders.flatMap { order in order.columns.map { ($0.slot, $0.field) } }
            + plan.folds.aggregates.compactMap { fold in fold.field.map { (fold.slot, $0) } }
        for (slot, field) in slots {
            if let pool = slotPools[slot] { slotFields[slot] = TranslatedField(field, pool: pool) }
        }
        var binding = ProgramBinding(plan.contract, set: set, observed: observed, slotPools: slotPools)
        let definition = set.definition
        foldConditions = plan.folds.conditions.map { binding.ofEvent($0) }
        facts = plan.facts.map { fact in
            FactStage(
                fact: fact, condition: definition.facts[fact].condition.map { binding.ofEvent($0) },
                values: definition.facts[fact].values.map { binding.ofEvent($0.expression) })
        }
        moments = plan.moments.map { moment in definition.moments[moment].condition.map { binding.ofEvent($0) } }
        closed = plan.moments.isEmpty ? nil : set.closed.map { binding.ofRow($0) }
        expressions = plan.moments.isEmpty ? [] : set.expressions.map { binding.ofRow($0.expression) }
        for (field, pool) in binding.fieldPools { namedFields[field] = TranslatedField(.data(field), pool: pool) }
        masks = foldConditions.map { _ in ChunkScratch<UInt8>() }
    }

    /// Makes a batch ready to be folded event by event.
    func begin(_ batch: EventBatch) {
        self.batch = batch
        observed.reserve(batch.count)
        observed.time = batch.time
        observed.eventID = batch.eventID
        keys = keyField.translate(batch)
        for (slot, field) in slotFields { slotLanes[slot] = field.translate(batch) }
        observed.fields = batch.fields.enumerated().map { index, column in
            let lanes = namedFields[index].map { $0.translate(batch) } ?? UnsafePointer(column.lanes)
            return (lanes, UnsafePointer(column.validity))
        }
        observed.selection = nil
        for (condition, mask) in zip(foldConditions, masks) {
            condition.mask(count: batch.count, into: mask.reserve(batch.count))
        }
        sources.begin(batch, masks: { UnsafePointer(masks[$0].start) }) { field, slot in
            slotLanes[slot] ?? UnsafePointer(field.column(of: batch).lanes)
        }
        clock = EventClock(batch)
        keyValidity = UnsafePointer(plan.key[0].column(of: batch).validity)
    }

    /// The row that an event belongs to; −1 where it does not say.
    @inline(__always)
    func row(of event: Int) -> Int {
        guard let keys, let keyValidity, keyValidity[event] != 0 else { return -1 }
        return Int(keys[event])
    }

    /// Evaluates what needs each event's row: facts, and which events are moments.
    func evaluateFacts() {
        guard let batch else { return }
        for fact in facts {
            let mask = fact.mask.reserve(batch.count)
            if let condition = fact.condition {
                condition.mask(count: batch.count, into: mask)
            } else {
                mask.update(repeating: 1, count: batch.count)
            }
            let lanes = fact.lanes.reserve(batch.count * fact.values.count)
            for (index, value) in fact.values.enumerated() {
                value.measurements(count: batch.count, into: lanes + index * batch.count)
            }
        }
    }

    /// The contract's facts that an event is, each with its place among `facts`.
    var factStages: [FactStage] { facts }

    /// Finds which moment of the set each event is; the first of the set that fits.
    func evaluateMoments() {
        guard let batch, !plan.moments.isEmpty else { return }
        let moments = momentOfEvent.reserve(batch.count)
        moments.update(repeating: -1, count: batch.count)
        let start = momentMask.reserve(batch.count)
        for (index, moment) in plan.moments.enumerated() {
            if let condition = self.moments[index] {
                condition.mask(count: batch.count, into: start)
            } else {
                start.update(repeating: 1, count: batch.count)
            }
            for event in 0..<batch.count where start[event] != 0 && moments[event] < 0 {
                moments[event] = Int32(moment)
            }
        }
        guard let closed else { return }
        closed.mask(count: batch.count, into: start)
        for event in 0..<batch.count where start[event] != 0 { moments[event] = -1 }
    }

    /// Which moment of the set an event is, once they are evaluated; nil for none.
    @inline(__always)
    func moment(of event: Int) -> Int? {
        guard !plan.moments.isEmpty else { return nil }
        let moment = momentOfEvent.start[event]
        return moment < 0 ? nil : Int(moment)
    }

    /// Evaluates the set's expressions for some events.
    ///
    /// - Parameters:
    ///   - events: positions in the batch.
    ///   - outputs: the row of `values` of each.
    func evaluateExpressions(
        _ set: FeaturePlan, events: UnsafeMutableBufferPointer<Int32>, outputs: [Int],
        into values: UnsafeMutablePointer<Double>
    ) {
        observed.selection = events.baseAddress
        defer { observed.selection = nil }
        for (expression, program) in zip(set.expressions, expressions) {
            let isLog = expression.isFeature && set.definition.features[expression.feature].scale == .log
            program.numbers(count: events.count) { index, value in
                let place = outputs[index] * set.featureCount + expression.feature
                values[place] = isLog ? FeatureScale.log(value) : value
            }
        }
    }
}
