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
    let contracts: ContractLookup
    /// Of two neighbouring lines, each has its own parser.
    let parser = EventParser()
    private let otherParser = EventParser()
    private let hasher = EventKeyHasher()
    /// nil when the lines are the log's own: they were found to be new when they were written.
    private var known: KnownKeys?
    // What every line asks for, without counting references; kept alive by `contracts`, `known` and `block`.
    private let decoders: UnsafeMutablePointer<Unmanaged<ContractDecoder>>
    private var knownView: Unmanaged<KnownKeys>?
    private var blockView: Unmanaged<LineBlock>
    /// Of two neighbouring lines, each has its own place.
    private let prepared = UnsafeMutablePointer<Prepared>.allocate(capacity: 2)
    let zone: BusinessZone
    private let learnsSkeletons: Bool
    private let skeletons = LineSkeletons()
    private let times = UnsafeMutablePointer<UsualTime>.allocate(capacity: 1)

    // The chunk at hand.
    private(set) var chunk: DecodedChunk
    private(set) var block: LineBlock
    let keys = ChunkKeys()
    /// The latest that an event received now may be dated.
    private var latestTime: Int64 = 0
    private let outcomes = OutcomeList()
    private var suspects: [Suspect] = []
    /// Lines whose key another line of the chunk has.
    var repeats: [Suspect] = []
    /// What is wrong with lines that were prepared and not taken yet, oldest first.
    private var preparedProblems: [IntakeProblem] = []
    private let cuts = LineCuts()
    /// Lines of the chunk that skeletons were found for, and lines that may still be tried for a new one.
    private var matchedCount = 0
    private var learningsLeft = 0

    struct Suspect {
        let key: EventKey
        let line: Int
    }

    /// A line whose values were found. They are where its skeleton has them, or with its parser until that one's next
    /// line.
    private struct Prepared {
        var line: Int
        /// -1 when the line was parsed.
        var skeleton = -1
        var state: State = .ready
        var key = EventKey(high: 0, low: 0)
        var time: Int64?
        var recordedAt: Int64?

        var moment: EventMoment { EventMoment(time: time, recordedAt: recordedAt, line: line) }

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
        blockView = Unmanaged.passUnretained(block)
        decoders = .allocate(capacity: max(1, contracts.decoders.count))
        for (index, decoder) in contracts.decoders.enumerated() {
            (decoders + index).initialize(to: Unmanaged.passUnretained(decoder))
        }
        prepared.initialize(repeating: Prepared(line: 0), count: 2)
        chunk = DecodedChunk(block: block, receivedAt: Timestamp(microseconds: 0))
        times.initialize(to: UsualTime())
    }

    deinit {
        times.deallocate()
        decoders.deallocate()
        prepared.deallocate()
    }

    /// Begins another input.
    func begin(_ known: KnownKeys?) {
        self.known = known
        knownView = known.map { Unmanaged.passUnretained($0) }
    }

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
        blockView = Unmanaged.passUnretained(block)
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
        let isNew = known == nil
        // Written out for two lines, so that no reference is counted for a line: that would wait for all memory.
        let (even, odd) = (prepared, prepared + 1)
        prepare(0, parser, even)
        var line = 0
        while true {
            if line + 1 < count { prepare(line + 1, otherParser, odd) }
            take(even, parser, isNew: isNew)
            line += 1
            guard line < count else { return }
            if line + 1 < count { prepare(line + 1, parser, even) }
            take(odd, otherParser, isNew: isNew)
            line += 1
            guard line < count else { return }
        }
    }

    /// Takes a line once more, of which it is known by now that its key is not in the log.
    func takeAgain(_ line: Int) {
        prepare(line, parser, prepared)
        take(prepared, parser, isNew: true)
    }

    /// A line of the chunk at hand.
    @inline(__always)
    private func text(_ line: Int) -> UnsafeBufferPointer<UInt8> {
        blockView._withUnsafeGuaranteedRef { $0.text(line) }
    }

    @inline(__always)
    private func prepare(_ line: Int, _ parser: EventParser, _ prepared: UnsafeMutablePointer<Prepared>) {
        if !prepareAlike(line, prepared) { prepareParsed(line, parser, prepared) }
    }

    /// Finds a line's values by its skeleton; false when it is to be parsed.
    @inline(__always)
    private func prepareAlike(_ line: Int, _ prepared: UnsafeMutablePointer<Prepared>) -> Bool {
        let text = text(line)
        let holes = cuts.room()
        let number = skeletons.match(text, holes)
        guard number >= 0, let start = text.baseAddress else { return false }
        let skeleton = skeletons[Int(number)]
        cuts.keep(line, skeleton: number, holeCount: skeleton.pointee.holeCount)
        matchedCount += 1
        let id = holes[skeleton.pointee.id].text(in: start)
        let source = holes[skeleton.pointee.source].text(in: start)
        guard !id.isEmpty, !source.isEmpty else { return false }
        prepared.pointee.time = nil
        if skeleton.pointee.time >= 0 {
            let text = holes[skeleton.pointee.time].text(in: start)
            guard let time = plausibleTime(text) ?? unusualTime(text) else { return false }
            prepared.pointee.time = time
        }
        prepared.pointee.recordedAt = nil
        if contracts.keepsArrival, skeleton.pointee.recordedTime >= 0 {
            let text = holes[skeleton.pointee.recordedTime].text(in: start)
            prepared.pointee.recordedAt = plausibleTime(text) ?? unusualTime(text)
        }
        prepared.pointee.line = line
        prepared.pointee.skeleton = Int(number)
        prepared.pointee.state = .ready
        prepare(hasher.key(source: source, id: id), prepared)
        if skeleton.pointee.leading >= 0 {
            let leading = holes[skeleton.pointee.leading].text(in: start)
            decoders[skeleton.pointee.contract]._withUnsafeGuaranteedRef { $0.prefetch(leading) }
        }
        return true
    }

    @inline(never)
    private func prepareParsed(_ line: Int, _ parser: EventParser, _ prepared: UnsafeMutablePointer<Prepared>) {
        prepared.pointee = Prepared(line: line)
        do throws(IntakeProblem) {
            prepared.pointee.state = .unreadable
            try parser.parse(text(line))
            prepared.pointee.state = .refused
            prepared.pointee.time = try envelopeTime(parser)
            if contracts.keepsArrival { prepared.pointee.recordedAt = recordedTime(parser) }
            prepared.pointee.state = .ready
        } catch {
            preparedProblems.append(error)
            return
        }
        prepare(hasher.key(source: parser.text(.source), id: parser.text(.id)), prepared)
    }

    /// Brings near what will be asked about a line's key.
    @inline(__always)
    private func prepare(_ key: EventKey, _ prepared: UnsafeMutablePointer<Prepared>) {
        prepared.pointee.key = key
        keys.prefetch(key)
        if let knownView { knownView._withUnsafeGuaranteedRef { $0.prefetch(key) } }
    }

    @inline(__always)
    private func take(_ prepared: UnsafeMutablePointer<Prepared>, _ parser: EventParser, isNew: Bool) {
        let line = prepared.pointee.line
        guard prepared.pointee.state == .ready else {
            refuse(line, preparedProblems.removeFirst(), prepared.pointee.state == .refused ? parser : nil)
            return
        }
        let key = prepared.pointee.key
        if let knownView {
            switch isNew ? .new : knownView._withUnsafeGuaranteedRef({ $0.verdict(key) }) {
            case .new: break
            case .known:
                outcomes[line] = .duplicate
                return
            case .undecided:
                suspects.append(Suspect(key: key, line: line))
                return
            }
            if keys.contains(key) {
                repeats.append(Suspect(key: key, line: line))
                return
            }
        }
        if prepared.pointee.skeleton >= 0 {
            acceptAlike(prepared, parser)
        } else {
            acceptParsed(line, key, prepared.pointee.moment, parser)
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

    /// When the event was recorded, by the extension attribute of that name; nil where it has none, or none that is a time.
    private func recordedTime(_ parser: EventParser) -> Int64? {
        let value = parser.envelope[EnvelopeSlot.recordedtime.rawValue]
        guard value.kind == CALIBER_JSON_STRING.rawValue else { return nil }
        return plausibleTime(JSONValue.bytes(value)) ?? unusualTime(JSONValue.bytes(value))
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
    private func acceptAlike(_ prepared: UnsafeMutablePointer<Prepared>, _ parser: EventParser) {
        let line = prepared.pointee.line
        let skeleton = skeletons[prepared.pointee.skeleton]
        let contract = skeleton.pointee.contract
        let holes = cuts.holes(line)
        guard let start = text(line).baseAddress else { return }
        skeleton.pointee.read(start, holes)
        let row = decoders[contract]._withUnsafeGuaranteedRef { decoder -> Int? in
            do throws(IntakeProblem) {
                try decoder.decode(
                    skeleton.pointee.values, prepared.pointee.key, id: holes[skeleton.pointee.id].text(in: start),
                    prepared.pointee.moment, parser)
                return decoder.lastRow
            } catch {
                return nil
            }
        }
        guard let row else {
            acceptAgain(line, prepared.pointee.key, prepared.pointee.moment, parser)
            return
        }
        keys.insert(prepared.pointee.key, line: line, contract: contract, row: row)
        outcomes[line] = .accepted
    }

    /// Parses a line that was read by a skeleton, since something about it is to be refused.
    @inline(never)
    private func acceptAgain(_ line: Int, _ key: EventKey, _ moment: EventMoment, _ parser: EventParser) {
        do throws(IntakeProblem) {
            try parser.parse(text(line))
        } catch {
            refuse(line, error, nil)
            return
        }
        acceptParsed(line, key, moment, parser)
    }

    @inline(never)
    private func acceptParsed(_ line: Int, _ key: EventKey, _ moment: EventMoment, _ parser: EventParser) {
        guard let contract = contracts.index(of: parser.text(.type)) else {
            park(line, key, parser)
            return
        }
        let decoder = contracts.decoders[contract]
        do throws(IntakeProblem) {
            try decoder.decode(parser, key, moment)
        } catch {
            refuse(line, error, parser)
            return
        }
        keys.insert(key, line: line, contract: contract, row: decoder.lastRow)
        outcomes[line] = .accepted
        if decoder.dropsMembers(of: parser) {
            LineTrimming.dropUndeclared(parser, from: block, line: line)
            cuts.forget(line)
        } else if cuts.skeleton(line) < 0, learningsLeft > 0, skeletons.hasRoom {
            learningsLeft -= 1
            skeletons.learn(text(line), contract: contract, decoder.slots)
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
    func refuse(_ line: Int, _ problem: IntakeProblem, _ parser: EventParser?) {
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
            var lines: [Int32] = []
            lines.reserveCapacity(chunk.acceptedCount)
            for entry in keys.entries where !entry.isWithdrawn {
                sorted.append(entry.key)
                lines.append(entry.line)
            }
            // Lines that had to be asked for in the file were accepted after the others; the log keeps the order in which
            // they came, whatever the chunk they came in.
            if !suspects.isEmpty || !repeats.isEmpty { lines.sort() }
            chunk.acceptedLines = lines
            chunk.templates = skeletons.templates
            run = KeyRun(unsorted: sorted)
        }
        chunk.keys = run
        known?.add(run)
    }
}
