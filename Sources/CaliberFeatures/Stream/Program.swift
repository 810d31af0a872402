import CXXHash
import CaliberColumns
import CaliberCore
import CaliberDictionary

/// An expression over observed events, ready to run on one chunk after the other.
final class Program {
    private let run: VectorRun
    private let source: ObservedSource
    private let type: LogicalType

    init(_ program: VectorProgram, source: ObservedSource) {
        run = VectorRun(program, source: source)
        self.source = source
        type = program.type
    }

    /// 1 for each event for which the condition is true.
    func mask(count: Int, into mask: UnsafeMutablePointer<UInt8>) {
        forEachChunk(count) { rows in
            (mask + rows.lowerBound).update(from: run.evaluateMask(rows: rows), count: rows.count)
        }
    }

    /// Whole numbers that sums of are exact: floats as millionths, texts as hashes, which mean the same in any process;
    /// `FactValues.absent` where unknown.
    func measurements(count: Int, into lanes: UnsafeMutablePointer<Int64>) {
        forEachChunk(count) { rows in
            let result = run.evaluate(rows: rows)
            for index in 0..<rows.count {
                let lane = result.lanes[index]
                lanes[rows.lowerBound + index] =
                    result.validity[index] == 0
                    ? FactValues.absent
                    : result.pool.map { hash($0[UInt32(truncatingIfNeeded: lane)]) } ?? measurement(lane)
            }
        }
    }

    /// Texts are told apart by 64 bits: only ever within one key's window.
    private func hash(_ text: UnsafeRawBufferPointer) -> Int64 {
        let hash = Int64(bitPattern: XXH3_64bits(text.baseAddress, text.count))
        return hash == FactValues.absent ? hash + 1 : hash
    }

    /// Values as features have them: amounts in major units, durations in hours, NaN where unknown.
    func numbers(count: Int, _ body: (Int, Double) -> Void) {
        let unit = FeatureUnits.unit(ofExpression: type)
        forEachChunk(count) { rows in
            let result = run.evaluate(rows: rows)
            for index in 0..<rows.count {
                let lane = result.lanes[index]
                let number = type.storage == .float ? Double(lane: lane) : Double(lane)
                body(rows.lowerBound + index, result.validity[index] == 0 ? .nan : number * unit)
            }
        }
    }

    private func measurement(_ lane: Int64) -> Int64 {
        guard type.storage == .float else { return lane == FactValues.absent ? lane + 1 : lane }
        let millionths = (Double(lane: lane) / FeatureUnits.millionth).rounded()
        guard millionths.isFinite else { return FactValues.absent }
        return Int64(max(-Double(Program.greatest), min(Double(Program.greatest), millionths)))
    }

    /// What a float is cut off at, in millionths.
    private static let greatest: Int64 = 1 << 53

    private func forEachChunk(_ count: Int, _ body: (Range<Int>) -> Void) {
        source.rowCount = count
        for start in stride(from: 0, to: count, by: VectorProgram.chunkRowCount) {
            body(start..<min(start + VectorProgram.chunkRowCount, count))
        }
    }
}

/// Ties programs to the events and rows that they read.
struct ProgramBinding {
    /// nil for programs that read no event's fields.
    private let contract: ContractDefinition?
    private let set: FeaturePlan
    private let observed: ObservedEvents
    private let slotPools: [StringPool?]
    /// Of fields whose strings some program reads.
    private(set) var fieldPools: [Int: StringPool] = [:]

    init(_ contract: ContractDefinition?, set: FeaturePlan, observed: ObservedEvents, slotPools: [StringPool?]) {
        self.contract = contract
        self.set = set
        self.observed = observed
        self.slotPools = slotPools
    }

    /// An expression over an event's fields, and its row's columns behind the table's name.
    mutating func ofEvent(_ expression: TypedExpression) -> Program { program(expression, isOwn: false) }

    /// An expression over the row's columns, and `now`.
    mutating func ofRow(_ expression: TypedExpression) -> Program { program(expression, isOwn: true) }

    private mutating func program(_ expression: TypedExpression, isOwn: Bool) -> Program {
        let program = VectorProgram(expression, zone: set.zone)
        var pools: [StringPool?] = []
        let inputs = program.inputs.map { reference in
            let input = self.input(reference, isOwn: isOwn)
            switch input {
            case .field(let index) where contract?.fields[index].type.storage == .code:
                let pool = fieldPools[index] ?? StringPool()
                fieldPools[index] = pool
                pools.append(pool)
            case .slot(let slot): pools.append(slotPools[slot])
            default: pools.append(nil)
            }
            return input
        }
        return Program(program, source: ObservedSource(observed, inputs, pools: pools))
    }

    private func input(_ reference: ColumnReference, isOwn: Bool) -> ObservedSource.Input {
        if isOwn || !reference.path.isEmpty {
            if let slot = set.rows.slot(of: reference.name) { return .slot(slot) }
            return isOwn && reference.name == "now" ? .now : .absent
        }
        switch reference.name {
        case "$time": return .time
        case "$id": return .eventID
        default: return contract?.fieldIndex(named: reference.name).map { .field($0) } ?? .absent
        }
    }
}

/// Memory that is used again for each chunk.
final class ChunkScratch<Element: BitwiseCopyable> {
    private(set) var start = UnsafeMutablePointer<Element>.allocate(capacity: 16)
    private var capacity = 16

    deinit { start.deallocate() }

    /// Room for so many; what was there may be gone.
    func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
        if count > capacity {
            start.deallocate()
            capacity = max(count, capacity * 2)
            start = .allocate(capacity: capacity)
        }
        return start
    }
}
