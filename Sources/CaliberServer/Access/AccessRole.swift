/// What the holder of a key may do.
public enum AccessRole: String, CaseIterable, Sendable, Hashable {
    /// Send events.
    case ingest
    /// Ask for metrics, definitions, lineage, scores and the service's own metrics.
    case read
    /// Read, and judge review tickets.
    case review
    /// Everything.
    case admin

    /// The roles whose holders may do what this one stands for.
    var holders: Set<AccessRole> {
        switch self {
        case .ingest: [.ingest, .admin]
        case .read: [.read, .review, .admin]
        case .review: [.review, .admin]
        case .admin: [.admin]
        }
    }
}
