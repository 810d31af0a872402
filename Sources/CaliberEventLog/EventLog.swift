import CaliberCore
import CaliberDictionary
import CaliberStore
import Foundation
import Synchronization

/// The durable log of accepted events, and the one way into it.
///
/// Every event that comes in is accepted once, known as a repeat, put into quarantine with the reason, or parked because
/// no contract declares its type; the four numbers always add up to what was received. Accepted events are durable before
/// anyone is told of them, and a source and id is never remembered before its event is durable.
public final class EventLog: Sendable {
    let store: CaliberStore
    let dictionary: MetricDictionary
    let keyIndex: KeyIndex
    let makeChecks: ContractCheckFactory
    private let learnsSkeletons: Bool
    /// One intake at a time within the process; the lease sees to other processes.
    private let intakeLock = NSLock()
    let commitQueue = DispatchQueue(label: "intake-commit", qos: .userInitiated)
    private let idleStation = Mutex<IdleStation?>(nil)

    /// - Throws: `InputProblem` when a contract's pattern or check can't be used.
    public convenience init(store: CaliberStore, dictionary: MetricDictionary) throws {
        try self.init(store: store, dictionary: dictionary, learnsSkeletons: true)
    }

    /// - Parameter learnsSkeletons: false parses every line; what is accepted and what is refused is the same.
    package convenience init(store: CaliberStore, dictionary: MetricDictionary, learnsSkeletons: Bool) throws {
        let zone = dictionary.settings.timeZone
        try self.init(store: store, dictionary: dictionary, learnsSkeletons: learnsSkeletons) {
            try VectorChecks($0, zone: zone)
        }
    }

    /// - Parameter makeChecks: evaluates the checks of a contract.
    package init(
        store: CaliberStore, dictionary: MetricDictionary, learnsSkeletons: Bool = true,
        makeChecks: @escaping ContractCheckFactory
    ) throws {
        self.store = store
        self.dictionary = dictionary
        self.learnsSkeletons = learnsSkeletons
        self.makeChecks = makeChecks
        keyIndex = KeyIndex(store: store)
        _ = try makeContracts()
    }

    /// The log's end.
    public var position: LogPosition {
        get throws { try store.read { try IntakeLedger.position(in: $0) } }
    }

    /// Where all events that ever came in are now.
    public func account() throws -> IntakeAccount {
        try store.read { try IntakeLedger.total(in: $0) }
    }

    /// The same account, counted from the tables anew; differs from `account` only when the file is damaged.
    package func recountedAccount() throws -> IntakeAccount {
        try store.read { try IntakeLedger.recounted(in: $0) }
    }

    /// Decoders hold state, so each pass over events has its own.
    func makeContracts(keepsArrival: Bool = false) throws -> ContractLookup {
        try ContractLookup(dictionary.contracts, keepsArrival: keepsArrival, makeChecks: makeChecks)
    }

    func makeDecoder(keepsArrival: Bool = false) throws -> ChunkDecoder {
        ChunkDecoder(
            try makeContracts(keepsArrival: keepsArrival), zone: dictionary.settings.timeZone,
            learnsSkeletons: learnsSkeletons)
    }

    /// Runs one intake at a time, with what the last one worked with: many small inputs need no more than one large one.
    func withStation<Value>(_ body: (IntakeStation) throws -> Value) throws -> Value {
        intakeLock.lock()
        defer { intakeLock.unlock() }
        let idle = idleStation.withLock { idle in
            defer { idle = nil }
            return idle
        }
        let station =
            try idle?.station
            ?? IntakeStation(try makeDecoder())
        let value = try body(station)
        idleStation.withLock { $0 = IdleStation(station: station) }
        return value
    }

    private struct IdleStation: @unchecked Sendable {
        // Safe to share: whoever takes it out has it alone.
        let station: IntakeStation
    }

    func makeReader(_ input: EventInput, eventsPerCommit: Int?) throws -> any LineBlockReader {
        let bytes = try input.open()
        switch input.format {
        case .events: return EventLineReader(bytes, lineLimit: eventsPerCommit)
        case .rows(let definition):
            return try EventTableReader(
                bytes, origin: input.origin, definition: definition,
                contract: { name in self.dictionary.contract(named: name) }, lineLimit: eventsPerCommit)
        }
    }
}
