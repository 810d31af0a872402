import CaliberCore

/// A part of one input that somebody else sent than the other parts: it has an account of its own, and its lines are
/// counted from 1.
///
/// Many small inputs that are taken in together become durable with one sync of the disk.
public struct InputSection: Sendable {
    /// As quarantine names it.
    public let origin: String
    /// Lines of the whole input before this part.
    public let linesBefore: Int64

    public init(origin: String, linesBefore: Int64) {
        self.origin = origin
        self.linesBefore = linesBefore
    }
}

/// What became of one section of an input.
public struct SectionReport: Sendable {
    public internal(set) var account = IntakeAccount()
    /// The first lines that went to quarantine; `account.quarantined` counts all.
    public internal(set) var refusals: [Refusal] = []
    /// Parked events by their type.
    public internal(set) var parkedByType: [String: Int64] = [:]

    public struct Refusal: Sendable {
        /// Within the section, from 1.
        public let line: Int64
        public let contract: String?
        public let field: String?
        public let eventID: String?
        public let diagnostic: Diagnostic
    }

    /// Refusals that a report shows of one section.
    public static let refusalLimit = 20
}

/// The sections of an input, in its order.
struct InputSections: Sendable {
    let sections: [InputSection]

    /// Which section a line is of, and its number there.
    func place(ofLine number: Int64) -> (section: Int, line: Int64) {
        var (low, high) = (0, sections.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if sections[middle].linesBefore < number { low = middle } else { high = middle }
        }
        return (low, number - sections[low].linesBefore)
    }

    /// How many lines of a chunk each section has, and how many of them were accepted. To be asked while the chunk still
    /// has its block.
    func tally(_ chunk: DecodedChunk) -> [SectionTally] {
        var tallies = [SectionTally](repeating: SectionTally(), count: sections.count)
        guard let block = chunk.block else { return tallies }
        var section = 0
        for index in 0..<block.lineCount {
            let number = block.line(index).number
            while section + 1 < sections.count, sections[section + 1].linesBefore < number { section += 1 }
            tallies[section].received += 1
            if chunk.outcomes[index] == .accepted { tallies[section].accepted += 1 }
        }
        for line in chunk.refused where line.lineIndex == nil {
            tallies[place(ofLine: line.number).section].received += 1
        }
        return tallies
    }
}

struct SectionTally {
    var received: Int64 = 0
    var accepted: Int64 = 0
}

extension IntakeReport {
    /// Adds to each section what became of its lines of a chunk; what is neither accepted nor new to quarantine and parking
    /// is a repeat.
    mutating func add(_ chunk: DecodedChunk, _ result: IntakeCommit.Result, to input: InputSections) {
        guard !input.sections.isEmpty else { return }
        if sections.isEmpty { sections = input.sections.map { _ in SectionReport() } }
        var accounts = chunk.sectionTallies.map { tally in
            IntakeAccount(
                received: tally.received, accepted: tally.accepted, duplicate: tally.received - tally.accepted,
                quarantined: 0, parked: 0)
        }
        for refused in result.newRefusals {
            let place = input.place(ofLine: refused.number)
            accounts[place.section].quarantined += 1
            accounts[place.section].duplicate -= 1
            guard sections[place.section].refusals.count < SectionReport.refusalLimit else { continue }
            sections[place.section].refusals.append(
                SectionReport.Refusal(
                    line: place.line, contract: refused.contract, field: refused.problem.field,
                    eventID: refused.eventID, diagnostic: refused.problem.diagnostic))
        }
        for parked in result.newlyParked {
            let place = input.place(ofLine: parked.number)
            accounts[place.section].parked += 1
            accounts[place.section].duplicate -= 1
            sections[place.section].parkedByType[parked.type, default: 0] += 1
        }
        for (index, account) in accounts.enumerated() { sections[index].account += account }
    }
}
