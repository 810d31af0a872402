import CaliberStore
import GRDB

/// Where stored columns are read from: the file as it is now (its one writer), or as it was when a reader opened it.
enum StoreView: Sendable {
    case live(CaliberStore)
    case held(StoreSnapshot)

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        switch self {
        case .live(let store): try store.read(body)
        case .held(let snapshot): try snapshot.read(body)
        }
    }
}
