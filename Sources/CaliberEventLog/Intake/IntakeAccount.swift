import CaliberCore

/// Where the events that came in have gone.
public struct IntakeAccount: Hashable, Sendable {
    public var received: Int64 = 0
    public var accepted: Int64 = 0
    /// Came again, with a source and id that were accepted or parked, or as a line that stands in quarantine.
    public var duplicate: Int64 = 0
    public var quarantined: Int64 = 0
    /// Well-formed events of types that no contract declares.
    public var parked: Int64 = 0

    public init() {}

    public init(received: Int64, accepted: Int64, duplicate: Int64, quarantined: Int64, parked: Int64) {
        self.received = received
        self.accepted = accepted
        self.duplicate = duplicate
        self.quarantined = quarantined
        self.parked = parked
    }

    /// Nothing is lost: every event that was received is in one of the four places.
    public var isBalanced: Bool { received == accepted + duplicate + quarantined + parked }

    public static func += (left: inout IntakeAccount, right: IntakeAccount) {
        left.received += right.received
        left.accepted += right.accepted
        left.duplicate += right.duplicate
        left.quarantined += right.quarantined
        left.parked += right.parked
    }
}

/// What kind of violation: quarantine and reports are grouped by it.
public struct ViolationKind: Hashable, Comparable, Sendable {
    public let code: String
    public let contract: String?
    public let field: String?

    public init(code: String, contract: String?, field: String?) {
        self.code = code
        self.contract = contract
        self.field = field
    }

    public static func < (left: ViolationKind, right: ViolationKind) -> Bool {
        (left.contract ?? "", left.code, left.field ?? "") < (right.contract ?? "", right.code, right.field ?? "")
    }
}

/// How often one kind of violation occurred, and where first.
public struct ViolationCount: Hashable, Sendable {
    public internal(set) var count: Int64
    public let firstLocation: SourceLocation
}

/// What one run of intake did.
public struct IntakeReport: Sendable {
    public internal(set) var account = IntakeAccount()
    /// Lines that went to quarantine in this run. Repeats of lines that stand there are duplicates and not among them.
    public internal(set) var violations: [ViolationKind: ViolationCount] = [:]
    public internal(set) var acceptedByContract: [String: Int64] = [:]
    /// Parked events by their type.
    public internal(set) var parkedByType: [String: Int64] = [:]
    /// Bytes read of the input itself, compressed if it is.
    public internal(set) var byteCount: Int64 = 0
    /// The log's end after the run.
    public internal(set) var position = LogPosition.start
    public internal(set) var isDryRun = false
    /// One for each of the input's sections, of an input that has any and was not empty.
    public internal(set) var sections: [SectionReport] = []

    mutating func add(_ line: DecodedChunk.RefusedLine, origin: String) {
        let kind = ViolationKind(code: line.problem.code, contract: line.contract, field: line.problem.field)
        violations[
            kind,
            default: ViolationCount(
                count: 0, firstLocation: SourceLocation(file: origin, line: Int(clamping: line.number)))
        ].count += 1
    }
}

/// How far a run has come.
public struct IntakeProgress: Sendable {
    public let byteCount: Int64
    /// The input's length, where it is known.
    public let totalByteCount: Int64?
    public let account: IntakeAccount
}
