import CSimdJSON
import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Reads the data of one contract's events into the columns of a batch, holding it to every rule of the contract's fields.
///
/// Serves one thread at a time.
final class ContractDecoder {
    let contract: ContractDefinition
    /// The contract's name as bytes, to be compared with an event's type.
    let nameBytes: [UInt8]
    private let shape = JSONShape()
    private let fields: [FieldDecoder]
    private let slotCount: Int
    private let values: UnsafeMutablePointer<caliber_json_value>
    let checks: (any ContractCheckEvaluator)?

    /// - Throws: `InputProblem` when a pattern or a check of the contract can't be used.
    init(_ contract: ContractDefinition, makeChecks: ContractCheckFactory) throws {
        self.contract = contract
        nameBytes = Array(contract.name.utf8)
        var names = contract.fields.map(\.name)
        for currencyField in contract.fields.compactMap(\.currencyField) where !names.contains(currencyField) {
            names.append(currencyField)
        }
        for (slot, name) in names.enumerated() { shape.add(name, slot: slot) }
        slotCount = names.count
        values = .allocate(capacity: max(1, slotCount))
        values.initialize(repeating: caliber_json_value(), count: max(1, slotCount))
        fields = try contract.fields.enumerated().map { slot, field in
            try FieldDecoder(
                field, slot: slot, currencySlot: field.currencyField.flatMap { names.firstIndex(of: $0) },
                contract: contract.name)
        }
        checks = contract.checks.isEmpty ? nil : try makeChecks(contract)
    }

    deinit { values.deallocate() }

    /// Says which batch the next events go to.
    func begin(_ batch: EventBatch) {
        for (field, column) in zip(fields, batch.fields) { field.column = column }
    }

    /// Decodes the parser's event. On an error the batch's columns may hold a part of the row, for the caller to discard.
    func decode(_ parser: EventParser) throws(IntakeProblem) {
        let data = parser.envelope[EnvelopeSlot.data.rawValue]
        switch caliber_json_kind(data.kind) {
        case CALIBER_JSON_OBJECT, CALIBER_JSON_NULL, CALIBER_JSON_ABSENT: break
        default: throw .wrongType(field: "data", expected: "an object", found: JSONValue.kindName(data))
        }
        // An event without data is one whose fields are all absent.
        let place = data.kind == CALIBER_JSON_OBJECT.rawValue ? data.place : 0
        try parser.read(shape, at: place, into: values, count: slotCount)
        for field in fields { try field.decode(values, parser) }
        if contract.undeclaredFields == .reject, let member = parser.undeclared.first {
            throw undeclared(member)
        }
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

extension String {
    /// The first scalars of a text, with an ellipsis where it was cut.
    func prefixScalars(_ count: Int) -> String {
        guard unicodeScalars.count > count else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(count))) + "…"
    }
}
