import CSimdJSON
import CaliberColumns
import CaliberCore
import CaliberDictionary
import Foundation

/// Turns a block of lines into accepted events, repeats, refusals and parked events.
///
/// Lines go through two steps, of which the first runs one line ahead: a line's values are found and its key computed,
/// what is known of the key is fetched from memory, and only when the line before it is done is it decided on and decoded.
///
/// A line of a shape that was accepted before is read by its skeleton, any other by the parser. Both ways give the same:
/// a skeleton only ever accepts, and leaves to the parser what is odd or wrong.
///
/// Serves one thread at a time.
final class ChunkDecoder {
    private let contracts: ContractLookup
    /// Of two neighbouring lines, each has its own parser.
    private let parser = EventParser()
    private let otherParser = EventParser()
    private let hasher = EventKeyHasher()
    /// nil when the lines are the log's own: they were found to be new when they were written.
    private var known: KnownKeys?
    private let zone: BusinessZone
    private let learnsSkeletons: Bool
    private let skeletons = LineSkeletons()
    private let times = UnsafeMutablePointer<UsualTime>.allocate(capacity: 1)

    // The chunk at hand.
    private var chunk: DecodedChunk
    private var block: LineBlock
    private let keys = ChunkKeys()
    /// The latest that an event received now may be dated.
    private var latestTime: Int64 = 0
    private let outcomes = OutcomeList()
    private var suspects: [Suspect] = []
    /// Lines whose key another line of the chunk has.
    private var repeats: [Suspect] = []
    /// What is wrong with lines that were prepared and not taken yet, oldest first.
    private var preparedProblems: [IntakeProblem] = []
    private let cuts = LineCuts()
    /// Lines of the chunk that skeletons were found for, and lines that may still be tried for a new one.
    private var matchedCount = 0
    private var learningsLeft = 0

    private struct Suspect {
        let key: EventKey
        let line: Int
    }

    /// A line whose values were found. They are where its skeleton has them, or with its parser until that one's next
    /// line.
    private struct Prepared {
        let line: Int
        /// -1 when the line was parsed.
        var skeleton = -1
        var state: State = .ready
        var key = EventKey(high: 0, low: 0)
        var time: Int64?

        enum State: UInt8 {
            case ready
            /// The problem is of the line as a whole, so that nobody knows who sent it.
            case unreadable
            /// The problem is with the envelope.
            case refused
        }
    }

    /// - Parameter learnsSkeletons: false parses every line.
    init(_ contracts: ContractLookup, zone: BusinessZone, learnsSkeletons: Bool = true) {
        self.contracts = contracts
        self.zone = zone
        self.learnsSkeletons = learnsSkeletons
        block = LineBlock(capacity: 0)
        chunk = DecodedChunk(block: block, receivedAt: Timestamp(microseconds: 0))
        times.initialize(to: UsualTime())
    }

    deinit {
        times.deallocate()
    }

    /// Begins another input.
    func begin(_ known: KnownKeys?) { self.known = known }

    /// Decodes all lines of a block. After it the block's accepted lines are as the log is to keep them.
    func decode(_ block: LineBlock, receivedAt: Timestamp) throws -> DecodedChunk {
        begin(block, receivedAt)
        for refusal in block.refusals { refuse(refusal) }
        takeAll()
        try settleSuspects()
        settleChecks()
        for line in repeats { outcomes[line.line] = .duplicate }
        finish()
        return chunk
    }

    private func begin(_ block: LineBlock, _ receivedAt: Timestamp) {
        self.block = block
        chunk = DecodedChunk(block: block, receivedAt: receivedAt)
        let (latest, overflow) = receivedAt.microseconds.addingReportingOverflow(EventLogLimits.futureMicroseconds)
        latestTime = overflow ? .max : latest
        // Shapes that hardly a line has any more make room for others.
        if !skeletons.hasRoom, matchedCount * 2 < outcomes.count { skeletons.forgetAll() }
        matchedCount = 0
        learningsLeft = learnsSkeletons ? EventLogLimits.learningsPerChunk : 0
        cuts.exchange(with: block.cuts)
        cuts.begin(block.lineCount)
        keys.begin(block.lineCount)
        outcomes.begin(block.lineCount)
        suspects.removeAll(keepingCapacity: true)
        repeats.removeAll(keepingCapacity: true)
        for decoder in contracts.decoders { decoder.begin() }
        known?.refresh()
    }

    // MARK: - One line

    private func takeAll() {
        let count = block.lineCount
        guard count > 0 else { return }
        var parser = parser
        var otherParser = otherParser
        var next = prepare(0, parser)
        for line in 0..<count {
            let current = next
            if line + 1 < count { next = prepare(line + 1, otherParser) }
            take(current, parser, isNew: known == nil)
            swap(&parser, &otherParser)
        }
    }

    /// Takes a line once more, of which it is known by now that its key is not in the log.
    private func takeAgain(_ line: Int) { take(prepare(line, parser), parser, isNew: true) }

    @inline(__always)
    private func prepare(_ line: Int, _ parser: EventParser) -> Prepared {
        if let prepared = prepareAlike(line) { return prepared }
        return prepareParsed(line, parser)
    }

    /// Finds a line's values by its skeleton; nil when it is to be parsed.
    @inline(__always)
    private func prepareAlike(_ line: Int) -> Prepared? {
        let text = block.text(line)
        let holes = cuts.room()
        let number = skeletons.match(text, holes)
        guard number >= 0, let start = text.baseAddress else { return nil }
        let skeleton = skeletons[Int(number)]
        cuts.keep(line, skeleton: number, holeCount: skeleton.pointee.holeCount)
        matchedCount += 1
        var prepared = Prepared(line: line, skeleton: Int(number))
        let id = holes[skeleton.pointee.id].text(in: start)
        let source = holes[skeleton.pointee.source].text(in: start)
        guard !id.isEmpty, !source.isEmpty else { return nil }
        if skeleton.pointee.time >= 0 {
            let text = holes[skeleton.pointee.time].text(in: start)
            guard let time = plausibleTime(text) ?? unusualTime(text) else { return nil }
            prepared.time = time
        }
        prepared.key = hasher.key(source: source, id: id)
        keys.prefetch(prepared.key)
        known?.prefetch(prepared.key)
        if skeleton.pointee.leading >= 0 {
            contracts.decoders[skeleton.pointee.contract].prefetch(holes[skeleton.pointee.leading].text(in: start))
        }
        return prepared
    }

    @inline(__always)
    private func prepareParsed(_ line: Int, _ parser: EventParser) -> Prepared {
        var prepared = Prepared(line: line)
        do throws(IntakeProblem) {
            prepared.state = .unreadable
            try parser.parse(block.text(line))
            prepared.state = .refused
            prepared.time = try envelopeTime(parser)
            prepared.state = .ready
        } catch {
            preparedProblems.append(error)
            return prepared
        }
        prepared.key = hasher.key(source: parser.text(.source), id: parser.text(.id))
        keys.prefetch(prepared.key)
        known?.prefetch(prepared.key)
        return prepared
    }

    @inline(__always)
    private func take(_ prepared: Prepared, _ parser: EventParser, isNew: Bool) {
        let line = prepared.line
        guard prepared.state == .ready else {
            refuse(line, preparedProblems.removeFirst(), prepared.state == .refused ? parser : nil)
            return
        }
        if let known {
            switch isNew ? .new : known.verdict(prepared.key) {
            case .new: break
            case .known:
                outcomes[line] = .duplicate
                return
            case .undecided:
                suspects.append(Suspect(key: prepared.key, line: line))
                return
            }
            if keys.contains(prepared.key) {
                repeats.append(Suspect(key: prepared.key, line: line))
                return
            }
        }
        if prepared.skeleton >= 0 {
            acceptAlike(prepared, parser)
        } else {
            acceptParsed(prepared, parser)
        }
    }

    /// Holds the envelope to CloudEvents 1.0 and gives the event's time; nil when it has none.
    @inline(__always)
    private func envelopeTime(_ parser: EventParser) throws(IntakeProblem) -> Int64? {
        try EnvelopeRules.check(parser.envelope)
        let value = parser.envelope + EnvelopeSlot.time.rawValue
        guard value.pointee.kind > CALIBER_JSON_NULL.rawValue else { return nil }
        if value.pointee.kind == CALIBER_JSON_STRING.rawValue, let time = plausibleTime(JSONValue.bytes(value.pointee))
        {
            return time
        }
        return try EnvelopeRules.time(value.pointee, receivedAt: chunk.receivedAt, zone: zone).microseconds
    }

    /// The time in a text of the usual form; nil when it is of another one, or too late.
    @inline(__always)
    private func plausibleTime(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let time = times.pointee.read(text, zone: { nil }), time <= latestTime else { return nil }
        return time
    }

    /// The time in a text of any form; nil when there is something wrong with it.
    @inline(never)
    private func unusualTime(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var value = caliber_json_value()
        value.kind = CALIBER_JSON_STRING.rawValue
        value.text = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
        value.length = UInt32(text.count)
        return try? EnvelopeRules.time(value, receivedAt: chunk.receivedAt, zone: zone).microseconds
    }

    @inline(__always)
    private func acceptAlike(_ prepared: Prepared, _ parser: EventParser) {
        let line = prepared.line
        let skeleton = skeletons[prepared.skeleton]
        let decoder = contracts.decoders[skeleton.pointee.contract]
        let holes = cuts.holes(line)
        guard let start = block.text(line).baseAddress else { return }
        skeleton.pointee.read(start, holes)
        do throws(IntakeProblem) {
            try decoder.decode(
                skeleton.pointee.values, prepared.key, id: holes[skeleton.pointee.id].text(in: start),
                time: prepared.time, parser)
        } catch {
            acceptAgain(prepared, parser)
            return
        }
        keys.insert(prepared.key, line: line, contract: skeleton.pointee.contract, row: decoder.lastRow)
        outcomes[line] = .accepted
    }

    /// Parses a line that was read by a skeleton, since something about it is to be refused.
    @inline(never)
    private func acceptAgain(_ prepared: Prepared, _ parser: EventParser) {
        do throws(IntakeProblem) {
            try parser.parse(block.text(prepared.line))
        } catch {
            refuse(prepared.line, error, nil)
            return
        }
        acceptParsed(prepared, parser)
    }

    private func acceptParsed(_ prepared: Prepared, _ parser: EventParser) {
        let line = prepared.line
        guard let contract = contracts.index(of: parser.text(.type)) else {
            park(line, prepared.key, parser)
            return
        }
        let decoder = contracts.decoders[contract]
        do throws(IntakeProblem) {
            try decoder.decode(parser, prepared.key, time: prepared.time)
        } catch {
            refuse(line, error, parser)
            return
        }
        keys.insert(prepared.key, line: line, contract: contract, row: decoder.lastRow)
        outcomes[line] = .accepted
        if decoder.dropsMembers(of: parser) {
            LineTrimming.dropUndeclared(parser, from: block, line: line)
            cuts.forget(line)
        } else if cuts.skeleton(line) < 0, learningsLeft > 0, skeletons.hasRoom {
            learningsLeft -= 1
            skeletons.learn(block.text(line), contract: contract, decoder.slots)
        }
    }

    private func park(_ line: Int, _ key: EventKey, _ parser: EventParser) {
        outcomes[line] = .parked
        let text = block.text(line)
        chunk.parked.append(
            DecodedChunk.ParkedLine(
                lineIndex: line, number: block.line(line).number, key: key,
                type: String(decoding: parser.text(.type), as: UTF8.self), body: Data(buffer: text)))
    }

    // MARK: - Refusals

    private func refuse(_ refusal: LineBlock.Refusal) {
        chunk.refused.append(
            DecodedChunk.RefusedLine(
                lineIndex: nil, number: refusal.number, problem: refusal.problem, contract: nil, source: nil,
                eventID: nil, isReplayable: false, body: refusal.body, originRow: nil))
    }

    /// - Parameter parser: holds the envelope of this line; nil when the line has none.
    @inline(never)
    private func refuse(_ line: Int, _ problem: IntakeProblem, _ parser: EventParser?) {
        outcomes[line] = .refused
        chunk.refused.append(
            DecodedChunk.RefusedLine(
                lineIndex: line, number: block.line(line).number, problem: problem,
                contract: parser?.shown(.type), source: parser?.shown(.source), eventID: parser?.shown(.id),
                isReplayable: true, body: Data(buffer: block.text(line)), originRow: block.originRow(block.line(line))))
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
                outcomes[suspect.line] = .duplicate
            } else {
                takeAgain(suspect.line)
            }
        }
    }

    /// Holds the accepted events to their contracts' checks. An event that breaks one is taken back; then another of its
    /// key, passed over as a repeat, gets its turn, and is checked in turn.
    private func settleChecks() {
        var checked = [Int](repeating: 0, count: contracts.decoders.count)
        while true {
            var withdrawn: Set<EventKey> = []
            for (index, decoder) in contracts.decoders.enumerated() {
                guard let checks = decoder.checks, let batch = decoder.settledBatch(), checked[index] < batch.count
                else { continue }
                withdraw(failures(checks, batch, checked[index]), index, batch, &withdrawn)
                checked[index] = batch.count
            }
            guard !withdrawn.isEmpty else { return }
            let waiting = repeats
            repeats.removeAll()
            for suspect in waiting {
                if withdrawn.contains(suspect.key) {
                    takeAgain(suspect.line)
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
        let entries = entries(of: failures.map(\.row), contract)
        for (row, check) in failures {
            guard let entry = entries[row] else { preconditionFailure("row \(row) came from no line") }
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
            let isReadAgain = (try? parser.parse(block.text(line))) != nil
            refuse(
                line, .failedCheck(name: definition.name, hint: definition.hint, mixedUpZone: mixedUp),
                isReadAgain ? parser : nil)
        }
        contracts.decoders[contract].removeRows(failures.map(\.row))
    }

    /// Which accepted events some rows of a batch are. When rows were taken out of it before, entries from before that
    /// name places that newer ones have now; so the newest counts.
    private func entries(of rows: [Int], _ contract: Int) -> [Int: Int] {
        let wanted = Set(rows)
        var entries: [Int: Int] = [:]
        for (index, entry) in keys.entries.enumerated()
        where Int(entry.contract) == contract && wanted.contains(Int(entry.row)) {
            entries[Int(entry.row)] = index
        }
        return entries
    }

    private func finish() {
        for case let batch? in contracts.decoders.map({ $0.settledBatch() }) where batch.count > 0 {
            chunk.batches.append(batch)
            chunk.acceptedByContract[batch.contract.name, default: 0] += Int64(batch.count)
            chunk.acceptedCount += batch.count
        }
        chunk.outcomes = outcomes.all
        cuts.exchange(with: block.cuts)
        guard known != nil else { return }
        var run: KeyRun?
        if chunk.acceptedCount > 0 {
            let sorted = SortedKeys(capacity: keys.count)
            // In the order of acceptance, so that a replay hands events on in the order of the first time.
            chunk.acceptedLines.reserveCapacity(chunk.acceptedCount)
            for entry in keys.entries where !entry.isWithdrawn {
                sorted.append(entry.key)
                chunk.acceptedLines.append(entry.line)
            }
            chunk.templates = skeletons.templates
            run = KeyRun(unsorted: sorted)
        }
        chunk.keys = run
        known?.add(run)
    }
}
