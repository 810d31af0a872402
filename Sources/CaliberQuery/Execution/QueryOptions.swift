/// How a query is run. None of it changes an answer.
public struct QueryOptions: Sendable {
    /// Threads that read segments at once.
    public var parallelism: Int
    /// Keeps what each segment contributed, and takes it again while the segment stays the same.
    public var usesCache: Bool
    /// Leaves out segments and rows that times, bounds and strings say can't count.
    public var prunes: Bool

    public init(parallelism: Int, usesCache: Bool = true, prunes: Bool = true) {
        self.parallelism = parallelism
        self.usesCache = usesCache
        self.prunes = prunes
    }
}
