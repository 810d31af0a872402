import GRDB

/// One consistent state of the file, for as long as it is held: what comes after does not show.
///
/// It keeps the write-ahead log from being folded past its state, so hold it for a query, not for a day.
package final class StoreSnapshot: Sendable {
    private let snapshot: DatabaseSnapshot

    init(_ snapshot: DatabaseSnapshot) {
        self.snapshot = snapshot
    }

    package func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try snapshot.read(body)
    }
}
