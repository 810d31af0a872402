import CSimdJSON
import CaliberColumns
import CaliberCore
import CaliberDictionary
import Foundation

/// Turns a block of lines into accepted events, repeats, refusals and parked events.
///
/// Serves one thread at a time.
final class ChunkDecoder {
    private let contracts: ContractLookup
    private let parser = EventParser()
    private let hasher = EventKeyHasher()
    /// nil when the lines are the log's own: they were found to be new when they were written.
    private let known: KnownKeys?
    private let zone: BusinessZone

    // The chunk at hand.
    private var chunk: DecodedChunk
    private var block: LineBlock
    private var keys = ChunkKeys(expectedCount: 0)
    private var batches: [EventBatch?]
    /// For each batch, the entry of each row.
    private var rowEntries: [[Int32]]
    private var suspects: [Suspect] = []
    /// Lines whose key another line of the chunk has.
    private var repeats: [Suspect] = []
    private var expectedRowCounts: [Int]

    private struct Suspect {
        let key: EventKey
        let line: Int
    }

    init(_ contracts: ContractLookup, known: KnownKeys?, zone: BusinessZone) {
        self.contracts = contracts
        self.known = known
        self.zone = zone
        block = LineBlock(capacity: 0)
        chunk = DecodedChunk(block: block, receivedAt: Timestamp(microseconds: 0))
        batches = Array(repeating: nil, count: contracts.decoders.count)
        rowEntries = Array(repeating: [], count: contracts.decoders.count)
        expectedRowCounts = Array(repeating: 256, count: contracts.decoders.count)
    }

    /// Decodes all lines of a block. After it the block's accepted lines are as the log is to keep them.
    func decode(_ block: LineBlock, receivedAt: Timestamp) throws -> DecodedChunk {
        begin(block, receivedAt)
        for refusal in block.refusals { refuse(refusal) }
        for line in block.lines.indices { take(line, isNew: known == nil) }
        try settleSuspects()
        settleChecks()
        for line in repeats { chunk.outcomes[line.line] = .duplicate }
        finish()
        return chunk
    }

    private func begin(_ block: LineBlock, _ receivedAt: Timestamp) {
        self.block = block
        chunk = DecodedChunk(block: block, receivedAt: receivedAt)
        keys = ChunkKeys(expectedCount: block.lines.count)
        suspects.removeAll(keepingCapacity: true)
        repeats.removeAll(keepingCapacity: true)
        for index in batches.indices {
            if let batch = batches[index] { expectedRowCounts[index] = batch.count + batch.count / 8 }
            batches[index] = nil
            rowEntries[index].removeAll(keepingCapacity: true)
        }
        known?.refresh()
    }

    // MARK: - One line

    private func take(_ line: Int, isNew: Bool) {
        let text = block.text(block.lines[line])
        var hasEnvelope = false
        do throws(IntakeProblem) {
            try parser.parse(text)
            hasEnvelope = true
            let time = try envelopeTime()
            let key = hasher.key(source: bytes(.source), id: bytes(.id))
            if !isNew, isSuspect(key) {
                suspects.append(Suspect(key: key, line: line))
                return
            }
            if known != nil, keys.contains(key) {
                repeats.append(Suspect(key: key, line: line))
                return
            }
            guard let contract = contracts.index(of: UnsafeRawBufferPointer(bytes(.type))) else {
                park(line, key)
                return
            }
            try accept(line, key, time, contract)
        } catch {
            refuse(line, error, hasEnvelope: hasEnvelope)
        }
    }

    @inline(__always)
    private func bytes(_ slot: EnvelopeSlot) -> UnsafeBufferPointer<UInt8> {
        JSONValue.bytes(parser.envelope[slot.rawValue])
    }

    @inline(__always)
    private func isSuspect(_ key: EventKey) -> Bool {
        guard let known else { return false }
        for run in known.runs where run.filter.mayContain(key) { return true }
        return false
    }

    /// Holds the envelope to CloudEvents 1.0 and gives the event's time; nil when it has none.
    private func envelopeTime() throws(IntakeProblem) -> Int64? {
        try EnvelopeRules.check(parser.envelope)
        let value = parser.envelope[EnvelopeSlot.time.rawValue]
        guard value.kind > CALIBER_JSON_NULL.rawValue else { return nil }
        return try EnvelopeRules.time(value, receivedAt: chunk.receivedAt, zone: zone).microseconds
    }

    private func accept(
        _ line: Int, _ key: EventKey, _ time: Int64?, _ contract: Int
    ) throws(IntakeProblem) {
        let decoder = contracts.decoders[contract]
        let batch = batch(contract, decoder)
        do throws(IntakeProblem) {
            try decoder.decode(parser)
        } catch {
            batch.discardOpenRow()
            throw error
        }
        if let time { batch.time.append(time) } else { batch.time.appendNull() }
        batch.tieBreak.append(key.tieBreak)
        if let pool = batch.eventID.pool {
            batch.eventID.append(Int64(pool.append(UnsafeRawBufferPointer(bytes(.id)))))
        }
        batch.commitRow()
        rowEntries[contract].append(Int32(keys.entries.count))
        keys.insert(key, line: line, contract: contract)
        chunk.outcomes[line] = .accepted
        if decoder.contract.undeclaredFields == .drop, !parser.undeclared.isEmpty {
            LineTrimming.dropUndeclared(parser, from: block, line: line)
        }
    }

    @inline(__always)
    private func batch(_ contract: Int, _ decoder: ContractDecoder) -> EventBatch {
        if let batch = batches[contract] { return batch }
        let batch = EventBatch(contract: decoder.contract, capacity: expectedRowCounts[contract])
        batches[contract] = batch
        decoder.begin(batch)
        return batch
    }

    private func park(_ line: Int, _ key: EventKey) {
        chunk.outcomes[line] = .parked
        let text = block.text(block.lines[line])
        chunk.parked.append(
            DecodedChunk.ParkedLine(
                lineIndex: line, number: block.lines[line].number, key: key,
                type: String(decoding: bytes(.type), as: UTF8.self), body: Data(buffer: text)))
    }

    // MARK: - Refusals

    private func refuse(_ refusal: LineBlock.Refusal) {
        chunk.refused.append(
            DecodedChunk.RefusedLine(
                lineIndex: nil, number: refusal.number, problem: refusal.problem, contract: nil, source: nil,
                eventID: nil, isReplayable: false, body: refusal.body, originRow: nil))
    }

    /// - Parameter hasEnvelope: whether the parser got as far as the envelope of this line.
    private func refuse(_ line: Int, _ problem: IntakeProblem, hasEnvelope: Bool) {
        chunk.outcomes[line] = .refused
        chunk.refused.append(
            DecodedChunk.RefusedLine(
                lineIndex: line, number: block.lines[line].number, problem: problem,
                contract: hasEnvelope ? shown(.type) : nil, source: hasEnvelope ? shown(.source) : nil,
                eventID: hasEnvelope ? shown(.id) : nil, isReplayable: true,
                body: Data(buffer: block.text(block.lines[line])), originRow: block.originRow(block.lines[line])))
    }

    private func shown(_ slot: EnvelopeSlot) -> String? {
        guard parser.envelope[slot.rawValue].kind == CALIBER_JSON_STRING.rawValue else { return nil }
        return TextRules.shown(bytes(slot))
    }

    // MARK: - The chunk's end

    /// Asks the runs themselves about the keys that a filter let through; those that are new after all are taken now.
    private func settleSuspects() throws {
        guard let known, !suspects.isEmpty else { return }
        let sorted = suspects.indices.sorted { suspects[$0].key < suspects[$1].key }
        let isKnown = try known.known(among: sorted.map { suspects[$0].key })
        var isDuplicate = [Bool](repeating: false, count: suspects.count)
        for (place, suspect) in sorted.enumerated() { isDuplicate[suspect] = isKnown[place] }
        for (index, suspect) in suspects.enumerated() {
            if isDuplicate[index] {
                chunk.outcomes[suspect.line] = .duplicate
            } else {
                take(suspect.line, isNew: true)
            }
        }
    }

    /// Holds the accepted events to their contracts' checks. An event that breaks one is taken back; then another of its
    /// key, passed over as a repeat, gets its turn, and is checked in turn.
    private func settleChecks() {
        var checked = [Int](repeating: 0, count: batches.count)
        while true {
            var withdrawn: Set<EventKey> = []
            for index in batches.indices {
                guard let batch = batches[index], let checks = contracts.decoders[index].checks,
                    checked[index] < batch.count
                else { continue }
                withdraw(failures(checks, batch, checked[index]), index, batch, &withdrawn)
                checked[index] = batch.count
            }
            guard !withdrawn.isEmpty else { return }
            let waiting = repeats
            repeats.removeAll()
            for suspect in waiting {
                if withdrawn.contains(suspect.key) {
                    take(suspect.line, isNew: true)
                } else {
                    repeats.append(suspect)
                }
            }
        }
    }

    private func failures(
        _ checks: any ContractCheckEvaluator, _ batch: EventBatch, _ first: Int
    ) -> [(row: Int, check: Int)] {
        var firstCheck: [Int: Int] = [:]
        checks.findFailures(in: batch, rows: first..<batch.count) { row, check in
            firstCheck[row] = min(firstCheck[row] ?? check, check)
        }
        return firstCheck.map { ($0.key, $0.value) }.sorted { $0.row < $1.row }
    }

    private func withdraw(
        _ failures: [(row: Int, check: Int)], _ contract: Int, _ batch: EventBatch, _ withdrawn: inout Set<EventKey>
    ) {
        guard !failures.isEmpty else { return }
        for (row, check) in failures {
            let entry = Int(rowEntries[contract][row])
            keys.withdraw(entry)
            withdrawn.insert(keys.entries[entry].key)
            let definition = batch.contract.checks[check]
            let mixedUp =
                batch.time.isNull(row)
                ? nil
                : EnvelopeRules.mixedUpZone(
                    Timestamp(microseconds: batch.time.lanes[row]), receivedAt: chunk.receivedAt, zone: zone)
            // The envelope is read once more for the account of who sent it.
            let line = Int(keys.entries[entry].line)
            let isReadAgain = (try? parser.parse(block.text(block.lines[line]))) != nil
            refuse(
                line, .failedCheck(name: definition.name, hint: definition.hint, mixedUpZone: mixedUp),
                hasEnvelope: isReadAgain)
        }
        let rows = failures.map(\.row)
        batch.removeRows(rows)
        let removed = Set(rows)
        rowEntries[contract] = rowEntries[contract].enumerated().filter { !removed.contains($0.offset) }.map(\.element)
    }

    private func finish() {
        for case let batch? in batches where batch.count > 0 {
            chunk.batches.append(batch)
            chunk.acceptedByContract[batch.contract.name, default: 0] += Int64(batch.count)
            chunk.acceptedCount += batch.count
        }
        guard known != nil else { return }
        collectSpans()
        var run: KeyRun?
        if chunk.acceptedCount > 0 {
            let sorted = SortedKeys(capacity: keys.entries.count)
            for entry in keys.entries where !entry.isWithdrawn { sorted.append(entry.key) }
            run = KeyRun(unsorted: sorted)
        }
        chunk.keys = run
        known?.add(run)
    }

    /// Neighbouring lines with nothing but a line feed between them become one span.
    private func collectSpans() {
        for (index, line) in block.lines.enumerated() where chunk.outcomes[index] == .accepted {
            if let last = chunk.acceptedSpans.last, last.upperBound + 1 == line.start,
                block.bytes[Int(last.upperBound)] == UInt8(ascii: "\n")
            {
                chunk.acceptedSpans[chunk.acceptedSpans.count - 1] = last.lowerBound..<line.end
            } else {
                chunk.acceptedSpans.append(line.start..<line.end)
            }
        }
    }
}
