import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTesting
import Synchronization

/// A log in a database of its own, with a clock that stands still and a memory of what was handed on.
final class IntakeFixture {
    let folder: TemporaryFolder
    let store: CaliberStore
    let lease: WriterLease
    private(set) var log: EventLog
    /// Every accepted event as one line of text, in the order it was handed on.
    private(set) var seen: [String] = []
    private(set) var positions: [LogPosition] = []
    /// Thrown from the next `onCommit`s while it is set.
    var commitError: (any Error)?

    static let now = Timestamp(CivilDate(year: 2026, month: 3, day: 1), .midnight)

    init(
        _ contracts: [ContractDefinition] = [IntakeFixture.payment], sources: [SourceDefinition] = [],
        learnsSkeletons: Bool = true
    ) throws {
        folder = try TemporaryFolder()
        store = try CaliberStore.open(at: folder.path("caliber.db"))
        lease = try WriterLease.acquire(on: store, holder: "test", now: { IntakeFixture.now })
        log = try EventLog(
            store: store, dictionary: IntakeFixture.dictionary(contracts, sources), learnsSkeletons: learnsSkeletons)
    }

    /// Opens the log anew on the same database, as another process would, perhaps with other contracts.
    func reopen(_ contracts: [ContractDefinition] = [IntakeFixture.payment]) throws {
        log = try EventLog(store: store, dictionary: IntakeFixture.dictionary(contracts, []))
    }

    static func dictionary(
        _ contracts: [ContractDefinition], _ sources: [SourceDefinition]
    ) -> MetricDictionary {
        MetricDictionary(
            settings: DictionarySettings(
                name: "test", timeZone: BusinessZone(identifier: "Asia/Shanghai")!, currency: .cny),
            contracts: contracts, tables: [], metrics: [], earlierMetrics: [], sources: sources)
    }

    @discardableResult
    func ingest(_ text: String, origin: String = "events.ndjson", isDryRun: Bool = false) throws -> IntakeReport {
        try ingest(.bytes(Array(text.utf8), origin: origin), isDryRun: isDryRun)
    }

    @discardableResult
    func ingest(
        _ input: EventInput, isDryRun: Bool = false, eventsPerCommit: Int? = nil
    ) throws -> IntakeReport {
        if isDryRun { return try log.rehearse(input, now: { IntakeFixture.now }) }
        return try log.ingest(
            input, lease: lease, now: { IntakeFixture.now }, eventsPerCommit: eventsPerCommit
        ) { batches, end in
            try self.see(batches, end)
        }
    }

    func see(_ batches: [EventBatch], _ end: LogPosition) throws {
        if let commitError { throw commitError }
        seen += batches.flatMap(IntakeFixture.lines)
        positions.append(end)
    }

    /// All logged events, decoded again.
    func replayed(after position: LogPosition = .start) throws -> [String] {
        var lines: [String] = []
        try log.replay(after: position) { batches, _ in lines += batches.flatMap(IntakeFixture.lines) }
        return lines
    }

    /// The bytes of all logged events.
    func loggedLines() throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        try log.forEachLine { lines.append(Array($0)) }
        return lines
    }

    /// The rows of a batch as text: `payment.callback p1 2026-02-01T00:00:00Z order_id=A amount=1990`.
    static func lines(of batch: EventBatch) -> [String] {
        (0..<batch.count).map { row in
            var parts = [batch.contract.name, batch.eventID.pool!.string(UInt32(batch.eventID.lanes[row]))]
            parts.append(
                batch.time.isNull(row) ? "-" : Timestamp(microseconds: batch.time.lanes[row]).description)
            for (field, column) in zip(batch.contract.fields, batch.fields) where !column.isNull(row) {
                let text =
                    column.pool.map { $0.string(UInt32(column.lanes[row])) }
                    ?? (field.type.storage == .float
                        ? "\(Double(bitPattern: UInt64(bitPattern: column.lanes[row])))" : "\(column.lanes[row])")
                parts.append("\(field.name)=\(text)")
            }
            return parts.joined(separator: " ")
        }
    }
}

// MARK: - Definitions

extension IntakeFixture {
    static let here = SourceLocation(file: "contracts/test.yaml", line: 1)

    static func field(
        _ name: String, _ type: LogicalType, required: Bool = false, currencyField: String? = nil,
        timeZone: BusinessZone? = nil, pattern: String? = nil, allowed: [String]? = nil, minimum: Int64? = nil,
        maximum: Int64? = nil, lengths: ClosedRange<Int>? = nil
    ) -> FieldDefinition {
        FieldDefinition(
            name: name, type: type, required: required, currencyField: currencyField, timeZone: timeZone,
            pattern: pattern, allowed: allowed, minimum: minimum, maximum: maximum, lengths: lengths, location: here)
    }

    static func contract(
        _ name: String, _ fields: [FieldDefinition], undeclared: ContractDefinition.UndeclaredFields = .keep,
        checks: [(name: String, text: String, hint: String?)] = []
    ) -> ContractDefinition {
        let scope = ExpressionScope(
            description: "contract \(name)",
            columns: Dictionary(uniqueKeysWithValues: fields.map { (ColumnReference(name: $0.name), $0.type) }),
            currency: .cny, zone: .utc)
        return ContractDefinition(
            name: name, version: 1, owner: nil, description: nil, fields: fields, undeclaredFields: undeclared,
            checks: checks.map { check in
                switch ExpressionCompiler.compile(check.text, in: scope, at: here, expecting: .condition) {
                case .success(let expression):
                    ContractCheck(name: check.name, expression: expression, hint: check.hint, location: here)
                case .failure(let problems): preconditionFailure("\(problems)")
                }
            }, location: here)
    }

    /// What most tests send.
    static let payment = contract(
        "payment.callback",
        [
            field("order_id", .identifier, required: true), field("amount", .money(.cny)),
            field("channel", .category, allowed: ["wechat", "alipay", "card"]),
        ])

    /// One event's line. `data` is JSON.
    static func event(
        _ id: String, type: String = "payment.callback", source: String = "/pay",
        time: String? = "2026-02-01T00:00:00Z", _ data: String = #"{"order_id":"A"}"#
    ) -> String {
        let time = time.map { #","time":"\#($0)""# } ?? ""
        return #"{"specversion":"1.0","id":"\#(id)","source":"\#(source)","type":"\#(type)"\#(time),"data":\#(data)}"#
    }
}

/// Where the events went, as a test writes it: received, accepted, duplicate, quarantined, parked.
func account(
    _ received: Int64, _ accepted: Int64, _ duplicate: Int64, _ quarantined: Int64, _ parked: Int64
) -> IntakeAccount {
    IntakeAccount(
        received: received, accepted: accepted, duplicate: duplicate, quarantined: quarantined, parked: parked)
}
