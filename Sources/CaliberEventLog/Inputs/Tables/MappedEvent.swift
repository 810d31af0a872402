import CaliberColumns
import CaliberCore
import CaliberDictionary

/// How one event of a source is written from a row: the constant parts of its JSON are made once.
final class MappedEvent {
    private let condition: (column: Int, values: [[UInt8]]?)?
    private let id: [TemplatePart]
    private let time: [TemplatePart]
    private let timeZone: BusinessZone?
    private let head: [UInt8]
    private let afterID: [UInt8]
    private let data: MappedObject
    private var scratch: [UInt8] = []

    init(_ event: SourceEvent, source: SourceDefinition, contract: ContractDefinition) {
        condition = event.condition.flatMap { condition in
            guard let column = source.columns.firstIndex(where: { $0.name == condition.column }) else { return nil }
            return (column, condition.values.map { $0.map { Array($0.utf8) } })
        }
        id = event.id.parts.map(TemplatePart.init)
        time = event.time.parts.map(TemplatePart.init)
        timeZone = event.timeZone
        head = Array(#"{"specversion":"1.0","id":""#.utf8)
        afterID =
            Array(#"","source":""#.utf8) + JSONWriting.escaped(source.name) + Array(#"","type":""#.utf8)
            + JSONWriting.escaped(event.contract) + Array(#"""#.utf8)
        data = MappedObject()
        for mapping in event.data {
            let type = contract.fields.first { $0.name == mapping.field }?.type ?? .text
            data.add(mapping.field.split(separator: ".").map(String.init), MappedField(mapping, type: type))
        }
    }

    func applies(to cells: RowCells) -> Bool {
        guard let condition else { return true }
        return cells.withBytes(condition.column) { text in
            guard let values = condition.values else { return text.count > 0 }
            return values.contains { $0.elementsEqual(text) }
        }
    }

    func write(_ cells: RowCells, into block: LineBlock) {
        block.append(head)
        _ = TemplatePart.render(id, cells, into: &scratch)
        JSONWriting.append(scratch, to: block)
        block.append(afterID)
        if TemplatePart.render(time, cells, into: &scratch), !scratch.isEmpty {
            block.append(Array(#","time":""#.utf8))
            writeTime(into: block)
            block.append(UInt8(ascii: "\""))
        }
        block.append(Array(#","data":{"#.utf8))
        _ = data.writeMembers(cells, into: block, scratch: &scratch)
        block.append([UInt8(ascii: "}"), UInt8(ascii: "}")])
    }

    /// A local time gets the offset that its zone had then; what can't be read goes on as it is, for intake to refuse.
    private func writeTime(into block: LineBlock) {
        let moment: Timestamp? = scratch.withUnsafeBufferPointer { text in
            guard let timeZone else { return nil }
            do throws(TimestampText.Failure) {
                _ = try TimestampText.parse(text, zone: nil)
                return nil
            } catch {
                guard error == .zoneMissing else { return nil }
                return try? TimestampText.parse(text, zone: timeZone)
            }
        }
        guard let moment, let timeZone else {
            JSONWriting.append(scratch, to: block)
            return
        }
        block.append(Array(moment.formatted(offsetSeconds: timeZone.offsetSeconds(at: moment)).utf8))
    }
}

/// A part of a template: constant bytes or a column.
enum TemplatePart {
    case literal([UInt8])
    case column(Int)

    init(_ part: TextTemplate.Part) {
        switch part {
        case .literal(let text): self = .literal(Array(text.utf8))
        case .column(let column): self = .column(column)
        }
    }

    /// Writes the template's text. False when it names columns and all of them are null: `SKU-{sku}` without a SKU is no
    /// value, not `SKU-`.
    static func render(_ parts: [TemplatePart], _ cells: RowCells, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        var columnCount = 0
        var hasValue = false
        for part in parts {
            switch part {
            case .literal(let bytes): text.append(contentsOf: bytes)
            case .column(let column):
                columnCount += 1
                cells.withBytes(column) {
                    if $0.count > 0 { hasValue = true }
                    text.append(contentsOf: $0)
                }
            }
        }
        return columnCount == 0 || hasValue
    }
}

/// The members of an object, some of them objects: `address.province` stands in `address`.
final class MappedObject {
    private enum Member {
        case field(MappedField)
        case object(MappedObject)
    }

    private var members: [(name: String, opening: [UInt8], member: Member)] = []

    func add(_ path: [String], _ field: MappedField) {
        guard let name = path.first else { return }
        let opening = [UInt8(ascii: "\"")] + JSONWriting.escaped(name) + [UInt8(ascii: "\""), UInt8(ascii: ":")]
        guard path.count > 1 else {
            members.append((name, opening, .field(field)))
            return
        }
        if case .object(let object)? = members.first(where: { $0.name == name })?.member {
            object.add(Array(path.dropFirst()), field)
            return
        }
        let object = MappedObject()
        object.add(Array(path.dropFirst()), field)
        members.append((name, opening, .object(object)))
    }

    /// Writes the members that have a value, with commas between them.
    ///
    /// - Returns: whether there was any.
    func writeMembers(_ cells: RowCells, into block: LineBlock, scratch: inout [UInt8]) -> Bool {
        var hasAny = false
        for (_, opening, member) in members {
            let start = block.byteCount
            if hasAny { block.append(UInt8(ascii: ",")) }
            block.append(opening)
            if write(member, cells, into: block, scratch: &scratch) {
                hasAny = true
            } else {
                block.byteCount = start
            }
        }
        return hasAny
    }

    private func write(
        _ member: Member, _ cells: RowCells, into block: LineBlock, scratch: inout [UInt8]
    ) -> Bool {
        switch member {
        case .field(let field): return field.write(cells, into: block, scratch: &scratch)
        case .object(let object):
            block.append(UInt8(ascii: "{"))
            guard object.writeMembers(cells, into: block, scratch: &scratch) else { return false }
            block.append(UInt8(ascii: "}"))
            return true
        }
    }
}

/// One field's template, map and JSON form.
struct MappedField {
    private let parts: [TemplatePart]
    private let type: LogicalType
    private let foreignTexts: StringPool?
    private let ownTexts: [[UInt8]]

    init(_ mapping: SourceEvent.FieldMapping, type: LogicalType) {
        self.type = type
        parts = mapping.value.parts.map(TemplatePart.init)
        guard !mapping.map.isEmpty else {
            foreignTexts = nil
            ownTexts = []
            return
        }
        let pool = StringPool()
        var texts: [[UInt8]] = []
        for (foreign, own) in mapping.map.sorted(by: { $0.key < $1.key }) {
            _ = pool.intern(foreign)
            texts.append(Array(own.utf8))
        }
        foreignTexts = pool
        ownTexts = texts
    }

    /// - Returns: false when the row has no value for the field.
    func write(_ cells: RowCells, into block: LineBlock, scratch: inout [UInt8]) -> Bool {
        guard TemplatePart.render(parts, cells, into: &scratch), !scratch.isEmpty else { return false }
        if let code = scratch.withUnsafeBytes({ foreignTexts?.code(of: $0) }) {
            scratch = ownTexts[Int(code)]
            guard !scratch.isEmpty else { return false }
        }
        writeValue(scratch, into: block)
        return true
    }

    /// Numbers and booleans stand bare where the text is one in JSON; amounts stay text, which is exact. A number that no
    /// parser holds stays text, too, and is then refused for what it is.
    private func writeValue(_ text: [UInt8], into block: LineBlock) {
        switch type {
        case .integer, .number, .moneyRate, .duration:
            if JSONWriting.isNumber(text), JSONWriting.canBeHeld(number: text) {
                block.append(text)
                return
            }
        case .boolean:
            let lower = text.map { $0 | 0x20 }
            for name in ["true", "false"] where lower.elementsEqual(name.utf8) {
                block.append(lower)
                return
            }
        case .set:
            block.append([UInt8(ascii: "["), UInt8(ascii: "\"")])
            JSONWriting.append(text, to: block)
            block.append([UInt8(ascii: "\""), UInt8(ascii: "]")])
            return
        default: break
        }
        block.append(UInt8(ascii: "\""))
        JSONWriting.append(text, to: block)
        block.append(UInt8(ascii: "\""))
    }
}
