import CaliberCore
import Foundation
import GRDB

/// A line that broke its contract, kept whole with the reason.
public struct QuarantinedEvent: Sendable, Identifiable {
    public let id: Int64
    public let receivedAt: Timestamp
    public let state: State
    public let kind: ViolationKind
    /// The text that broke the rule: customers' data, to be shown to who asks for this event and not in logs.
    public let offendingText: String?
    public let message: String
    public let hint: String?
    public let location: SourceLocation
    public let source: String?
    public let eventID: String?
    /// The event's line or, where a row could not become an event, that row.
    public let body: String
    /// The foreign row that the event was made from.
    public let originRow: String?
    /// Whether the body is a whole line that can be taken in again.
    public let isReplayable: Bool

    public enum State: String, Sendable, CaseIterable {
        case open
        /// Taken in since, or found to have come in another way.
        case replayed
        /// Looked at, and left out for good.
        case dismissed
    }

    init(_ row: Row) {
        id = row["quarantineID"]
        receivedAt = Timestamp(microseconds: row["receivedAt"])
        state = State(rawValue: row["state"]) ?? .open
        kind = ViolationKind(code: row["code"], contract: row["contract"], field: row["field"])
        offendingText = row["offendingText"]
        message = row["message"]
        hint = row["hint"]
        location = SourceLocation(file: row["originFile"], line: row["originLine"])
        source = row["source"]
        eventID = row["eventID"]
        body = String(decoding: row["body"] as Data, as: UTF8.self)
        originRow = (row["originRow"] as Data?).map { String(decoding: $0, as: UTF8.self) }
        isReplayable = row["isReplayable"]
    }
}

/// Which quarantined events are meant; what is nil does not narrow.
public struct QuarantineFilter: Sendable {
    public var ids: [Int64]?
    public var state: QuarantinedEvent.State?
    public var code: String?
    public var contract: String?
    public var field: String?

    public init(
        ids: [Int64]? = nil, state: QuarantinedEvent.State? = .open, code: String? = nil, contract: String? = nil,
        field: String? = nil
    ) {
        self.ids = ids
        self.state = state
        self.code = code
        self.contract = contract
        self.field = field
    }

    /// A condition over `quarantinedEvent` with its arguments.
    var condition: (sql: String, arguments: StatementArguments) {
        var parts = ["1"]
        var arguments = StatementArguments()
        for (column, text) in [
            ("state", state?.rawValue), ("code", code), ("contract", contract), ("field", field),
        ] {
            guard let text else { continue }
            parts.append("\(column) = ?")
            arguments += [text]
        }
        // Whole numbers can't carry SQL, and a list may be longer than a statement may have parameters.
        if let ids { parts.append("quarantineID IN (\(ids.map(String.init).joined(separator: ",")))") }
        return (parts.joined(separator: " AND "), arguments)
    }
}
