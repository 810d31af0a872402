import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberIdentity

/// Makes evidence of logged events, by the fields that an identity declares.
struct EvidenceReading {
    /// A field of one contract that carries an identifier.
    private struct Carrier {
        let identifier: Int
        let field: Int
        /// The field that says what values are unique in.
        let scopeField: Int?
    }

    private var carriers: [String: [Carrier]] = [:]
    private var evidence: EventEvidence
    private var batch = EvidenceBatch()

    init(_ definition: IdentityDefinition, _ policy: IdentityPolicy, _ dictionary: MetricDictionary) {
        evidence = EventEvidence(policy)
        for (number, identifier) in definition.identifiers.enumerated() {
            for case .field(let name, let field, let scope) in identifier.carriers {
                guard let contract = dictionary.contract(named: name), let index = contract.fieldIndex(named: field)
                else { continue }
                carriers[name, default: []].append(
                    Carrier(
                        identifier: number, field: index,
                        scopeField: scope.flatMap { contract.fieldIndex(named: $0) }))
            }
        }
    }

    /// What some events say.
    mutating func evidence(of batches: [EventBatch]) -> EvidenceBatch {
        batch.removeAll()
        for events in batches { if let carriers = carriers[events.contract.name] { add(events, carriers) } }
        return batch
    }

    private mutating func add(_ events: EventBatch, _ carriers: [Carrier]) {
        let rule = batch.rule(events.contract.name)
        // A scope is looked up once for each of its texts, not once an event.
        let scopes = carriers.map { carrier in carrier.scopeField.flatMap { scopeCodes(events.fields[$0]) } }
        var values: [EvidenceBatch.Value] = []
        for event in 0..<events.count {
            values.removeAll(keepingCapacity: true)
            for (place, carrier) in carriers.enumerated() {
                let column = events.fields[carrier.field]
                guard column.validity[event] != 0, let pool = column.pool else { continue }
                var scope: UInt16 = 0
                if let scopeField = carrier.scopeField, let codes = scopes[place] {
                    let scopeColumn = events.fields[scopeField]
                    if scopeColumn.validity[event] != 0 { scope = codes[Int(scopeColumn.lanes[event])] }
                }
                values.append(
                    EvidenceBatch.Value(
                        identifier: carrier.identifier, scope: scope,
                        text: pool[UInt32(truncatingIfNeeded: column.lanes[event])]))
            }
            guard !values.isEmpty, let ids = events.eventID.pool else { continue }
            let time = events.time.validity[event] != 0 ? events.time.lanes[event] : 0
            evidence.add(
                values, event: ids[UInt32(truncatingIfNeeded: events.eventID.lanes[event])], rule: rule,
                at: Timestamp(microseconds: time), to: &batch)
        }
    }

    private mutating func scopeCodes(_ column: LaneColumn) -> [UInt16]? {
        guard let pool = column.pool else { return nil }
        return (0..<pool.count).map { batch.scope(pool.string(UInt32($0))) }
    }
}
