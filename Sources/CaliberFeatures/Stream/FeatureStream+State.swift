import CXXHash
import CaliberColumns
import CaliberDictionary
import CaliberEventLog

/// A stream put away and taken up again: what comes after it is the same to the last bit.
extension FeatureStream {
    private static let format: Int64 = 1

    /// Everything that later values hang on.
    package func encodedState() -> [UInt8] {
        var writer = StateWriter()
        writer.write(FeatureStream.format)
        writer.write(position.sequence)
        writer.write(now)
        writer.write(keys)
        for pool in sharedPools { writer.write(pool) }
        memory.write(to: &writer)
        for memory in facts { memory.write(to: &writer) }
        for entity in entities {
            for track in entity.tracks { track.write(to: &writer) }
        }
        writer.write(waiting.values.reduce(0) { $0 + $1.count })
        for (row, waiting) in waiting.sorted(by: { $0.key < $1.key }) {
            for fact in waiting {
                for number in [Int(row), fact.fact, fact.number, fact.entity] { writer.write(number) }
            }
        }
        writer.write(future.count)
        for fact in future {
            writer.write(fact.time)
            writer.write(fact.fact)
            writer.write(fact.number)
        }
        return writer.bytes
    }

    /// A stream that goes on from a state.
    ///
    /// - Returns: nil where the bytes are not a state of this plan.
    package convenience init?(_ plan: FeaturePlan, state: UnsafeRawBufferPointer) {
        self.init(plan)
        var reader = StateReader(state)
        do throws(StateProblem) {
            try restore(&reader)
        } catch {
            return nil
        }
    }

    private func restore(_ reader: inout StateReader) throws(StateProblem) {
        guard try reader.number() == FeatureStream.format else { throw .otherPlan }
        let sequence = try reader.number()
        let now = try reader.number()
        try reader.read(into: keys)
        for pool in sharedPools { try reader.read(into: pool) }
        try memory.read(&reader)
        for memory in facts { try memory.read(&reader) }
        for entity in entities {
            for track in entity.tracks { try track.read(&reader) }
        }
        for _ in 0..<(try reader.count(bytesEach: 32)) {
            let row = Int32(truncatingIfNeeded: try reader.number())
            let fact = Int(try reader.number())
            let number = Int(try reader.number())
            let entity = Int(try reader.number())
            guard facts.indices.contains(fact), entities.indices.contains(entity) else { throw .otherPlan }
            waiting[row, default: []].append(WaitingFact(fact: fact, number: number, entity: entity))
        }
        for _ in 0..<(try reader.count(bytesEach: 24)) {
            let time = try reader.number()
            let fact = Int(try reader.number())
            future.append(FutureFact(time: time, fact: fact, number: Int(try reader.number())))
        }
        guard reader.isAtEnd, memory.count == keys.count else { throw .otherPlan }
        goOn(from: LogPosition(sequence: sequence), now: now)
    }
}

extension FeaturePlan {
    /// The same for plans whose streams have the same state: over everything that the set says.
    package var stateHash: String {
        var text = definition.table
        for feature in definition.features { text += "\n\(feature.name): \(feature.meaning)" }
        for moment in definition.moments {
            text +=
                "\nmoment \(moment.name) \(moment.contract) \(moment.condition?.canonicalText ?? "") \(moment.trains)"
        }
        for fact in definition.facts {
            text += "\nfact \(fact.name) \(fact.contract) \(fact.condition?.canonicalText ?? "")"
            text += fact.values.map { " \($0.name) = \($0.expression.canonicalText)" }.joined()
        }
        text += "\nclosed \(definition.closed?.canonicalText ?? "")"
        text += "\nentities " + definition.entities.map { "\($0.name) \($0.column)" }.joined(separator: ", ")
        text += "\nrows " + rows.text
        return text.withUTF8 { bytes in
            let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
            return String(hash.high64, radix: 16) + "-" + String(hash.low64, radix: 16)
        }
    }
}

extension RowPlan {
    /// Which columns are kept, and how events change them.
    var text: String {
        let columns = slots.map { "\($0.name) \($0.type.name)" }.joined(separator: ", ")
        let folded = folds.keys.sorted().map { contract -> String in
            let fold = folds[contract] ?? RowFolds()
            let conditions = fold.conditions.map(\.canonicalText).joined(separator: "; ")
            let orders = fold.orders.map { order in
                "\(order.isLast) \(order.condition ?? -1) " + order.columns.map { "\($0.slot) \($0.field)" }.joined()
            }
            let aggregates = fold.aggregates.map { "\($0.kind) \($0.slot) \($0.condition ?? -1)" }
            return "\(contract): \(conditions) | \(orders) | \(aggregates)"
        }
        return columns + "; " + folded.joined(separator: "; ")
    }
}

extension RowMemory {
    func write(to writer: inout StateWriter) {
        writer.write(UnsafePointer(words), count: count * stride)
        writer.write(holders.count)
        for (key, holder) in holders.sorted(by: { $0.key < $1.key }) {
            writer.write(key)
            writer.write(holder.time)
            writer.write(holder.tie)
        }
    }

    func read(_ reader: inout StateReader) throws(StateProblem) {
        let read = try reader.values(Int64.self)
        guard read.count.isMultiple(of: stride) else { throw .otherPlan }
        grow(to: read.count / stride)
        words.update(from: read, count: read.count)
        for _ in 0..<(try reader.count(bytesEach: 24)) {
            let key = Int(try reader.number())
            let time = try reader.number()
            holders[key] = Holder(time: time, tie: try reader.number())
        }
    }
}

extension FactMemory {
    func write(to writer: inout StateWriter) {
        let count = end - first
        writer.write(first)
        writer.write(UnsafePointer(times), count: count)
        writer.write(UnsafePointer(rows), count: count)
        writer.write(UnsafePointer(values), count: count * valueCount)
        writer.write(UnsafePointer(keys), count: count * entityCount)
    }

    func read(_ reader: inout StateReader) throws(StateProblem) {
        let first = Int(try reader.number())
        let times = try reader.values(Int64.self)
        let rows = try reader.values(Int32.self)
        let values = try reader.values(Int64.self)
        let keys = try reader.values(Int32.self)
        guard first >= 0, rows.count == times.count, values.count == times.count * valueCount,
            keys.count == times.count * entityCount
        else { throw .otherPlan }
        restore(first: first, times, rows, values, keys)
    }
}

extension Track {
    func write(to writer: inout StateWriter) {
        writer.write(UnsafePointer(records), count: keyCount * layout.stride)
        writer.write(UnsafePointer(links), count: linkCount)
        writer.write(UnsafePointer(superseded), count: linkCount)
        writer.write(latest.count)
        let ordered = latest.sorted {
            ($0.key.key, $0.key.measure, $0.key.lane) < ($1.key.key, $1.key.measure, $1.key.lane)
        }
        for (value, fact) in ordered {
            writer.write(Int(value.key))
            writer.write(Int(value.measure))
            writer.write(value.lane)
            writer.write(fact)
        }
    }

    func read(_ reader: inout StateReader) throws(StateProblem) {
        let records = try reader.values(Int64.self)
        let links = try reader.values(Link.self)
        let superseded = try reader.values(UInt32.self)
        guard records.count.isMultiple(of: layout.stride), superseded.count == links.count,
            links.count <= facts.end - facts.first
        else { throw .otherPlan }
        grow(keys: records.count / layout.stride)
        self.records.update(from: records, count: records.count)
        self.links.update(from: links, count: links.count)
        self.superseded.update(from: superseded, count: superseded.count)
        for _ in 0..<(try reader.count(bytesEach: 32)) {
            let key = Int32(truncatingIfNeeded: try reader.number())
            let measure = Int32(truncatingIfNeeded: try reader.number())
            let lane = try reader.number()
            latest[DistinctValue(key: key, measure: measure, lane: lane)] = Int(try reader.number())
        }
    }
}
