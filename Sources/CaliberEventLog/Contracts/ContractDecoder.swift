import CSimdJSON
import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Reads the data of one contract's events into the columns of a batch, holding it to every rule of the contract's fields.
///
/// Serves one thread at a time.
final class ContractDecoder {
    let contract: ContractDefinition
    let checks: (any ContractCheckEvaluator)?
    private let shape = JSONShape()
    private let fields: [FieldDecoder]
    let slots: ContractSlots
    private let values: UnsafeMutablePointer<caliber_json_value>
    private let plans: UnsafeMutablePointer<FieldPlan>
    private let fieldCount: Int
    private let refusesUndeclared: Bool
    private let dropsUndeclared: Bool

    // The batch at hand, and where its next row goes.
    private var batch: EventBatch?
    private var rowCount = 0
    private var capacity = 0
    private var expectedRowCount = 256
    private var time = LaneTarget()
    private var tieBreak = LaneTarget()
    private var eventID = LaneTarget()
    private let eventIDs = TextTable()
    private let keepsArrival: Bool
    private var line = LaneTarget()
    private var recordedAt = LaneTarget()

    /// - Throws: `InputProblem` when a pattern or a check of the contract can't be used.
    init(_ contract: ContractDefinition, keepsArrival: Bool, makeChecks: ContractCheckFactory) throws {
        self.contract = contract
        self.keepsArrival = keepsArrival
        var names = contract.fields.map(\.name)
        for currencyField in contract.fields.compactMap(\.currencyField) where !names.contains(currencyField) {
            names.append(currencyField)
        }
        for (slot, name) in names.enumerated() { shape.add(name, slot: slot) }
        slots = ContractSlots(
            names: names, leading: contract.fields.firstIndex { FieldDecoder.Kind($0.type) == .interned })
        fields = try contract.fields.enumerated().map { slot, field in
            try FieldDecoder(
                field, slot: slot, currencySlot: field.currencyField.flatMap { names.firstIndex(of: $0) },
                contract: contract.name)
        }
        checks = contract.checks.isEmpty ? nil : try makeChecks(contract)
        refusesUndeclared = contract.undeclaredFields == .reject
        dropsUndeclared = contract.undeclaredFields == .drop
        fieldCount = fields.count
        values = .allocate(capacity: max(1, slots.count))
        values.initialize(repeating: caliber_json_value(), count: max(1, slots.count))
        plans = .allocate(capacity: max(1, fieldCount))
        for (index, field) in fields.enumerated() { (plans + index).initialize(to: FieldPlan(field)) }
    }

    deinit {
        values.deallocate()
        plans.deallocate()
    }

    /// Lets go of the last batch; the next event starts another.
    func begin() {
        if rowCount > 0 { expectedRowCount = rowCount + rowCount / 8 }
        eventIDs.begin(rowCount)
        for field in fields { field.texts.begin(rowCount) }
        batch = nil
        rowCount = 0
        capacity = 0
    }

    /// All rows decoded so far as a batch; nil when there are none.
    func settledBatch() -> EventBatch? {
        guard let batch else { return nil }
        batch.extend(to: rowCount)
        if let pool = batch.eventID.pool { eventIDs.handOver(to: pool) }
        for (field, column) in zip(fields, batch.fields) {
            if let pool = column.pool { field.texts.handOver(to: pool) }
        }
        return batch
    }

    /// Takes rows out of the batch.
    ///
    /// - Parameter rows: ascending, without repeats, all of them settled.
    func removeRows(_ rows: [Int]) {
        batch?.removeRows(rows)
        rowCount -= rows.count
    }

    /// Decodes the parser's event into the next row. After an error there is no such row.
    @inline(__always)
    func decode(_ parser: EventParser, _ key: EventKey, _ moment: EventMoment) throws(IntakeProblem) {
        let data = parser.envelope + EnvelopeSlot.data.rawValue
        // An event without data is one whose fields are all absent.
        var place: UInt32 = 0
        if data.pointee.kind == CALIBER_JSON_OBJECT.rawValue {
            place = data.pointee.place
        } else if data.pointee.kind > CALIBER_JSON_NULL.rawValue {
            throw .wrongType(field: "data", expected: "an object", found: JSONValue.kindName(data.pointee))
        }
        if rowCount == capacity { makeRoom() }
        try parser.read(shape, at: place, into: values, count: slots.count)
        for index in 0..<fieldCount { try plans[index].decode(values, row: rowCount, parser) }
        if refusesUndeclared, let member = parser.undeclared.first { throw undeclared(member) }
        endRow(key, id: parser.text(.id), moment)
    }

    /// Decodes an event whose values a skeleton has in its slots. What has to be said of a problem is not known here: an
    /// event that gives an error is to be parsed.
    ///
    /// - Parameter parser: of no line in particular.
    @inline(__always)
    func decode(
        _ values: UnsafeMutablePointer<caliber_json_value>, _ key: EventKey, id: UnsafeBufferPointer<UInt8>,
        _ moment: EventMoment, _ parser: EventParser
    ) throws(IntakeProblem) {
        if rowCount == capacity { makeRoom() }
        for index in 0..<fieldCount { try plans[index].decode(values, row: rowCount, parser) }
        endRow(key, id: id, moment)
    }

    /// Brings near what a text of the leading field will be looked for in.
    @inline(__always)
    func prefetch(_ text: UnsafeBufferPointer<UInt8>) {
        if let leading = slots.leading { plans[leading].prefetch(text) }
    }

    @inline(__always)
    private func endRow(_ key: EventKey, id: UnsafeBufferPointer<UInt8>, _ moment: EventMoment) {
        let row = rowCount
        time.write(moment.time, row: row)
        if keepsArrival {
            line.write(Int64(moment.line), row: row)
            recordedAt.write(moment.recordedAt, row: row)
        }
        tieBreak.write(key.tieBreak, row: row)
        eventID.write(eventIDs.append(id), row: row)
        rowCount = row + 1
    }

    /// The row of the event that was decoded last.
    var lastRow: Int { rowCount - 1 }

    /// Whether the event's undeclared members are to be taken out of its line.
    func dropsMembers(of parser: EventParser) -> Bool { dropsUndeclared && !parser.undeclared.isEmpty }

    private func makeRoom() {
        let batch: EventBatch
        if let current = self.batch {
            batch = current
            capacity *= 2
            // What was written so far moves with the columns.
            batch.extend(to: rowCount)
            batch.reserve(capacity)
        } else {
            capacity = expectedRowCount
            batch = EventBatch(contract: contract, capacity: capacity, keepsArrival: keepsArrival)
            self.batch = batch
        }
        time = LaneTarget(batch.time)
        tieBreak = LaneTarget(batch.tieBreak)
        eventID = LaneTarget(batch.eventID)
        if let arrival = batch.arrival {
            line = LaneTarget(arrival.line)
            recordedAt = LaneTarget(arrival.recordedAt)
        }
        for (index, column) in batch.fields.enumerated() { plans[index].write(to: column) }
    }

    private func undeclared(_ member: caliber_json_member) -> IntakeProblem {
        let name =
            JSONValue.string(member.prefix, Int(member.prefix_length))
            + JSONValue.string(member.name, Int(member.name_length))
        return .undeclaredField(
            field: name.prefixScalars(EventLogLimits.offendingTextScalarCount),
            nearest: NameSuggestion.nearest(to: name, among: contract.fields.map(\.name)))
    }
}

/// When an event happened and when it came.
struct EventMoment {
    var time: Int64?
    var recordedAt: Int64?
    /// In its chunk.
    var line: Int
}

/// Where a column's lanes are written, without a call for each.
private struct LaneTarget {
    private let lanes: UnsafeMutablePointer<Int64>?
    private let validity: UnsafeMutablePointer<UInt8>?

    init() {
        lanes = nil
        validity = nil
    }

    init(_ column: LaneColumn) {
        lanes = column.lanes
        validity = column.validity
    }

    /// There must be room.
    @inline(__always)
    func write(_ lane: Int64?, row: Int) {
        guard let lanes, let validity else { return }
        lanes[row] = lane ?? 0
        validity[row] = lane == nil ? 0 : 1
    }
}

extension String {
    /// The first scalars of a text, with an ellipsis where it was cut.
    func prefixScalars(_ count: Int) -> String {
        guard unicodeScalars.count > count else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(count))) + "…"
    }
}
