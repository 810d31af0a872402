/// What tables have read of the file and written to it, since they were opened.
public struct FileTraffic: Equatable, Sendable {
    public internal(set) var checkpoints = 0
    public internal(set) var columnsWritten = 0
    /// Without strings that all segments share.
    public internal(set) var bytesWritten = 0
    /// Columns of segments that folds brought into memory.
    public internal(set) var columnsRead = 0

    public init() {}

    mutating func add(_ report: CheckpointReport) {
        checkpoints += 1
        columnsWritten += report.columns
        bytesWritten += report.bytes
    }
}
